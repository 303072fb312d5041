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
          assert.equal(socket.id, id);
          assert.deepEqual(await ask(socket, 'echo', 'here'), ['here']);
          assert.ok(result.median >= 290 && result.median < 360, `a ping every ${result.median} ms`);
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
        assert.ok(Date.now() - began < 5000, `after ${Date.now() - began} ms`);
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
      const socket = await connect(t, url, transports[transport]);
      socket.io.reconnection(false);
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
    const at = [];
    const count = ({ type }) => {
      if (type !== 'ping') return;
      at.push(performance.now());
      if (at.length < intervals) return;
      const gaps = at.slice(1).map((time, i) => time - at[i]).sort((a, b) => a - b);
      resolve({ median: gaps[Math.floor(gaps.length / 2)] });
    };
    socket.io.engine.on('packet', count);
    socket.once('disconnect', (reason) => resolve({ reason, pings: at.length }));
  });
}
