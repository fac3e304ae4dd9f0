// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import favicon from '../assets/favicon.svg';
import faviconBad from '../assets/favicon-bad.svg';
import faviconOk from '../assets/favicon-ok.svg';
import faviconRun from '../assets/favicon-run.svg';
import { isBad, type ResultName } from '../lib/results';
import { useApp } from '../state/hooks';
import { Breadcrumbs, type Crumb } from '../ui/Breadcrumbs';
import { ConnectionDot } from '../ui/ConnectionStatus';
import { Icon } from '../ui/Icon';
import { UserMenu } from './UserMenu';

interface Props {
  title: string;
  crumbs: readonly Crumb[];
  /** Colours the tab's icon. */
  result?: ResultName;
  /** Fills the window's height instead of growing with its content. */
  isFull?: boolean;
  onMenu: () => void;
  children: ComponentChildren;
}

export function Page({ title, crumbs, result, isFull = false, onMenu, children }: Props) {
  const app = useApp();
  useTab(`${title} - ${app.config.title ?? 'Kilnbot'}`, iconFor(result));
  return (
    <div class={`page ${isFull ? 'is-full' : ''}`}>
      <header class="topbar">
        <button
          type="button"
          class="button is-quiet menu-button"
          aria-label="Menu"
          onClick={onMenu}
        >
          <Icon name="menu" />
        </button>
        <Breadcrumbs crumbs={crumbs} />
        <ConnectionDot connection={app.socket.state.value} />
        <UserMenu />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function iconFor(result: ResultName | undefined): string {
  if (result === undefined) return favicon;
  if (result === 'running' || result === 'pending') return faviconRun;
  if (isBad(result)) return faviconBad;
  return result === 'success' ? faviconOk : favicon;
}

function useTab(title: string, icon: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    document.querySelector('link[rel=icon]')?.setAttribute('href', icon);
  }, [icon]);
}
