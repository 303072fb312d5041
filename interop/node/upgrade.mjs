// Transports that change while both sides write.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { event, long, open, shared, transportOf, until } from './kit.mjs';

const rounds = long ? 1000 : 100;

describe('upgrade', () => {
  test(`${rounds} times while both sides write`, async (t) => {
    const { url } = await shared();
    const talker = open(t, url, { transports: ['websocket'] });
    await event(talker, 'connect');
    for (let round = 0; round < rounds; round += 4) {
      await Promise.all(Array.from({ length: 4 }, (_, i) => play(t, url, talker, `told ${round + i}`)));
    }
  });
});

// play upgrades one client. What it says comes back, and what the talker says comes without being asked for.
async function play(t, url, talker, name) {
  const socket = open(t, url);
  const back = [];
  const told = [];
  socket.on('message-back', (n, bytes) => {
    back.push(n);
    if (n % 7 === 0) assert.deepEqual(bytes, Buffer.from([n % 256, 1, 2]));
  });
  socket.on(name, (n) => told.push(n));
  let upgraded = false;
  socket.io.once('open', () => socket.io.engine.once('upgrade', () => (upgraded = true)));
  socket.on('disconnect', (reason) => assert.equal(reason, 'io client disconnect'));
  await event(socket, 'connect');

  let sent = 0;
  let after = 0;
  while (after < 20) {
    for (let burst = 0; burst < 3; burst++) {
      socket.emit('message', sent, ...(sent % 7 === 0 ? [Buffer.from([sent % 256, 1, 2])] : []));
      talker.emit('shout', name, sent);
      sent++;
    }
    await new Promise((go) => talker.emit('echo', go)); // paces
    if (upgraded) after++;
    assert.ok(sent < 30_000, 'it upgrades');
  }
  await until(() => back.length >= sent && told.length >= sent, `${sent} events`);
  const all = Array.from({ length: sent }, (_, i) => i);
  assert.deepEqual(back, all);
  assert.deepEqual(told, all);
  assert.equal(transportOf(socket), 'websocket');
  socket.disconnect();
}
