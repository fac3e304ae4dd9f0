// SPDX-License-Identifier: MIT
import { buildersHref, homeHref, type Route } from '../lib/routes';
import { useApp } from '../state/hooks';
import { Icon, type IconName } from '../ui/Icon';

interface Item {
  text: string;
  href: string;
  icon: IconName;
  pages: readonly Route['page'][];
}

const items: readonly Item[] = [
  { text: 'Home', href: homeHref, icon: 'home', pages: ['home'] },
  {
    text: 'Builders',
    href: buildersHref,
    icon: 'list',
    pages: ['builders', 'builder', 'build', 'log'],
  },
];

interface Props {
  page: Route['page'];
  onClose: () => void;
}

export function Sidebar({ page, onClose }: Props) {
  const { config } = useApp();
  return (
    <>
      <aside class="sidebar" aria-label="Main menu">
        <a class="sidebar-brand" href={homeHref}>
          <Logo />
          <span>{config.title ?? 'Kilnbot'}</span>
        </a>
        <nav aria-label="Pages">
          <ul>
            {items.map((item) => (
              <li key={item.href}>
                <a
                  class="sidebar-item bb-sidebar-item"
                  href={item.href}
                  aria-current={item.pages.includes(page) ? 'page' : undefined}
                >
                  <Icon name={item.icon} />
                  {item.text}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <footer class="sidebar-foot">
          {config.titleURL !== undefined && config.titleURL !== '' && (
            <a href={config.titleURL}>Project page</a>
          )}
          <About versions={config.versions ?? []} />
        </footer>
      </aside>
      <div class="sidebar-shade" onClick={onClose} aria-hidden="true" />
    </>
  );
}

/** Which master this is, and which Buildbot it stands in for. */
function About({ versions }: { versions: readonly [string, string][] }) {
  const versionOf = (wanted: string) => versions.find(([name]) => name === wanted)?.[1];
  const own = versionOf('Kilnbot');
  const buildbot = versionOf('Buildbot');
  return (
    <>
      {own !== undefined && <span>Kilnbot {own}</span>}
      {buildbot !== undefined && (
        <span>{own === undefined ? `Buildbot ${buildbot}` : `for Buildbot ${buildbot}`}</span>
      )}
    </>
  );
}

function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M7 26V14a9 9 0 0 1 18 0v12h-5v-9a4 4 0 0 0-8 0v9z" />
    </svg>
  );
}
