// SPDX-License-Identifier: MIT
// Fails the build when the code a first visit downloads outgrows its budget.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url).pathname;
const html = readFileSync(join(dist, 'index.html'), 'utf8');
const sizes = new Map();
for (const name of readdirSync(join(dist, 'assets'))) {
  sizes.set(name, gzipSync(readFileSync(join(dist, 'assets', name)), { level: 9 }).length);
}

const first = { js: 0, css: 0 };
let all = 0;
for (const [name, bytes] of sizes) {
  const kind = name.endsWith('.js') ? 'js' : name.endsWith('.css') ? 'css' : null;
  if (!kind) continue;
  all += bytes;
  // Home is the landing page: its chunk belongs to the first visit.
  if (html.includes(name) || /^HomeView-/.test(name)) first[kind] += bytes;
}

const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
console.log(
  `first page gz: js ${kb(first.js)} (60), css ${kb(first.css)} (12); all: ${kb(all)} (200)`,
);
if (first.js > 60 * 1024 || first.css > 12 * 1024 || all > 200 * 1024) {
  console.error('size budget exceeded');
  process.exit(1);
}
