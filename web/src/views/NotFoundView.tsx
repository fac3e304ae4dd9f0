// SPDX-License-Identifier: MIT
import { homeHref } from '../lib/routes';
import { Page } from './Page';

interface Props {
  path: string;
  onMenu: () => void;
}

export function NotFoundView({ path, onMenu }: Props) {
  return (
    <Page title="Page not found" crumbs={[{ text: 'Not found' }]} onMenu={onMenu}>
      <div class="empty-page">
        <p class="empty-code">404</p>
        <h1>There is no page “{path}”</h1>
        <p>
          The address may be mistyped, or what it showed is gone. <a href={homeHref}>Go home</a>
        </p>
      </div>
    </Page>
  );
}
