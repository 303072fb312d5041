// Namespaces, refusals, rooms and the ways in which a socket ends.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, collect, connect, event, open, server, shared, transportOf, transports, until } from './kit.mjs';

describe('namespaces, rooms, ends', { concurrency: 4 }, () => {
  for (const [transport, options] of Object.entries(transports)) {
    test(`namespaces by ${transport}`, async (t) => {
      const { url } = await shared();
      const main = await connect(t, url, options);

      const custom = main.io.socket('/custom');
      assert.deepEqual(await event(custom, 'auth'), [{}]);
      assert.deepEqual(await ask(custom, 'echo', Buffer.from('x'), 2), [Buffer.from('x'), 2]);

      const refused = main.io.socket('/secure', { auth: { token: 'bad' } });
      const [error] = await event(refused, 'connect_error');
      assert.ok(error instanceof Error);
      assert.equal(error.message, 'not authorized');
      assert.deepEqual(error.data, { code: 401 });
      assert.equal(refused.connected, false);

      refused.auth = { token: 'good' };
      refused.connect();
      await event(refused, 'connect');

      const unknown = main.io.socket('/random');
      const [invalid] = await event(unknown, 'connect_error');
      assert.equal(invalid.message, 'Invalid namespace');
      assert.equal(invalid.data, undefined);

      assert.equal(new Set([main, custom, refused].map((s) => s.id)).size, 3);
      assert.deepEqual(await ask(main, 'echo', 'still here'), ['still here']);
      assert.deepEqual(await ask(custom, 'echo', 'here too'), ['here too']);
    });

    test(`rooms by ${transport}`, async (t) => {
      const { url } = await shared();
      const [a, b, c] = await Promise.all([1, 2, 3].map(() => connect(t, url, options)));
      const room = `room of ${a.id}`;
      const heard = [a, b, c].map((socket) => collect(socket, room));
      await Promise.all([ask(a, 'join', room), ask(b, 'join', room)]);
      assert.deepEqual((await ask(a, 'info'))[0].rooms.sort(), [a.id, room].sort());

      const bytes = Buffer.from([1, 2, 3]);
      c.emit('shout-room', room, room, bytes, 'and more');
      await until(() => heard[0].length === 1 && heard[1].length === 1, 'an event of the room');
      assert.deepEqual(heard, [[bytes], [bytes], []]);

      await ask(b, 'leave', room);
      await ask(b, 'leave', 'a room it is not in');
      a.emit('shout-room', room, room, 2);
      await until(() => heard[0].length === 2, 'the second event');
      a.emit('shout', room, 3);
      await until(() => heard.every((list) => list.at(-1) === 3), 'an event for everybody');
      assert.deepEqual(heard, [[bytes, 2, 3], [bytes, 3], [3]]);
    });

    test(`a socket that the server ends by ${transport}`, async (t) => {
      const { url } = await shared();
      const main = await connect(t, url, options);
      const custom = main.io.socket('/custom');
      await event(custom, 'connect');
      const { id } = main.io.engine;

      const gone = event(main, 'disconnect');
      main.emit('bye', false);
      assert.equal((await gone)[0], 'io server disconnect');
      assert.deepEqual(await ask(custom, 'echo', 'still here'), ['still here']);
      main.connect();
      await event(main, 'connect');
      assert.equal(main.io.engine.id, id, 'the same connection');
      assert.deepEqual(await ask(main, 'echo', 'again'), ['again']);

      const both = Promise.all([event(main, 'disconnect'), event(custom, 'disconnect')]);
      main.emit('bye', true);
      assert.deepEqual((await both).map(([reason]) => reason), ['io server disconnect', 'io server disconnect']);
    });

    test(`a socket that the client ends by ${transport}`, async (t) => {
      const { url } = await shared();
      const main = await connect(t, url, options);
      const custom = main.io.socket('/custom');
      await event(custom, 'connect');
      const { id } = main.io.engine;
      const watcher = await connect(t, url, options);
      const room = `room of ${main.id}`;
      await ask(main, 'join', room);

      const gone = event(main, 'disconnect');
      main.disconnect();
      assert.equal((await gone)[0], 'io client disconnect');
      assert.deepEqual(await ask(custom, 'echo', 'still here'), ['still here']);
      main.connect();
      await event(main, 'connect');
      assert.equal(main.io.engine.id, id, 'the same connection');
      const heard = collect(main, room);
      watcher.emit('shout-room', room, room, 'to nobody');
      watcher.emit('shout', room, 'to all');
      await until(() => heard.length > 0, 'an event for everybody');
      assert.deepEqual(heard, ['to all'], 'rooms were left');
    });
  }

  test('a refused main namespace leaves the connection to the others', async (t) => {
    const { url } = await shared();
    const secure = open(t, `${url}/secure`, { auth: { token: 'bad' } });
    const [error] = await event(secure, 'connect_error');
    assert.deepEqual(error.data, { code: 401 });
    const main = secure.io.socket('/');
    await event(main, 'connect');
  });

  test('a client that only connects to what is refused is closed in time', async (t) => {
    const { url } = await server({ 'connect-timeout': '300ms' });
    const refused = open(t, `${url}/secure`, { reconnection: false });
    await event(refused, 'connect_error');
    const { engine } = refused.io;
    await until(() => engine.readyState === 'closed', 'the close');
  });

  for (const transport of ['polling', 'websocket']) {
    test(`a server that stops, by ${transport}`, async (t) => {
      const own = await server();
      const socket = await connect(t, own.url, transports[transport]);
      const gone = event(socket, 'disconnect');
      await own.stop();
      assert.match((await gone)[0], transport === 'polling' ? /^transport (close|error)$/ : /^transport close$/);
      const again = event(socket, 'connect');
      await own.start();
      await again;
      assert.equal(transportOf(socket), transport);
    });
  }
});
