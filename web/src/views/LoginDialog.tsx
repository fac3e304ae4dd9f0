// SPDX-License-Identifier: MIT
import { useId, useState } from 'preact/hooks';
import { messageOf } from '../api/ApiError';
import { logIn } from '../api/login';
import { useApp } from '../state/hooks';
import { Dialog } from '../ui/Dialog';

export function LoginDialog({ onClose }: { onClose: () => void }) {
  const app = useApp();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const id = useId();

  const send = async () => {
    setSending(true);
    setFailure(null);
    try {
      await logIn(app.base, username, password, fetch);
      // What the page may show and do is another matter now; the address stays.
      window.location.reload();
    } catch (error) {
      setFailure(messageOf(error));
      setPassword('');
      setSending(false);
    }
  };

  const onSubmit = (event: Event) => {
    event.preventDefault();
    void send();
  };
  return (
    <Dialog title="Log in" onClose={onClose}>
      <form onSubmit={onSubmit} class="form login-form">
        <div class="field">
          <label for={`${id}-name`}>User name</label>
          <input
            id={`${id}-name`}
            type="text"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            value={username}
            onInput={(event) => setUsername(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for={`${id}-password`}>Password</label>
          <input
            id={`${id}-password`}
            type="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </div>
        {failure !== null && (
          <p class="form-failure" role="alert">
            Not logged in: {failure}
          </p>
        )}
        <div class="form-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button is-primary" disabled={isSending}>
            Log in
          </button>
        </div>
      </form>
    </Dialog>
  );
}
