// SPDX-License-Identifier: MIT
// Serves web/dist under a sub-path and hands the rest to a master: the UI in front of Buildbot.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { extname, join, normalize } from 'node:path';

const types = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
};

/** As strict as Kilnbot's own. */
function policy(nonce) {
  return [
    `script-src 'self' 'nonce-${nonce}'`,
    ...['style-src', 'img-src', 'connect-src', 'frame-src'].map((kind) => `${kind} 'self'`),
    ...['default-src', 'base-uri', 'frame-ancestors'].map((kind) => `${kind} 'none'`),
  ].join('; ');
}

/** Starts the server; `prefix` such as `/ci/` is cut before the master sees the path. */
export async function servePage({ dist, prefix, port, masterPort }) {
  const sockets = new Set();
  const server = http.createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.writeHead(502).end(String(error));
    });
  });

  async function answer(request, response) {
    if (!request.url.startsWith(prefix)) {
      response.writeHead(404).end('outside the prefix');
      return;
    }
    const path = request.url.slice(prefix.length);
    if (path === '') await sendIndex(response);
    else if (path.startsWith('assets/')) await sendAsset(response, path.split('?')[0]);
    else forward(request, response, `/${path}`);
  }

  async function sendIndex(response) {
    const nonce = randomBytes(16).toString('base64');
    const config = await getConfig(masterPort);
    const script = `<script id="bb-config" nonce="${nonce}">window.buildbotFrontendConfig = ${config};</script>`;
    const html = await readFile(join(dist, 'index.html'), 'utf8');
    response.writeHead(200, {
      'content-type': types['.html'],
      'content-security-policy': policy(nonce),
    });
    response.end(html.replace('<!-- KILNBOT_CONFIG -->', () => script));
  }

  async function sendAsset(response, path) {
    const body = await readFile(join(dist, normalize(path)));
    response.writeHead(200, {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
    });
    response.end(body);
  }

  function forward(request, response, path) {
    const { method, headers } = request;
    const onward = http.request({
      host: '127.0.0.1',
      port: masterPort,
      path,
      method,
      headers,
    });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.headersSent || response.writeHead(502).end());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  server.on('upgrade', (request, socket, head) => {
    const upstream = net.connect(masterPort, '127.0.0.1', () => {
      const lines = [`GET /${request.url.slice(prefix.length)} HTTP/1.1`];
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
      }
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function getConfig(masterPort) {
  const response = await fetch(`http://127.0.0.1:${masterPort}/config`);
  // "</script" inside a setting must not end the script element.
  return (await response.text()).replaceAll('<', '\\u003c');
}
