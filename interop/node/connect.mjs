// The ways in, and what a client may be set up with.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as engine from 'engine.io-client';
import { ask, connect, event, modern, open, quick, shared, transportOf, transports, io } from './kit.mjs';

describe('connect', { concurrency: 4 }, () => {
  for (const [name, options] of Object.entries(transports)) {
    test(`by ${name}`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, options);
      const used = name === 'upgrade' ? 'websocket' : name;
      assert.equal(transportOf(socket), used);
      const [info] = await ask(socket, 'info');
      assert.deepEqual(info, { id: socket.id, transport: used, recovered: false, eio: 4, rooms: [socket.id] });
      assert.notEqual(socket.id, socket.io.engine.id);
      assert.match(socket.id, /^[\w-]{20}$/);
    });
  }

  test('upgrades that are not wanted', async (t) => {
    const { url } = await shared();
    const socket = await connect(t, url, { upgrade: false });
    assert.equal(transportOf(socket), 'polling');
    assert.deepEqual(await ask(socket, 'echo', 1), [1]);
  });

  test('WebSocket first, polling as the second choice', async (t) => {
    const { url } = await shared();
    const socket = await connect(t, url, { transports: ['websocket', 'polling'] });
    assert.equal(transportOf(socket), 'websocket');
  });

  for (const name of ['polling', 'websocket']) {
    test(`binary as base64 over ${name}`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, { transports: [name], forceBase64: true });
      const bytes = Buffer.from([0, 1, 2, 0x1e, 0xff]);
      const [answer] = await ask(socket, 'echo', { bytes, n: 1 });
      assert.deepEqual(Buffer.from(answer.bytes), bytes);
      assert.equal(answer.n, 1);
    });

    test(`a query, headers, credentials and a time stamp over ${name}`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, {
        transports: [name], query: { shop: 'a&b=c', transport_: 'ü' }, extraHeaders: { 'x-shop': '7' }, withCredentials: true,
        timestampRequests: true, timestampParam: 'at',
      });
      assert.deepEqual(await ask(socket, 'echo', 'here'), ['here']);
    });
  }

  test('a subprotocol of the WebSocket', async (t) => {
    const { url } = await shared();
    const socket = await connect(t, url, { transports: ['websocket'], protocols: ['first', 'second'] });
    assert.deepEqual(await ask(socket, 'echo', 'here'), ['here']);
  });

  test('the auth payload', async (t) => {
    const { url } = await shared();
    const auth = { token: 'a&b=c', deep: { list: [1, null, 'é'] } };
    const plain = open(t, url, { transports: ['websocket'], auth });
    assert.deepEqual(await event(plain, 'auth'), [auth]);
    const made = open(t, url, { transports: ['polling'], auth: (give) => give(auth) });
    assert.deepEqual(await event(made, 'auth'), [auth]);
    const none = open(t, url, { transports: ['polling'] });
    assert.deepEqual(await event(none, 'auth'), [{}]);
  });

  test('two sockets on one connection, and both on connections of their own', async (t) => {
    const { url } = await shared();
    const main = await connect(t, url, { transports: ['websocket'] });
    const custom = main.io.socket('/custom', { auth: { who: 'me' } });
    assert.deepEqual(await event(custom, 'auth'), [{ who: 'me' }]);
    assert.equal(custom.io.engine.id, main.io.engine.id);
    assert.notEqual(custom.id, main.id);
    const other = await connect(t, url, { transports: ['websocket'] });
    assert.notEqual(other.io.engine.id, main.io.engine.id);
  });

  test('many clients at once', async (t) => {
    const { url } = await shared();
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) =>
      connect(t, url, [transports.polling, transports.websocket, transports.upgrade][i % 3])));
    const answers = await Promise.all(all.map((socket, i) => ask(socket, 'echo', i)));
    assert.deepEqual(answers.flat(), all.map((_, i) => i));
    assert.equal(new Set(all.map((socket) => socket.id)).size, all.length);
  });

  test('emits before the connection is up', async (t) => {
    const { url } = await shared();
    const socket = io(url, { ...quick, autoConnect: false });
    t.after(() => socket.disconnect());
    const answers = Promise.all([1, 2, 3].map((n) => ask(socket, 'echo', n)));
    socket.volatile.emit('shout', 'never', 1);
    socket.on('never', () => assert.fail('a volatile event was kept'));
    socket.connect();
    assert.deepEqual(await answers, [[1], [2], [3]]);
    await ask(socket, 'echo', 'the end');
  });

  for (const name of ['Fetch', 'XHR', 'NodeXHR', 'WebSocket', 'NodeWebSocket']) {
    if (!engine[name]) continue;
    if (name === 'WebSocket' && !globalThis.WebSocket) continue; // the runtime's own came with Node 22
    if (name === 'XHR' && !globalThis.XMLHttpRequest) continue; // a browser's
    if (modern) test(`the transport ${name} given as a class`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, { transports: [engine[name]] });
      const bytes = Buffer.from([1, 2, 3]);
      const [answer, n] = await ask(socket, 'echo', bytes, 7);
      assert.deepEqual(Buffer.from(answer), bytes);
      assert.equal(n, 7);
    });
  }
});
