// SPDX-License-Identifier: MIT
import { readFile } from 'node:fs/promises';
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

/** Reported like an error of a script, so that a test sees it in `page.problems`. */
function reportViolations() {
  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(`policy violation: ${event.effectiveDirective} ${event.blockedURI}`);
  });
}

/** A browser with a fresh profile; pages of it collect what went wrong in them. */
export class Browser {
  contexts = new Map();

  static async open() {
    const browser = new Browser();
    browser.chromium = await chromium.launch({
      executablePath: process.env.KILN_CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: flags,
    });
    return browser;
  }

  /** Pages with the same options, such as the colour scheme, share a context. */
  async context(options) {
    const key = JSON.stringify(options);
    if (!this.contexts.has(key)) {
      const viewport = { width: 1280, height: 900 };
      const context = await this.chromium.newContext({ viewport, ...options });
      context.setDefaultTimeout(20_000);
      await context.addInitScript(reportViolations);
      this.contexts.set(key, context);
    }
    return this.contexts.get(key);
  }

  async page(options = {}) {
    const page = await (await this.context(options)).newPage();
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

  close() {
    return this.chromium.close();
  }
}

/** Accessibility violations as readable lines. */
export async function axeViolations(page) {
  // evaluate() passes the content security policy, a script element would not.
  const source = await readFile(axePath, 'utf8');
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
