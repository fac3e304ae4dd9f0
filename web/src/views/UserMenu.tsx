// SPDX-License-Identifier: MIT
import { messageOf } from '../api/ApiError';
import { loginHref } from '../api/config';
import { logOut } from '../api/login';
import { useApp } from '../state/hooks';
import { Icon } from '../ui/Icon';

/** Who one is, and the way to be somebody else. */
export function UserMenu() {
  const app = useApp();
  const { config, base } = app;
  if (app.isLoggedIn) {
    const { user } = config;
    return (
      <span class="user">
        <Icon name="user" />
        <span class="user-name" title={user?.email}>
          {user?.full_name ?? user?.username ?? user?.email ?? 'user'}
        </span>
        <button type="button" class="button" onClick={() => void leave()}>
          Log out
        </button>
      </span>
    );
  }
  if (!app.canLogIn) return null;
  if (config.auth?.oauth2 === true) {
    return (
      <a class="button" href={loginHref(base, window.location.hash)}>
        Log in with {config.auth.name}
      </a>
    );
  }
  return (
    <button type="button" class="button" onClick={() => (app.isLoginOpen.value = true)}>
      Log in
    </button>
  );

  async function leave() {
    try {
      await logOut(base, fetch);
      window.location.reload();
    } catch (error) {
      app.toast('failed', `You are still logged in: ${messageOf(error)}`);
    }
  }
}
