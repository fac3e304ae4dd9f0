// SPDX-License-Identifier: MIT
import type { Worker } from '../api/types';
import { useSelected } from '../state/hooks';
import { Empty } from '../ui/Notice';

function stateOf(worker: Worker): string {
  if (worker.paused) return worker.pause_reason ? `paused: ${worker.pause_reason}` : 'paused';
  if (worker.connected_to.length === 0) return 'not connected';
  return worker.graceful ? 'shutting down' : 'connected';
}

/** The workers a builder may use. */
export function WorkerList({ builderid }: { builderid: number }) {
  const workers = useSelected(
    ({ store }) =>
      store.workers
        .select((row) => row.configured_on.some((place) => place.builderid === builderid))
        .map((row) => row.value)
        .sort((a, b) => a.name.localeCompare(b.name)),
    [builderid],
  );
  return (
    <section class="card" aria-labelledby="workers">
      <h2 id="workers">Workers</h2>
      {workers.length === 0 && <Empty>No worker is configured for this builder.</Empty>}
      <ul class="workers">
        {workers.map((worker) => (
          <li key={worker.workerid}>
            <span
              class={`connection-dot ${worker.connected_to.length > 0 ? 'is-on' : ''}`}
              aria-hidden="true"
            />
            {worker.name} <span class="muted">{stateOf(worker)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
