// SPDX-License-Identifier: MIT
// The page survives a restart of the master.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './support/browser.mjs';
import { ScratchMaster } from './support/master.mjs';
import { until } from './support/until.mjs';

let master;
let browser;

before(async () => {
  master = await ScratchMaster.start();
  browser = await Browser.open();
});

after(async () => {
  await browser?.close();
  await master?.stop();
});

test('a restarted master is noticed, told about, and caught up with', async () => {
  const page = await browser.page();
  await page.goto(`${master.url}#/`);
  await page.getByText('Nothing is being built').waitFor();
  await page.locator('.connection.is-live').waitFor();
  await page.evaluate(() => (globalThis.notReloaded = true));

  await master.stopMaster();
  await page.getByText('Live updates paused').waitFor();
  await page.locator('.connection.is-paused').waitFor();

  await master.startMaster();
  await page.getByText('Live updates paused').waitFor({ state: 'detached' });
  await page.locator('.connection.is-live').waitFor();

  await master.untilWorker();
  await page.locator('.stat', { hasText: '1 / 1' }).waitFor();
  const build = await master.build('broken');
  const recent = page.locator('section').filter({ has: page.locator('#recent') });
  await recent.getByRole('link', { name: `#${build.number}` }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.notReloaded), true);
  await page.close();
});

/** A page whose websocket the test can cut and keep cut. */
async function openWithCut(hash, { hasFakeClock = false } = {}) {
  const page = await browser.page();
  if (hasFakeClock) await page.clock.install();
  const open = new Set();
  page.isCut = false;
  page.cut = async () => {
    page.isCut = true;
    await Promise.all([...open].map((socket) => socket.close()));
  };
  await page.routeWebSocket(/\/ws$/, (socket) => {
    if (page.isCut) {
      socket.close();
      return;
    }
    socket.connectToServer();
    open.add(socket);
  });
  // The longest delays: attempts come 1, 2, 4, 8, 16 s after each other.
  await page.addInitScript(() => (Math.random = () => 0.999));
  await page.goto(`${master.url}#${hash}`);
  await page.locator('.connection.is-live').waitFor();
  return page;
}

test('what happened while the connection was lost is fetched afterwards', async () => {
  const page = await openWithCut('/builders/broken');
  await page.locator('.bb-build-row').first().waitFor();
  const before = await page.locator('.bb-build-row').count();
  await page.cut();
  await page.getByText('Live updates paused').waitFor();
  const build = await master.build('broken');
  assert.equal(await page.locator('.bb-build-row').count(), before);

  page.isCut = false;
  await page
    .locator('.bb-build-row')
    .getByRole('link', { name: `#${build.number}` })
    .waitFor();
  assert.equal(await page.locator('.bb-build-row').count(), before + 1);
  await page.close();
});

test('"reconnect now" does not wait for the next attempt', async () => {
  const page = await openWithCut('/', { hasFakeClock: true });
  await page.cut();
  const far = page.getByText(/next attempt in 1[4-6] s/);
  await until(
    'the next attempt is far away',
    async () => {
      if ((await far.count()) > 0) return true;
      await page.clock.fastForward(1_000);
      return false;
    },
    15_000,
  );

  page.isCut = false;
  await page.getByRole('button', { name: 'Reconnect now' }).click();
  await page.locator('.connection.is-live').waitFor({ timeout: 5_000 });
  await page.close();
});
