// SPDX-License-Identifier: MIT
import { useSelected } from '../state/hooks';
import { ResultBadge } from '../ui/ResultBadge';
import { Ago } from '../ui/Times';

/** Requests of a builder that no build has taken up yet. */
export function PendingRequests({ builderid }: { builderid: number }) {
  const requests = useSelected(
    ({ store }) =>
      store.buildrequests
        .select((row) => row.builderid === builderid && !row.claimed && !row.complete)
        .map((row) => row.value)
        .sort((a, b) => b.priority - a.priority || a.buildrequestid - b.buildrequestid),
    [builderid],
  );
  if (requests.length === 0) return null;
  return (
    <section class="card" aria-labelledby="pending">
      <h2 id="pending">Waiting ({requests.length})</h2>
      <table class="table" aria-label="Waiting requests">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Request</th>
            <th scope="col">Priority</th>
            <th scope="col">Submitted</th>
          </tr>
        </thead>
        <tbody>
          {requests.map((request) => (
            <tr key={request.buildrequestid}>
              <td>
                <ResultBadge result="pending" />
              </td>
              <td>request {request.buildrequestid}</td>
              <td>{request.priority}</td>
              <td>
                <Ago time={request.submitted_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
