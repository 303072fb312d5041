// Heartbeats over many intervals, with nothing else going on, and servers that no longer answer.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, connect, event, long, server, transports, within } from './kit.mjs';

const fast = { 'ping-interval': '300ms', 'ping-timeout': '200ms' };
const intervals = long ? 200 : 20;

describe('heartbeats', { concurrency: 8 }, () => {
  for (const [transport, options] of Object.entries(transports)) {
    test(`${intervals} intervals by ${transport}`, async (t) => {
      const { url } = await server(fast);
      // The client has 200 ms for its pong. Where another process has the machine for that long the fault is not the
      // server's, so there are three tries.
      const tries = [];
      while (tries.length < 3) {
        const socket = await connect(t, url, options);
        const { id } = socket;
        const result = await within(idle(socket), `${intervals} pings`, 1000 * intervals);
        if (result.reason === undefined) {
          assert.equal(result.pings, intervals);
          assert.equal(socket.id, id);
          assert.deepEqual(await ask(socket, 'echo', 'here'), ['here']);
          const average = result.took / (intervals - 1);
          assert.ok(average >= 295 && average < 400, `a ping every ${average} ms`);
          return;
        }
        tries.push(result);
        socket.disconnect();
      }
      assert.fail(`it was closed each time: ${JSON.stringify(tries)}`);
    });

    test(`a server that freezes, by ${transport}`, { concurrency: false }, async (t) => {
      const own = await server(fast);
      const socket = await connect(t, own.url, options);
      // While frozen the kernel still takes connections, so the client can only time out.
      const gone = event(socket, 'disconnect');
      const began = Date.now();
      await own.pause();
      try {
        const [reason] = await gone;
        assert.equal(reason, 'ping timeout');
        assert.ok(Date.now() - began < 1500, `after ${Date.now() - began} ms`);
      } finally {
        await own.resume();
      }
      if (!socket.connected) await event(socket, 'connect');
      assert.deepEqual(await ask(socket, 'echo', 'back'), ['back']);
    });
  }

  test('a client that freezes is let go', async (t) => {
    const { url } = await server(fast);
    for (const transport of ['polling', 'websocket']) {
      const socket = await connect(t, url, { ...transports[transport], reconnection: false });
      const watcher = await connect(t, url, transports[transport]);
      const room = `room of ${socket.id}`;
      await ask(socket, 'join', room);
      const { engine } = socket.io;
      const gone = event(socket, 'disconnect');
      const send = engine.sendPacket ?? engine._sendPacket;
      const mute = function (type, ...rest) {
        if (type !== 'pong') send.call(this, type, ...rest);
      };
      if (engine._sendPacket) engine._sendPacket = mute;
      else engine.sendPacket = mute;
      const [reason] = await gone;
      assert.match(reason, /^transport (close|error)$/);
      await ask(watcher, 'echo', 'here');
    }
  });
});

// idle counts pings until there are enough, or until the connection ends.
function idle(socket) {
  return new Promise((resolve) => {
    let pings = 0;
    let first;
    const count = ({ type }) => {
      if (type !== 'ping') return;
      first ??= Date.now();
      if (++pings === intervals) resolve({ pings, took: Date.now() - first });
    };
    socket.io.engine.on('packet', count);
    socket.once('disconnect', (reason) => resolve({ pings, reason }));
  });
}
