// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { messageOf } from '../api/ApiError';
import type { Build } from '../api/types';
import { useApp, useLiveQuery } from '../state/hooks';
import { Failure, Loading } from '../ui/Notice';

/** All properties of a build, fetched when opened. */
export function PropertiesPanel({ build }: { build: Build }) {
  const { store } = useApp();
  const [isOpen, setOpen] = useState(false);
  const state = useLiveQuery(isOpen ? `properties ${build.buildid}` : null, ({ api }) => ({
    paths: build.complete ? [] : [`builds/${build.buildid}/properties/*`],
    load: async (signal, since) => {
      const values = await api.buildProperties(build.buildid)(signal);
      store.snapshotProperties(build.buildid, values, since);
    },
  }));
  const properties = store.properties(build.buildid).value;
  const names = Object.keys(properties ?? {}).sort();
  return (
    <details class="card" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>Properties</h2>
      </summary>
      {state.kind === 'failed' && <Failure what="properties" message={messageOf(state.error)} />}
      {properties === null && state.kind === 'loading' && <Loading what="properties" />}
      {names.length > 0 && (
        <table class="table" aria-label="Properties">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
              <th scope="col">Source</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="mono wrap">{textOf(properties?.[name]?.[0])}</td>
                <td class="muted">{properties?.[name]?.[1]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
