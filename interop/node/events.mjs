// Events with all kinds of arguments, in both directions, and acknowledgements.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, connect, event, shared, transports, until, within } from './kit.mjs';

const values = {
  nothing: [],
  'one number': [1],
  'several types': [1, '2', { 3: [true] }, null, false, [], {}, -0.5, 1e21],
  text: ['', '€ ü 漢字 🙂 \u2028 \u0000', '\u001e', '"\\', '2["x"]'],
  keys: [{ z: 1, a: 2, constructor: 3, toString: 'x', 'a b': [] }],
  placeholders: [{ _placeholder: false, num: 3 }],
  'a long text': ['é'.repeat(100_000)],
  'a deep object': [Array.from({ length: 60 }).reduce((inner) => ({ inner }), 'bottom')],
};

const bytes = (length, seed = 0) => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + seed) % 256));

const binaries = {
  'one attachment': [bytes(5)],
  'an empty attachment': [bytes(0), 'after'],
  'beside other values': [1, bytes(3), 'x', { b: bytes(4) }, null],
  nested: [{ deep: [{ deeper: { bytes: bytes(16) } }, bytes(1)], list: [[[bytes(2)]]] }],
  'ten attachments': Array.from({ length: 10 }, (_, i) => bytes(i + 1, i)),
  'ten attachments in one object': [Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`k${i}`, bytes(100, i)]))],
  'a large attachment': [bytes(300_000)],
};

describe('events', { concurrency: 4 }, () => {
  for (const [transport, options] of Object.entries(transports)) {
    test(`of every kind by ${transport}`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, options);
      for (const [name, args] of Object.entries({ ...values, ...binaries })) {
        await t.test(name, async () => {
          const back = event(socket, 'message-back');
          socket.emit('message', ...args);
          assert.deepEqual(await back, args);
          assert.deepEqual(await ask(socket, 'message-with-ack', ...args), args);
          assert.deepEqual(await ask(socket, 'echo', ...args), args);
        });
      }
    });

    test(`asked by the server by ${transport}`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, options);
      socket.on('question', (value, answer) => answer(value));
      for (const value of ['a word', 17, null, { deep: [1] }, bytes(9), { in: [bytes(2), bytes(3)] }]) {
        const got = event(socket, 'answer');
        socket.emit('ask', value);
        assert.deepEqual(await got, [value]);
      }
    });

    test(`many in a row by ${transport}`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, options);
      const got = [];
      const done = new Promise((resolve) => {
        socket.on('message-back', (n, attachment) => {
          got.push(n);
          if (n % 5 === 0) assert.deepEqual(attachment, bytes(n % 50, n));
          if (n === 499) resolve();
        });
      });
      for (let n = 0; n < 500; n++) socket.emit('message', n, n % 5 === 0 ? bytes(n % 50, n) : undefined);
      await within(done, '500 events');
      assert.deepEqual(got, Array.from({ length: 500 }, (_, i) => i));
    });

    test(`eleven attachments are too many by ${transport}`, async (t) => {
      const { url } = await shared();
      const socket = await connect(t, url, options);
      const before = socket.id;
      const gone = event(socket, 'disconnect');
      const again = gone.then(() => event(socket, 'connect'));
      socket.emit('message', ...Array.from({ length: 11 }, (_, i) => bytes(i)));
      const [reason] = await gone;
      assert.match(reason, transport === 'polling' ? /^transport (close|error)$/ : /^transport close$/);
      await again;
      assert.notEqual(socket.id, before);
      assert.deepEqual(await ask(socket, 'echo', 'back'), ['back']);
    });
  }

  test('a question without an answer', async (t) => {
    const { url } = await shared();
    const socket = await connect(t, url);
    let late;
    socket.on('question', (_, answer) => (late = answer));
    const got = event(socket, 'answer');
    socket.emit('ask', 'hm');
    assert.deepEqual(await got, ['timeout']);
    late('too late');
    assert.deepEqual(await ask(socket, 'echo', 'still here'), ['still here']);
  });

  test('send is the event message', async (t) => {
    const { url } = await shared();
    const socket = await connect(t, url);
    const back = event(socket, 'message-back');
    socket.send('a', 1);
    assert.deepEqual(await back, ['a', 1]);
  });

  test('listeners for everything, and volatile and uncompressed emits', async (t) => {
    const { url } = await shared();
    const socket = await connect(t, url);
    await ask(socket, 'echo', 'all that comes by itself is here');
    const seen = [];
    socket.onAny((name, ...args) => seen.push([name, ...args]));
    socket.compress(false).emit('message', 'plain');
    await event(socket, 'message-back');
    await until(() => socket.io.engine.transport.writable, 'a transport that can write'); // else the client drops the next
    socket.volatile.emit('message', 'volatile');
    await event(socket, 'message-back');
    assert.deepEqual(seen, [['message-back', 'plain'], ['message-back', 'volatile']]);
  });

  test('events that nobody listens for', async (t) => {
    const { url } = await shared();
    const socket = await connect(t, url);
    socket.emit('unknown', 1, bytes(3));
    socket.emit('', 'an event without a name');
    assert.deepEqual(await ask(socket, 'echo', 'still here'), ['still here']);
  });
});
