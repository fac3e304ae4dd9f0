// SPDX-License-Identifier: MIT
import { useEffect, useMemo } from 'preact/hooks';
import type { Log } from '../api/types';
import type { LineRange } from '../lib/routes';
import { useApp } from '../state/hooks';
import { LogSource } from '../state/LogSource';
import { LogView } from '../ui/LogView';
import { Empty } from '../ui/Notice';

interface Props {
  log: Log;
  label: string;
  startAtEnd: boolean;
  lineHref: (line: number) => string;
  marked: LineRange | null;
  maxRows: number | null;
}

/** The text of a log, whichever its type. */
export function LogBody(props: Props) {
  const { log, label } = props;
  const { api } = useApp();
  if (log.type === 'd') return <Empty>The text of this log was deleted.</Empty>;
  if (log.type === 'h') {
    // Without allow-same-origin and allow-scripts the page in the log cannot act as ours.
    return <iframe class="log-html" sandbox="" title={label} src={api.inlineLogHref(log.logid)} />;
  }
  if (log.num_lines === 0) {
    return <Empty>{log.complete ? 'This log is empty.' : 'No output yet.'}</Empty>;
  }
  return <TextLog {...props} />;
}

function TextLog(props: Props) {
  const { log } = props;
  const { api } = useApp();
  const source = useMemo(
    () =>
      new LogSource(
        async (offset, limit, signal) =>
          (await api.logLines(log.logid, offset, limit)(signal)).content,
        log.type === 's',
      ),
    [api, log.logid, log.type],
  );
  useEffect(() => () => source.close(), [source]);
  useEffect(() => source.setTotal(log.num_lines), [source, log.num_lines]);
  return (
    <LogView
      lines={source}
      total={log.num_lines}
      isComplete={log.complete}
      startAtEnd={props.startAtEnd}
      label={props.label}
      lineHref={props.lineHref}
      marked={props.marked}
      maxRows={props.maxRows}
    />
  );
}
