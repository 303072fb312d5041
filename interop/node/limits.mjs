// Just under the limit of a payload, and over it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, connect, event, modern, server, transports, within } from './kit.mjs';

const limit = 200_000;

// text makes a packet of this many bytes: what is around the text in 42["message","…"] and in 427["echo","…"] is short.
const text = (bytes) => 'x'.repeat(bytes - 40);

describe('the limit of a payload', { concurrency: 4 }, () => {
  for (const [transport, options] of Object.entries(transports)) {
    test(`0.9 of it by ${transport}`, async (t) => {
      const { url } = await server({ 'max-payload': limit });
      const socket = await connect(t, url, options);
      assert.equal((await ask(socket, 'echo', text(0.9 * limit)))[0].length, 0.9 * limit - 40);
      const raw = Buffer.alloc(transport === 'polling' ? 0.67 * limit : 0.9 * limit, 7); // base64 takes 4 for 3
      assert.deepEqual(await ask(socket, 'echo', raw), [raw]);
      const wide = '€'.repeat(0.3 * limit - 40);
      assert.deepEqual(await ask(socket, 'echo', wide), [wide]);
    });

    for (const [what, value] of [['text', () => text(1.1 * limit)], ['bytes', () => Buffer.alloc(1.1 * limit)],
      ['text of several bytes a character', () => '€'.repeat(0.367 * limit)]]) {
      test(`1.1 of it, ${what}, by ${transport}`, async (t) => {
        const { url } = await server({ 'max-payload': limit });
        const socket = await connect(t, url, options);
        const before = socket.id;
        const gone = event(socket, 'disconnect');
        const again = gone.then(() => event(socket, 'connect'));
        socket.on('message-back', () => assert.fail('it came back'));
        socket.emit('message', value());
        const [reason, details] = await gone;
        assert.equal(reason, transport === 'polling' ? 'transport error' : 'transport close');
        if (modern && transport === 'polling') assert.equal(details.description, 413);
        if (modern && transport !== 'polling') assert.equal(details.context.code, 1009);
        await again;
        assert.notEqual(socket.id, before);
        assert.deepEqual(await ask(socket, 'echo', 'back'), ['back']);
      });
    }
  }

  // What comes back is more than one message may be, and waits until the client polls again.
  for (const [transport, options] of Object.entries(transports)) {
    if (!modern && transport !== 'websocket') continue; // the older client sends both in one body
    test(`two of 0.6 of it at once by ${transport}`, async (t) => {
      const { url } = await server();
      const socket = await connect(t, url, options);
      const before = socket.id;
      const halves = ['a', 'b'].map((c) => c.repeat(600_000));
      assert.deepEqual(await Promise.all(halves.map((half) => ask(socket, 'echo', half))), halves.map((half) => [half]));
      assert.equal(socket.id, before);
    });
  }

  if (modern) test('many messages that are over the limit together', async (t) => { // the older one splits no payloads
    const { url } = await server({ 'max-payload': limit });
    const socket = await connect(t, url, transports.polling);
    let next = 0;
    const done = new Promise((resolve) => {
      socket.on('message-back', (n, filler) => {
        assert.equal(n, next++);
        assert.equal(filler.length, 0.09 * limit);
        if (next === 60) resolve();
      });
    });
    for (let n = 0; n < 60; n++) socket.emit('message', n, 'x'.repeat(0.09 * limit));
    await within(done, '60 messages');
  });

  test('from the server there is no limit', async (t) => {
    const { url } = await server({ 'max-payload': limit });
    for (const options of Object.values(transports)) {
      const [sender, receiver] = await Promise.all([connect(t, url, options), connect(t, url, options)]);
      const all = new Promise((resolve) => {
        let heard = 0;
        receiver.on('large', (part) => {
          assert.equal(part.length, 0.6 * limit);
          if (++heard === 12) resolve();
        });
      });
      for (let n = 0; n < 12; n++) {
        const part = n % 2 ? 'x'.repeat(0.6 * limit) : Buffer.alloc(0.6 * limit);
        await ask(sender, 'echo', n); // one at a time: sent together they are over the limit in this client
        sender.emit('shout', 'large', part);
      }
      await within(all, '12 large events');
    }
  });
});
