// SPDX-License-Identifier: MIT
import type { FrontendConfig } from './types';

declare global {
  interface Window {
    buildbotFrontendConfig?: FrontendConfig;
  }
}

/** The settings the server put into the page, or else its `config` answer. */
export async function loadConfig(base: string): Promise<FrontendConfig> {
  if (window.buildbotFrontendConfig) return window.buildbotFrontendConfig;
  const response = await fetch(`${base}config`, { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`cannot load settings: ${response.status}`);
  return (await response.json()) as FrontendConfig;
}

/** The address of the page's folder, so that any sub-path works. */
export function pageBase(location: Location): string {
  return location.origin + location.pathname.replace(/[^/]*$/, '');
}

/** Where other sites that know the user (OAuth) are asked. */
export function loginHref(base: string, hash: string): string {
  return `${base}auth/login?redirect=${encodeURIComponent(hash.replace(/^#/, ''))}`;
}
