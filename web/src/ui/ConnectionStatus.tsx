// SPDX-License-Identifier: MIT
import { useNow } from '../lib/clock';

export type Connection = { kind: 'connecting' | 'live' } | { kind: 'paused'; retryAt_ms: number };

const words = { connecting: 'connecting', live: 'live', paused: 'paused' };

export function ConnectionDot({ connection }: { connection: Connection }) {
  return (
    <span class={`connection is-${connection.kind}`} title={`live updates: ${connection.kind}`}>
      <span class="connection-dot" aria-hidden="true" />
      <span class="sr-only">live updates: </span>
      {words[connection.kind]}
    </span>
  );
}

interface BannerProps {
  connection: Connection;
  onReconnect: () => void;
}

export function PausedBanner({ connection, onReconnect }: BannerProps) {
  const isPaused = connection.kind === 'paused';
  const now = useNow(isPaused);
  if (!isPaused) return null;
  const wait = Math.ceil(connection.retryAt_ms / 1000 - now);
  return (
    <div class="banner">
      <p>
        <strong role="status">Live updates paused.</strong> The connection to the master is lost;{' '}
        {wait > 0 ? `next attempt in ${wait} s.` : 'reconnecting …'}
      </p>
      <button type="button" class="button" onClick={onReconnect}>
        Reconnect now
      </button>
    </div>
  );
}
