// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';

export function Loading({ what }: { what: string }) {
  return (
    <p class="notice muted" role="status">
      Loading {what} …
    </p>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="notice muted">{children}</p>;
}

interface FailureProps {
  what: string;
  message: string;
  onRetry?: () => void;
}

export function Failure({ what, message, onRetry }: FailureProps) {
  return (
    <div class="notice is-failure" role="alert">
      <p>
        Cannot show {what}: {message}
      </p>
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
