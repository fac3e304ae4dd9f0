// SPDX-License-Identifier: MIT
// `npm run dev -- MASTER_PORT [PORT]`: the built UI in front of a running master.
import { join } from 'node:path';
import { webDir } from './deps.mjs';
import { servePage } from './page-server.mjs';

const [masterPort = '8010', port = '8020'] = process.argv.slice(2);
const dist = join(webDir, 'dist');
await servePage({
  dist,
  prefix: '/',
  port: Number(port),
  masterPort: Number(masterPort),
});
console.log(`http://127.0.0.1:${port}/ shows the master on port ${masterPort}`);
