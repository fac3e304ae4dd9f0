// SPDX-License-Identifier: MIT
// A scratch master with a real worker, started from KILN_MASTER_CMD and KILN_WORKER_CMD.
import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { webDir } from './deps.mjs';
import { servePage } from './page-server.mjs';
import { until } from './until.mjs';

const run = promisify(execFile);

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: it names the executable to test with`);
  return value;
}

export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class ScratchMaster {
  /**
   * Makes and starts everything; `dir` is where test steps look for gate files.
   * `config`: lines that go behind those of master.cfg.
   */
  static async start({ config = '' } = {}) {
    const master = new ScratchMaster();
    master.config = config;
    master.dir = await mkdtemp(join(tmpdir(), 'kiln-web-'));
    master.masterPort = await freePort();
    master.workerPort = await freePort();
    const ui = process.env.KILN_UI ?? 'own';
    if (ui !== 'own' && ui !== 'proxy') throw new Error(`KILN_UI is "${ui}", not own or proxy`);
    master.pagePort = ui === 'own' ? master.masterPort : await freePort();
    // A sub-path proves that the page only uses addresses relative to itself.
    const prefix = ui === 'own' ? '/' : '/ci/';
    master.url = `http://127.0.0.1:${master.pagePort}${prefix}`;
    try {
      await master.makeMaster();
      await master.startMaster();
      if (ui === 'proxy') {
        const { pagePort: port, masterPort } = master;
        master.page = await servePage({
          dist: join(webDir, 'dist'),
          prefix,
          port,
          masterPort,
        });
      }
      await master.startWorker();
    } catch (error) {
      await master.stop();
      throw error;
    }
    return master;
  }

  async makeMaster() {
    const base = join(this.dir, 'master');
    await run(required('KILN_MASTER_CMD'), ['create-master', base]);
    await cp(new URL('master.cfg', import.meta.url).pathname, join(base, 'master.cfg'));
    await appendFile(join(base, 'master.cfg'), this.config);
    const settings = {
      http: this.masterPort,
      worker: this.workerPort,
      url: this.url,
      gates: this.dir,
    };
    await writeFile(join(base, 'ports.json'), JSON.stringify(settings));
  }

  async startMaster() {
    const args = ['start', '--nodaemon', join(this.dir, 'master')];
    this.masterProcess = this.spawn('master.out', required('KILN_MASTER_CMD'), args);
    await this.until('the master answers', async () => {
      if (this.masterProcess.exitCode !== null) throw new Error('the master ended');
      const response = await fetch(`${this.api}builders`).catch(() => null);
      return response?.ok && (await response.json()).builders.length > 0;
    });
  }

  async startWorker() {
    const command = required('KILN_WORKER_CMD');
    const base = join(this.dir, 'worker');
    const peer = `127.0.0.1:${this.workerPort}`;
    await run(command, ['create-worker', base, peer, 'w1', 'secret']);
    // A worker holds output back for 5 s, far longer than the tests need.
    await appendFile(join(base, 'buildbot.tac'), '\ns.bot.buffer_timeout = 0.3\n');
    this.workerProcess = this.spawn('worker.out', command, ['start', '--nodaemon', base]);
    await this.untilWorker();
  }

  untilWorker() {
    return this.until('the worker is connected', async () => {
      const { workers } = await this.get('workers');
      return workers.some((worker) => worker.connected_to.length > 0);
    });
  }

  spawn(log, command, args) {
    const out = openSync(join(this.dir, log), 'a');
    return spawn(command, args, { stdio: ['ignore', out, out] });
  }

  get api() {
    return `http://127.0.0.1:${this.masterPort}/api/v2/`;
  }

  async get(path) {
    const response = await fetch(this.api + path, {
      headers: { accept: 'application/json' },
    });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    return response.json();
  }

  async force(builderName, params = {}) {
    const { builders } = await this.get(`builders?name=${encodeURIComponent(builderName)}`);
    const { builderid } = builders[0];
    const response = await fetch(`${this.api}forceschedulers/force`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'force',
        params: { builderid, reason: 'test', ...params },
      }),
    });
    if (!response.ok) throw new Error(`force ${builderName}: ${await response.text()}`);
    const requestid = (await response.json()).result[1][builderid];
    return { builderid, requestid };
  }

  /** Forces a build and waits until it is complete (or, with `until: 'started'`, exists). */
  async build(builderName, { until: stage = 'complete', params = {} } = {}) {
    const { requestid } = await this.force(builderName, params);
    let found = null;
    await this.until(`a build of ${builderName} is ${stage}`, async () => {
      found = (await this.get(`builds?buildrequestid=${requestid}`)).builds[0] ?? null;
      return found !== null && (stage === 'started' || found.complete);
    });
    return found;
  }

  /** Lets steps waiting for the gate go on. */
  openGate(name) {
    return writeFile(join(this.dir, name), '');
  }

  closeGate(name) {
    return rm(join(this.dir, name), { force: true });
  }

  async until(what, check) {
    try {
      await until(what, check, 40_000);
    } catch (error) {
      const logs = ['master.out', 'master/twistd.log', 'worker.out'];
      const texts = logs.map((name) => readFile(join(this.dir, name), 'utf8').catch(() => ''));
      const tails = (await Promise.all(texts)).map((text) => text.slice(-2500));
      throw new Error(`${error.message}\n${tails.join('\n----\n')}`, {
        cause: error,
      });
    }
  }

  stopMaster() {
    return endProcess(this.masterProcess);
  }

  async stop() {
    await this.page?.close();
    await endProcess(this.workerProcess);
    await endProcess(this.masterProcess);
    await rm(this.dir, { recursive: true, force: true });
  }
}

async function endProcess(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const cut = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(cut);
}
