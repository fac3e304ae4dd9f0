// SPDX-License-Identifier: MIT
// The packages live in web/node_modules, so that one package.json lists them all.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export const webDir = fileURLToPath(new URL('../../../web/', import.meta.url));
const require = createRequire(`${webDir}package.json`);

export const { chromium } = require('playwright-core');
export const axePath = require.resolve('axe-core/axe.min.js');
