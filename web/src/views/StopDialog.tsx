// SPDX-License-Identifier: MIT
import { useId, useState } from 'preact/hooks';
import type { Build } from '../api/types';
import { useApp } from '../state/hooks';
import { Dialog } from '../ui/Dialog';

interface Props {
  build: Build;
  onClose: () => void;
}

export function StopDialog({ build, onClose }: Props) {
  const app = useApp();
  const [reason, setReason] = useState('');
  const [isSending, setSending] = useState(false);
  const inputId = useId();

  const stop = async () => {
    setSending(true);
    try {
      await app.api.stopBuild(build.buildid, reason);
      app.toast('done', `Asked build #${build.number} to stop`);
      onClose();
    } catch (error) {
      app.toast('failed', `Build #${build.number} was not stopped: ${app.explain(error)}`);
      setSending(false);
    }
  };

  const onSubmit = (event: Event) => {
    event.preventDefault();
    void stop();
  };
  return (
    <Dialog title={`Stop build #${build.number}?`} onClose={onClose}>
      <form onSubmit={onSubmit} class="form">
        <div class="field">
          <label for={inputId}>Reason</label>
          <input
            id={inputId}
            type="text"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
        <div class="form-actions">
          <button type="button" class="button" onClick={onClose}>
            Keep running
          </button>
          <button type="submit" class="button is-danger" disabled={isSending}>
            Stop build
          </button>
        </div>
      </form>
    </Dialog>
  );
}
