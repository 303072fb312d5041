// The client's bundles in Chromium, on a page of another origin than the server's.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { long, server, until } from './kit.mjs';

const modules = new URL('../node_modules/', import.meta.url);
const files = {
  '/page.js': new URL('page.js', import.meta.url),
  '/4.js': new URL('socket.io-client/dist/socket.io.min.js', modules),
  '/4.mjs': new URL('socket.io-client/dist/socket.io.esm.min.js', modules),
  '/3.js': new URL('socket.io-client-3/dist/socket.io.min.js', modules),
};
const pages = {
  '/4': '<script src="/page.js"></script><script src="/4.js"></script>',
  '/3': '<script src="/page.js"></script><script src="/3.js"></script>',
  '/module': `<script src="/page.js"></script>
    <script type="module">import * as client from '/4.mjs'; globalThis.client = client;</script>`,
};
const clients = { 'bundle of 4': '/4', 'module of 4': '/module', 'bundle of 3': '/3' };
const transports = { polling: { transports: ['polling'] }, websocket: { transports: ['websocket'] }, upgrade: {} };

const rounds = long ? 200 : 20;

let site;
let browser;
let context;
let common;
const opened = {};

before(async () => {
  site = createServer(async (request, response) => {
    if (pages[request.url]) return response.setHeader('content-type', 'text/html').end(`<!doctype html>${pages[request.url]}`);
    if (!files[request.url]) return response.writeHead(404).end();
    response.setHeader('content-type', 'text/javascript').end(await readFile(files[request.url]));
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({
    executablePath: process.env.INTEROP_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
  context = await browser.newContext();
  common = await server();
});

after(async () => {
  await browser?.close();
  site?.close();
});

// open opens a page, of another origin than the servers', with a client on it.
async function open(path) {
  const page = await context.newPage();
  await page.goto(`http://localhost:${site.address().port}${path}`);
  await page.waitForFunction(() => globalThis.io ?? globalThis.client);
  return page;
}

// shared is the page of the scenarios that do not leave it: opening one takes a second.
const shared = (path) => (opened[path] ??= open(path));

for (const [client, path] of Object.entries(clients)) {
  describe(`the ${client}`, { concurrency: 3 }, () => {
    for (const [transport, options] of Object.entries(transports)) {
      test(`by ${transport}`, async () => {
        const page = await shared(path);
        const got = await page.evaluate(async ([url, options]) => {
          const socket = await connect(url, options);
          const sent = [
            [1, '2', { 3: [true] }, null, '€ 🙂'],
            [bytes(5)],
            [new Uint8Array(bytes(9)), 'after'],
            [new Blob(['a blob', bytes(3)])],
            [{ deep: [{ file: new File(['a file'], 'name.txt') }, bytes(300)] }],
            Array.from({ length: 10 }, (_, i) => bytes(i)),
          ];
          const rows = [];
          for (const args of sent) {
            const back = event(socket, 'message-back');
            socket.emit('message', ...args);
            const heard = await back;
            const acked = await ask(socket, 'echo', ...args);
            rows.push({ sent: await plain(args), heard: await plain(heard), acked: await plain(acked) });
          }
          socket.on('question', (value, answer) => answer(value));
          const answer = event(socket, 'answer');
          socket.emit('ask', new Blob(['asked']));
          return {
            rows, answer: await plain(await answer), used: socket.io.engine.transport.name,
            info: (await ask(socket, 'info'))[0], id: socket.id,
          };
        }, [common.url, options]);
        for (const { sent, heard, acked } of got.rows) {
          assert.deepEqual(heard, sent);
          assert.deepEqual(acked, sent);
        }
        assert.deepEqual(got.answer, [{ bytes: [...Buffer.from('asked')] }]);
        assert.equal(got.used, transport === 'upgrade' ? 'websocket' : transport);
        assert.equal(got.info.transport, got.used);
        assert.equal(got.info.id, got.id);
      });

      test(`with credentials and headers that need a preflight, by ${transport}`, async () => {
        const page = await shared(path);
        const answer = await page.evaluate(async ([url, options]) => {
          const socket = await connect(url, { ...options, withCredentials: true, extraHeaders: { 'x-shop': '7' } });
          return ask(socket, 'echo', 'x'.repeat(50_000));
        }, [common.url, options]);
        assert.equal(answer[0].length, 50_000);
      });

      test(`over the limit of a payload by ${transport}`, async () => {
        const { url } = await server({ 'max-payload': 50_000 });
        const page = await shared(path);
        const got = await page.evaluate(async ([url, options]) => {
          const socket = await connect(url, options);
          const [under] = await ask(socket, 'echo', 'x'.repeat(45_000));
          const gone = event(socket, 'disconnect');
          const again = gone.then(() => event(socket, 'connect'));
          socket.emit('message', 'x'.repeat(55_000));
          const [reason, details] = await gone;
          await again;
          return { under: under.length, reason, code: details?.context?.code, status: details?.description, back: await ask(socket, 'echo', 'back') };
        }, [url, options]);
        assert.equal(got.under, 45_000);
        assert.equal(got.reason, transport === 'polling' ? 'transport error' : 'transport close');
        if (path !== '/3') assert.equal(transport === 'polling' ? got.status : got.code, transport === 'polling' ? 413 : 1009);
        assert.deepEqual(got.back, ['back']);
      });

      if (path !== '/module') test(`a server that is killed, by ${transport}`, async () => {
        const own = await server();
        const page = await shared(path);
        await page.evaluate(async ([url, options]) => {
          const socket = await connect(url, options);
          globalThis[url] = { socket, gone: event(socket, 'disconnect') };
        }, [own.url, options]);
        await own.kill();
        const reason = await page.evaluate(async (url) => {
          const its = globalThis[url];
          const [reason] = await its.gone;
          its.answer = ask(its.socket, 'echo', 'said meanwhile');
          return reason;
        }, own.url);
        assert.equal(reason, transport === 'polling' ? 'transport error' : 'transport close');
        await own.start();
        assert.deepEqual(await page.evaluate((url) => globalThis[url].answer, own.url), ['said meanwhile']);
      });

      if (path === '/4') test(`a page that is left, by ${transport}`, async () => {
        const page = await open(path);
        const room = `${client} by ${transport}`;
        await page.evaluate(async ([url, options, room]) => {
          await ask(await connect(url, options), 'join', room);
        }, [common.url, options, room]);
        await page.close();
        const watcher = await shared(path);
        await until(async () => {
          const [left] = await watcher.evaluate(async ([url, room]) => {
            globalThis.watcher ??= connect(url, { transports: ['websocket'] });
            return ask(await watcher, 'cluster-fetch', room);
          }, [common.url, room]);
          return left.length === 0;
        }, 'the end of the connection');
      });
    }

    test('refusals of a namespace', async () => {
      const page = await shared(path);
      const got = await page.evaluate(async (url) => {
        const socket = await connect(url);
        const [error] = await event(socket.io.socket('/secure', { auth: { token: 'bad' } }), 'connect_error');
        await event(socket.io.socket('/custom'), 'connect');
        return { message: error.message, data: error.data };
      }, common.url);
      assert.deepEqual(got, { message: 'not authorized', data: { code: 401 } });
    });

    // As in upgrade.mjs: what the page says comes back, and what another client says comes without being asked for.
    if (path !== '/module') test(`${rounds} upgrades while both sides write`, async () => {
      const page = await shared(path);
      const got = await page.evaluate(async ([url, rounds]) => {
        const talker = await connect(url, { transports: ['websocket'] });
        const wrong = [];
        for (let round = 0; round < rounds; round++) {
          const socket = (globalThis.client ?? globalThis).io(url, quick);
          const name = `told ${location.pathname} ${round}`;
          const back = [];
          const told = [];
          socket.on('message-back', (n) => back.push(n));
          socket.on(name, (n) => told.push(n));
          socket.on('disconnect', (reason) => reason === 'io client disconnect' || wrong.push(`${round}: ${reason}`));
          let upgraded = false;
          socket.io.once('open', () => socket.io.engine.once('upgrade', () => (upgraded = true)));
          await event(socket, 'connect');
          let sent = 0;
          for (let after = 0; after < 10 && sent < 30_000; after += upgraded) {
            for (let burst = 0; burst < 3; burst++, sent++) {
              socket.emit('message', sent, ...(sent % 7 ? [] : [bytes(5)]));
              talker.emit('shout', name, sent);
            }
            await ask(talker, 'echo'); // paces
          }
          await within(new Promise((resolve) => {
            const look = () => (back.length >= sent && told.length >= sent ? resolve() : setTimeout(look, 5));
            look();
          }), `${sent} events`);
          for (const list of [back, told]) {
            if (list.length !== sent || list.some((n, i) => n !== i)) wrong.push(`${round}: ${list}`);
          }
          if (socket.io.engine.transport.name !== 'websocket') wrong.push(`${round}: no upgrade`);
          socket.disconnect();
        }
        talker.disconnect();
        return wrong;
      }, [common.url, rounds]);
      assert.deepEqual(got, []);
    });

    if (path === '/module') test('transports given as classes', async () => {
      const page = await shared(path);
      for (const name of ['Fetch', 'XHR', 'WebSocket']) {
        const answer = await page.evaluate(async ([url, name]) => {
          const socket = await connect(url, { transports: [client[name]], withCredentials: true });
          return plain(await ask(socket, 'echo', bytes(3), name));
        }, [common.url, name]);
        assert.deepEqual(answer, [{ bytes: [0, 7, 14] }, name]);
      }
    });

    if (path !== '/module') test('heartbeats', async () => {
      // A browser on a busy machine keeps a pong, which is a request of its own over polling, for more than 200 ms.
      const { url } = await server({ 'ping-interval': '300ms', 'ping-timeout': '5s' });
      const page = await shared(path);
      const results = await page.evaluate(async ([url, transports, intervals]) => {
        const idle = async ([name, options]) => {
          const socket = await connect(url, options);
          let pings = 0;
          const result = await within(new Promise((resolve) => {
            socket.io.engine.on('packet', ({ type }) => type === 'ping' && ++pings === intervals && resolve('well'));
            socket.once('disconnect', (reason) => resolve(`${reason} after ${pings} pings`));
          }), `${intervals} pings`, 1000 * intervals);
          return [name, result];
        };
        return Promise.all(Object.entries(transports).map(idle));
      }, [url, transports, long ? 200 : 20]);
      assert.deepEqual(results, Object.keys(transports).map((name) => [name, 'well']));
    });
  });
}
