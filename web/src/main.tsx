// SPDX-License-Identifier: MIT
import { render } from 'preact';
import { browserSocketWorld } from './api/browserSocket';
import { loadConfig, pageBase } from './api/config';
import { AppState } from './state/AppState';
import { AppContext } from './state/hooks';
import './styles/index.css';
import { App } from './views/App';

async function start(root: HTMLElement): Promise<void> {
  const base = pageBase(window.location);
  const config = await loadConfig(base);
  for (const [name, value] of Object.entries(config.theme ?? {})) {
    document.documentElement.style.setProperty(`--${name}`, value);
  }
  const app = new AppState(config, base, browserSocketWorld(base));
  app.socket.connect();
  window.addEventListener('online', () => app.socket.reconnectNow());
  render(
    <AppContext.Provider value={app}>
      <App />
    </AppContext.Provider>,
    root,
  );
}

const root = document.getElementById('app');
if (root) {
  start(root).catch((error: unknown) => {
    root.textContent = `Kilnbot cannot start: ${String(error)}. Reload the page to try again.`;
  });
}
