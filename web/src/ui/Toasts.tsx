// SPDX-License-Identifier: MIT
import { Icon } from './Icon';

interface ToastItem {
  id: number;
  kind: 'done' | 'failed';
  text: string;
}

interface Props {
  toasts: readonly ToastItem[];
  onDismiss: (id: number) => void;
}

export function Toasts({ toasts, onDismiss }: Props) {
  return (
    <div class="toasts" role="status" aria-label="Messages">
      {toasts.map((toast) => (
        <div key={toast.id} class={`toast is-${toast.kind}`}>
          <Icon name={toast.kind === 'done' ? 'check' : 'alert'} />
          <span>{toast.text}</span>
          <button
            type="button"
            class="button is-quiet"
            aria-label="Dismiss"
            onClick={() => onDismiss(toast.id)}
          >
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </div>
  );
}
