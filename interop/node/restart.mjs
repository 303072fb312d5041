// Servers that are killed, and what clients had to say meanwhile.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, connect, event, long, modern, server, transportOf, transports, until, within } from './kit.mjs';

const rounds = long ? 20 : 2;

describe('a server that is killed', { concurrency: 4 }, () => {
  for (const [transport, options] of Object.entries(transports)) {
    test(`and comes back, by ${transport}`, async (t) => {
      const own = await server();
      const socket = await connect(t, own.url, options);
      const custom = socket.io.socket('/custom', { auth: { me: 1 } });
      await event(custom, 'connect');
      for (let round = 0; round < rounds; round++) {
        const before = socket.id;
        const gone = Promise.all([event(socket, 'disconnect'), event(custom, 'disconnect')]);
        await own.kill();
        const reasons = (await gone).map(([reason]) => reason);
        const want = transport === 'polling' ? 'transport error' : 'transport close';
        assert.deepEqual(reasons, [want, want]);

        const answers = Promise.all([1, Buffer.from('two'), { three: 3 }].map((value) => ask(socket, 'echo', value)));
        const other = ask(custom, 'echo', 'four');
        await event(socket.io, 'reconnect_error');
        const again = event(socket, 'connect');
        await own.start();
        await again;
        assert.notEqual(socket.id, before);
        assert.ok(!socket.recovered);
        assert.deepEqual(await answers, [[1], [Buffer.from('two')], [{ three: 3 }]]);
        assert.deepEqual(await other, ['four']);
        if (transport === 'upgrade') await until(() => transportOf(socket) === 'websocket', 'the upgrade');
      }
    });
  }

  if (modern) test('while an answer is due', async (t) => {
    const own = await server();
    const socket = await connect(t, own.url, transports.websocket);
    await own.pause();
    const answer = socket.timeout(10_000).emitWithAck('echo', 'lost');
    answer.catch(() => {}); // it is looked at below
    const gone = event(socket, 'disconnect');
    await own.kill();
    await gone;
    await assert.rejects(within(answer, 'an end of the wait'), /socket has been disconnected/);
    await own.start();
    await event(socket, 'connect');
  });

  if (modern) test('and emits with retries', async (t) => {
    const own = await server();
    const socket = await connect(t, own.url, { ...transports.websocket, retries: 20, ackTimeout: 500 });
    await own.kill();
    const answers = Promise.all([1, 2, 3].map((n) => within(socket.emitWithAck('echo', n), `answer ${n}`)));
    await event(socket.io, 'reconnect_error');
    await own.start();
    assert.deepEqual(await answers, [1, 2, 3]);
  });
});
