// SPDX-License-Identifier: MIT
// Every page: accessible in both themes, no wider than a phone, served under a strict policy.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { axeViolations, Browser } from './support/browser.mjs';
import { ScratchMaster } from './support/master.mjs';
import { until } from './support/until.mjs';

let master;
let browser;

before(async () => {
  browser = await Browser.open();
  master = await ScratchMaster.start();
  await master.openGate('compile');
  await master.openGate('check');
  await master.build('broken');
  await master.build('live');
  await master.closeGate('check');
  await master.build('live', { until: 'started' });
});

after(async () => {
  await browser?.close();
  await master?.stop();
});

/** Pages with the text that shows they are complete. */
const pages = [
  ['home', '/', 'Needs attention'],
  ['builders', '/builders', 'long log'],
  ['builder', '/builders/broken', 'connected'],
  ['force dialog', '/builders/broken/force/force', 'Inner text'],
  ['running build', '/builders/live/builds/2', 'using PTY'],
  ['failed build', '/builders/broken/builds/1', 'error: it broke'],
  ['log', '/builders/broken/builds/1/steps/2/logs/stdio', 'error: it broke'],
  ['missing page', '/no/such/page', '404'],
];

async function withPage(options, hash, text, check) {
  const page = await browser.page(options);
  await page.goto(`${master.url}#${hash}`);
  await page.getByText(text).first().waitFor();
  await check(page);
  assert.deepEqual(page.problems, [], 'errors in the browser');
  await page.close();
}

for (const colorScheme of ['light', 'dark']) {
  describe(`axe finds nothing, ${colorScheme}`, () => {
    for (const [name, hash, text] of pages) {
      test(name, () =>
        withPage({ colorScheme }, hash, text, async (page) => {
          assert.deepEqual(await axeViolations(page), []);
        }),
      );
    }
  });
}

describe('at 360 px nothing is wider than the window', () => {
  for (const [name, hash, text] of pages) {
    test(name, () =>
      withPage({ viewport: { width: 360, height: 720 } }, hash, text, async (page) => {
        const excess = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        assert.equal(excess, 0);
        assert.deepEqual(await axeViolations(page), []);
      }),
    );
  }
});

test('at 360 px the menu opens and leads to another page', () =>
  withPage({ viewport: { width: 360, height: 720 } }, '/', 'Needs attention', async (page) => {
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'Builders', exact: true }).click();
    await page.getByRole('heading', { name: 'Builders' }).waitFor();
    assert.equal(await page.getByRole('complementary').count(), 0);
  }));

test('a build that does not exist leads to its builder', () =>
  withPage({}, '/builders/live/builds/2', 'using PTY', async (page) => {
    await page.goto(`${master.url}#/builders/live/builds/999`);
    await page.getByRole('heading', { name: 'live', exact: true }).waitFor();
    await page.locator('.bb-build-row').first().waitFor();
    assert.match(page.url(), /#\/builders\/live$/);
    page.problems = page.problems.filter((text) => !text.includes('404'));
  }));

test('the builders list filters by name and tag', () =>
  withPage({}, '/builders', 'long log', async (page) => {
    await page.getByRole('searchbox').fill('odd');
    await page.getByText('1 builder', { exact: true }).waitFor();
    await page.getByRole('searchbox').fill('web lo');
    await page.getByText('2 builders', { exact: true }).waitFor();
    await page.getByRole('searchbox').fill('nothing like this');
    await page.getByText('No builder matches').waitFor();
  }));

/** The directives of a content security policy, each with its sources in order. */
function directives(policy) {
  return Object.fromEntries(
    policy.split(';').map((text) => {
      const [name, ...sources] = text.trim().split(/\s+/);
      return [name, sources.sort().join(' ')];
    }),
  );
}

test('the page is served with settings inside and a policy against foreign code', async () => {
  const response = await fetch(master.url);
  const policy = response.headers.get('content-security-policy') ?? '';
  const html = await response.text();
  const nonce = html.match(/<script id="bb-config" nonce="([^"]+)">/)?.[1];
  const allowed = directives(policy);

  assert.ok(nonce?.length >= 16, 'the settings carry a nonce');
  assert.ok(!html.includes('<!-- KILNBOT_CONFIG -->'));
  assert.equal(allowed['default-src'], "'none'");
  assert.equal(allowed['script-src'], `'nonce-${nonce}' 'self'`);
  assert.equal(allowed['style-src'], "'self'");
  assert.equal(allowed['connect-src'], "'self'");
  assert.equal(allowed['base-uri'], "'none'");
  assert.equal(allowed['frame-ancestors'], "'none'");
  assert.doesNotMatch(policy, /unsafe|\*/);
  const again = await fetch(master.url);
  assert.notEqual(
    again.headers.get('content-security-policy'),
    policy,
    'each answer has its nonce',
  );
});

test('what the policy forbids would be noticed by these tests', () =>
  withPage({}, '/', 'Needs attention', async (page) => {
    await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
    await until('the violation is reported', () => page.problems.length > 0, 5_000);
    assert.match(page.problems.join('\n'), /style-src/);
    page.problems = [];
  }));

test('the menu tells the version', () =>
  withPage({}, '/', 'Needs attention', async (page) => {
    const config = await (await fetch(`${master.url}config`)).json();
    const versions = new Map(config.versions);
    const name = versions.has('Kilnbot') ? 'Kilnbot' : 'Buildbot';
    await page
      .locator('.sidebar-foot')
      .getByText(`${name} ${versions.get(name)}`)
      .waitFor();
  }));
