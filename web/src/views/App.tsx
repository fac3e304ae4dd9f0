// SPDX-License-Identifier: MIT
import { useEffect, useState } from 'preact/hooks';
import { useHashLocation } from 'wouter-preact/use-hash-location';
import { parseRoute, type Route } from '../lib/routes';
import { useApp } from '../state/hooks';
import { PausedBanner } from '../ui/ConnectionStatus';
import { Toasts } from '../ui/Toasts';
import { HomeView } from './HomeView';
import { lazyView } from './lazyView';
import { LoginDialog } from './LoginDialog';
import { NotFoundView } from './NotFoundView';
import { Sidebar } from './Sidebar';

const BuildersView = lazyView(() => import('./BuildersView').then((module) => module.BuildersView));
const BuilderView = lazyView(() => import('./BuilderView').then((module) => module.BuilderView));
const BuildView = lazyView(() => import('./BuildView').then((module) => module.BuildView));
const LogPageView = lazyView(() => import('./LogPageView').then((module) => module.LogPageView));

export function App() {
  const app = useApp();
  const [location] = useHashLocation();
  const [isMenuOpen, setMenuOpen] = useState(false);
  useEffect(() => setMenuOpen(false), [location]);
  const route = parseRoute(location);
  return (
    <div class={`shell ${isMenuOpen ? 'is-menu-open' : ''}`}>
      <SkipLink />
      <Sidebar page={route.page} onClose={() => setMenuOpen(false)} />
      <div class="content">
        <PausedBanner
          connection={app.socket.state.value}
          onReconnect={() => app.socket.reconnectNow()}
        />
        <RouteView key={routeKey(route)} route={route} onMenu={() => setMenuOpen(true)} />
      </div>
      {app.isLoginOpen.value && <LoginDialog onClose={() => (app.isLoginOpen.value = false)} />}
      <Toasts toasts={app.toasts.value} onDismiss={(id) => app.dismiss(id)} />
      <div class="sr-only" aria-live="polite">
        {app.announcement.value}
      </div>
    </div>
  );
}

/** A plain link to #main would be taken for a route. */
function SkipLink() {
  return (
    <button
      type="button"
      class="skip-link"
      onClick={() => document.querySelector<HTMLElement>('main')?.focus()}
    >
      Skip to content
    </button>
  );
}

/** Another thing to show is another page; a dialog or marked lines are not. */
function routeKey(route: Route): string {
  if (route.page === 'builder') return `builder ${route.builder}`;
  if (route.page === 'build') return `build ${route.builder} ${route.number}`;
  if (route.page === 'log') {
    return `log ${route.builder} ${route.number} ${route.step} ${route.slug}`;
  }
  return route.page;
}

function RouteView({ route, onMenu }: { route: Route; onMenu: () => void }) {
  switch (route.page) {
    case 'home':
      return <HomeView onMenu={onMenu} />;
    case 'builders':
      return <BuildersView onMenu={onMenu} />;
    case 'builder':
      return <BuilderView builder={route.builder} force={route.force} onMenu={onMenu} />;
    case 'build':
      return <BuildView route={route} onMenu={onMenu} />;
    case 'log':
      return <LogPageView route={route} onMenu={onMenu} />;
    case 'notFound':
      return <NotFoundView path={route.path} onMenu={onMenu} />;
  }
}
