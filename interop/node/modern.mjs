// What the client of today has besides: promises, timeouts, details.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, event, modern, server, shared, transports, until } from './kit.mjs';

if (modern) describe('timeouts and promises', { concurrency: 4 }, () => { // the older one has none
  for (const [transport, options] of Object.entries(transports)) {
    test(`by ${transport}`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, options);
      assert.deepEqual(await socket.emitWithAck('echo', { a: Buffer.from('b') }), { a: Buffer.from('b') });
      assert.deepEqual(await socket.timeout(10_000).emitWithAck('echo', 1), 1);
      await assert.rejects(socket.timeout(50).emitWithAck('unknown'), /operation has timed out/);
      await new Promise((resolve, reject) => {
        socket.timeout(10_000).emit('message-with-ack', 'a', 'b', (error, ...answer) => {
          if (error) return reject(error);
          assert.deepEqual(answer, ['a', 'b']);
          resolve();
        });
      });
      assert.ok(!socket.recovered);
    });
  }

  test('listeners for what goes out', async (t) => {
    const { url } = await shared();
    const socket = await connect(t, url);
    const out = [];
    socket.onAnyOutgoing((...args) => out.push(args));
    const back = event(socket, 'message-back');
    socket.emit('message', 1);
    await back;
    assert.deepEqual(out, [['message', 1]]);
  });

  test('one reason and its details when a WebSocket is cut', async (t) => {
    const own = await server();
    const socket = await connect(t, own.url, transports.websocket);
    const gone = event(socket, 'disconnect');
    await own.kill();
    const [reason, details] = await gone;
    assert.equal(reason, 'transport close');
    assert.equal(details.description, 'websocket connection closed');
    assert.equal(details.context.code, 1006);
  });

  test('a session that is resumed', async (t) => {
    const { url } = await server({ recovery: true });
    const socket = await connect(t, url, transports.websocket);
    const talker = await connect(t, url, transports.websocket);
    const { id } = socket;
    await new Promise((resolve) => socket.emit('join', 'a room', resolve));
    const heard = [];
    socket.on('told', (n) => heard.push(n));
    talker.emit('shout-room', 'a room', 'told', 1);
    await event(socket, 'told');
    const gone = event(socket, 'disconnect');
    socket.io.reconnectionDelay(300);
    socket.io.engine.transport.ws.terminate();
    await gone;
    const again = event(socket, 'connect');
    for (const n of [2, 3]) talker.emit('shout-room', 'a room', 'told', n);
    await talker.emitWithAck('echo', 'both were sent');
    await again;
    assert.equal(socket.recovered, true);
    assert.equal(socket.id, id);
    await until(() => heard.length > 2, 'what was missed');
    assert.deepEqual(heard, [1, 2, 3]);
  });
});
