// SPDX-License-Identifier: MIT
// Builds seen live: forced, watched, stopped and failed through the page.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './support/browser.mjs';
import { ScratchMaster } from './support/master.mjs';
import { until } from './support/until.mjs';

let master;
let browser;
let page;

before(async () => {
  master = await ScratchMaster.start();
  browser = await Browser.open();
});

after(async () => {
  await browser?.close();
  await master?.stop();
});

afterEach(async () => {
  const problems = page?.problems ?? [];
  await page?.close();
  page = undefined;
  assert.deepEqual(problems, [], 'errors in the browser');
});

/** Opens a page and marks it, so that a reload would be noticed. */
async function open(hash) {
  page = await browser.page();
  await page.goto(`${master.url}#${hash}`);
  await page.evaluate(() => (globalThis.notReloaded = true));
  return page;
}

const step = (name) => page.locator(`.step[data-step="${name}"]`);
const resultOf = (name) => step(name).locator('.dot .sr-only').first();
const hasText = (locator, text) => locator.filter({ hasText: text }).first().waitFor();
const lastRow = () => page.locator('.log-row').last();

const textFile = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

test('a build forced in the dialog runs live on the page, without reload', async () => {
  await open('/builders/live');
  await page.getByRole('link', { name: 'Force build' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('because of the test');
  await dialog.getByLabel('docs').check();
  await dialog.getByLabel('Inner text').fill('deep value');
  await dialog.getByLabel('A file').setInputFiles(textFile('short.txt', 'from a file\n'));
  await dialog.getByRole('button', { name: 'Start build' }).click();

  await page.locator('.bb-build-row').getByRole('link', { name: '#1' }).click();
  await hasText(resultOf('prepare'), 'success');
  await hasText(resultOf('compile'), 'running');
  await hasText(step('compile').locator('.log-row'), 'compile-first-line');
  assert.equal(await step('compile').getByText('compile-last-line').count(), 0);

  await master.openGate('compile');
  await hasText(resultOf('compile'), 'success');
  await hasText(resultOf('check'), 'running');
  await master.openGate('check');

  await hasText(page.locator('.build-head .badge'), 'success');
  await hasText(page.locator('.build-head'), 'because of the test');
  assert.match(await page.title(), /live #1 success/);
  assert.equal(await page.evaluate(() => globalThis.notReloaded), true);
});

test('the values of the force dialog arrive as properties', async () => {
  await open('/builders/live/builds/1');
  await page.getByText('Properties', { exact: true }).click();
  const values = async (name) => {
    const row = page
      .getByRole('row')
      .filter({ has: page.getByRole('cell', { name, exact: true }) });
    return row.getByRole('cell').nth(1).innerText();
  };
  await hasText(page.getByRole('cell'), 'origin');

  assert.equal(await values('text'), 'abc');
  assert.equal(await values('number'), '7');
  assert.equal(await values('clean'), 'true');
  assert.equal(await values('notes'), 'one\ntwo');
  assert.equal(await values('kind'), 'release');
  assert.deepEqual(JSON.parse(await values('parts')), ['core', 'docs']);
  assert.equal(await values('origin'), 'browser');
  assert.equal(await values('attached'), 'from a file\n');
  assert.match(await values('group'), /"inner":"deep value"/);
});

test('a file that is too large is refused at its field', async () => {
  await open('/builders/live/force/force');
  const field = page.getByRole('dialog').locator('[data-field="attached"]');
  await field.locator('input').setInputFiles(textFile('long.txt', 'x'.repeat(101)));

  await hasText(field.getByRole('alert'), 'long.txt is larger than 100 bytes');
  assert.equal(await field.locator('input').inputValue(), '');
});

test('what the server refuses is shown at its field', async () => {
  const { builds } = await master.get('builds');
  await open('/builders/live/force/force');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('A number').fill('many');
  await dialog.getByRole('button', { name: 'Start build' }).click();

  const error = (key) => dialog.locator(`[data-field="${key}"] .field-error`);
  await hasText(error('number'), 'invalid literal');
  await hasText(error('reason'), 'needs to be specified');
  assert.equal(await dialog.getByLabel('A number').getAttribute('aria-invalid'), 'true');
  assert.equal((await master.get('builds')).builds.length, builds.length);
  // The refusal itself is an HTTP 400, which the browser reports.
  page.problems = page.problems.filter((text) => !text.includes('400'));
});

test('colours of the terminal are shown', async () => {
  await open('/builders/live/builds/1');
  await step('prepare').locator('.step-toggle').click();
  await step('prepare').getByRole('button', { name: 'Last line' }).click();
  const passed = step('prepare').locator('.log-text span').filter({ hasText: 'PASS' });
  await passed.waitFor();

  assert.equal(await passed.evaluate((span) => span.style.color), 'var(--ansi-2)');
  const orange = step('prepare').locator('.log-text span').filter({ hasText: 'orange' });
  assert.equal(await orange.evaluate((span) => span.style.color), 'rgb(255, 135, 0)');
});

test('a finished build needs three requests, and two more for a log', async () => {
  await open(`/builders/${await builderId('live')}/builds/1`);
  await hasText(resultOf('check'), 'success');
  assert.equal(page.requests.length, 3, page.requests.join('\n'));

  await step('check').locator('.step-toggle').click();
  await hasText(step('check').locator('.log-row'), 'checked');
  assert.equal(page.requests.length, 5, page.requests.join('\n'));
});

async function builderId(name) {
  const { builders } = await master.get(`builders?name=${encodeURIComponent(name)}`);
  return String(builders[0].builderid);
}

test('a log of 20,000 lines reaches its end quickly, with few nodes', async () => {
  const build = await master.build('long log');
  await open(`/builders/${build.builderid}/builds/${build.number}/steps/print/logs/stdio`);
  await page.locator('.log-row .log-text').first().waitFor();

  const started = Date.now();
  await page.getByRole('button', { name: 'Last line' }).click();
  await hasText(page.locator('.log-row'), 'the very last line');
  const jump_ms = Date.now() - started;
  assert.ok(jump_ms < 2_000, `jump took ${jump_ms} ms`);

  // Through the whole log, far faster than anybody reads.
  const most = await page.locator('.log-scroller').evaluate(async (scroller) => {
    let nodes = 0;
    for (let top = scroller.scrollHeight; top > 0; top -= 3_000) {
      scroller.scrollTop = top;
      await new Promise(requestAnimationFrame);
      nodes = Math.max(nodes, document.querySelectorAll('*').length);
    }
    return nodes;
  });
  assert.ok(most < 600, `${most} nodes`);

  const line = page.locator('.log-row').filter({ hasText: /line number 10000$/ });
  await page.locator('.log-scroller').evaluate((scroller) => (scroller.scrollTop = 10_040 * 18));
  await line.first().waitFor();
});

test('a link to lines shows and marks them', async () => {
  const id = await builderId('long log');
  await open(`/builders/${id}/builds/1/steps/1/logs/stdio?L=15000-15002`);
  await page.locator('.log-row.is-marked .log-text').first().waitFor();
  const marked = await page.locator('.log-row.is-marked .log-number').allInnerTexts();

  assert.deepEqual(marked, ['15000', '15001', '15002']);
});

test('a growing log is followed at its end, and left alone elsewhere', async () => {
  await master.build('ticker', { until: 'started' });
  await open('/builders/ticker/builds/1');
  await hasText(lastRow(), 'early 300');

  await page.locator('.log-scroller').evaluate((scroller) => (scroller.scrollTop = 0));
  await page.locator('.log-following').waitFor({ state: 'detached' });
  await master.openGate('tick-one');
  await page.getByRole('button', { name: '40 new lines' }).waitFor();
  assert.equal(await page.locator('.log-scroller').evaluate((scroller) => scroller.scrollTop), 0);

  await page.getByRole('button', { name: '40 new lines' }).click();
  await hasText(lastRow(), 'later 40');
  await master.openGate('tick-two');
  await hasText(page.locator('.log-row'), 'final tick');
  await hasText(resultOf('tick'), 'success');
  assert.ok(await page.locator('.log-row').filter({ hasText: 'final tick' }).isVisible());
});

test('the last step stays open when it ends, earlier ones close', async () => {
  await master.closeGate('compile');
  await master.closeGate('check');
  const build = await master.build('live', { until: 'started' });
  await open(`/builders/live/builds/${build.number}`);
  await hasText(step('compile').locator('.log-row'), 'compile-first-line');
  await master.openGate('compile');
  await hasText(resultOf('check'), 'running');
  await step('compile').locator('.log-row').first().waitFor({ state: 'detached' });

  await master.openGate('check');
  await hasText(page.locator('.build-head .badge'), 'success');
  await hasText(step('check').locator('.log-row'), 'checked');
});

test('the stop button ends a running build', async () => {
  const build = await master.build('slow', { until: 'started' });
  await open(`/builders/slow/builds/${build.number}`);
  await hasText(step('wait').locator('.log-row'), 'waiting');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByLabel('Reason').fill('enough');
  await page.getByRole('button', { name: 'Stop build' }).click();

  await hasText(page.locator('.build-head .badge'), 'cancelled');
  assert.equal(await page.getByRole('button', { name: 'Stop' }).count(), 0);
  assert.equal((await master.get(`builds/${build.buildid}`)).builds[0].results, 6);
});

test('a failed build shows the log of the step that failed', async () => {
  const build = await master.build('broken');
  await open(`/builders/broken/builds/${build.number}`);
  await hasText(resultOf('fail'), 'failure');
  await hasText(step('fail').locator('.log-row.stream-e'), 'error: it broke');

  assert.equal(await step('fine').locator('.log-row').count(), 0);
  assert.match(await page.title(), /failure/);
});

test('home follows a build from its start to its end', async () => {
  await open('/');
  await hasText(page.locator('section', { hasText: 'Needs attention' }), 'broken');
  const running = page.locator('section').filter({ has: page.locator('#running') });
  const recent = page.locator('section').filter({ has: page.locator('#recent') });
  await hasText(running, 'Nothing is being built');
  const requests = page.requests.length;

  await master.closeGate('check');
  const params = { reason: 'event only' };
  const build = await master.build('live', { until: 'started', params });
  await hasText(running.locator('tr', { hasText: `#${build.number}` }), 'event only');
  await master.openGate('check');
  const row = recent.locator('tr', {
    has: page.getByRole('link', { name: `#${build.number}`, exact: true }),
  });
  await hasText(row.filter({ hasText: 'live' }), 'event only');
  await hasText(running, 'Nothing is being built');

  // Events keep home up to date; only the properties of the new build are asked for.
  const wanted = `builds?buildid=${build.buildid}&`;
  const others = page.requests.slice(requests).filter((url) => !url.includes(wanted));
  assert.deepEqual(others, []);
  assert.ok(page.requests.length - requests <= 2, page.requests.join('\n'));
});

test('a builder whose name needs encoding works in every address', async () => {
  const name = 'odd/name %41 ü';
  const build = await master.build(name);
  await open('/builders');
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { name, exact: true }).waitFor();
  await page.goto(`${master.url}#/builders/${encodeURIComponent(name)}/builds/${build.number}`);
  await hasText(resultOf('only'), 'success');
  await page.goto(
    `${master.url}#/builders/${encodeURIComponent(name)}/builds/${build.number}/steps/1/logs/stdio`,
  );
  await hasText(page.locator('.log-row'), 'odd');
  const crumbs = await page.getByRole('navigation', { name: 'Breadcrumb' }).innerText();

  assert.match(crumbs.replace(/\s+/g, ' '), /odd\/name %41 ü/);
  await until('the title names the log', async () => /stdio/.test(await page.title()), 5_000);
});
