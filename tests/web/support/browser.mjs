// SPDX-License-Identifier: MIT
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { axePath, chromium } from './deps.mjs';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a fresh profile; pages of it collect what went wrong in them. */
export class Browser {
  static async open(options = {}) {
    const browser = new Browser();
    browser.profile = await mkdtemp(join(tmpdir(), 'kiln-profile-'));
    browser.context = await chromium.launchPersistentContext(browser.profile, {
      executablePath: process.env.KILN_CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: flags,
      viewport: { width: 1280, height: 900 },
      bypassCSP: false,
      ...options,
    });
    browser.context.setDefaultTimeout(20_000);
    return browser;
  }

  async page() {
    const page = await this.context.newPage();
    page.problems = [];
    page.requests = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') page.problems.push(message.text());
    });
    page.on('request', (request) => {
      if (request.url().includes('/api/v2/')) page.requests.push(request.url());
    });
    return page;
  }

  async close() {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true });
  }
}

/** Accessibility violations as readable lines. */
export async function axeViolations(page) {
  // evaluate() passes the content security policy, a script element would not.
  const source = await (await import('node:fs/promises')).readFile(axePath, 'utf8');
  await page.evaluate(source);
  const result = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return result.violations.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.target.join(' ')} ${node.failureSummary}`,
    ),
  );
}
