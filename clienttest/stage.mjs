// What surrounds the scenarios of a file: a customer whom nothing of it concerns listens throughout, and in the end every
// line must be on the transport it was made for.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { create, customer } from './desk.mjs';
import { all, open, transport } from './line.mjs';

export const stranger = await customer('stranger');
const ears = await open(stranger);

const volatile = new Set(['userTyping', 'userOnline', 'userOffline', 'statsUpdated']);

after(async () => {
  try {
    const own = await create(stranger); // whatever was on its way comes before this
    await ears.next('bookingCreated', { bookingId: own._id });
    assert.deepEqual(ears.events.map((e) => [e.name, e.payload.bookingId]), [['bookingCreated', own._id]], 'what a stranger was told');
    for (const line of all()) {
      if (line.socket.connected) await line.upgraded();
      once(line);
    }
  } finally {
    for (const line of all()) line.close();
  }
});

// once checks that every stored event has an id, and that no id came twice: clients drop what they have seen.
function once(line) {
  const ids = line.events.filter((e) => !volatile.has(e.name)).map((e) => e.payload.eventId);
  for (const id of ids) assert.ok(typeof id === 'string' && id !== '', `eventId ${id}`);
  assert.equal(new Set(ids).size, ids.length, `an eventId came twice: ${ids}`);
}

// mark has the owner of the lines make a booking, and waits until all of these lines were told: whatever they were to be
// told before has come by then, and what has not come does not come.
export async function mark(owner, ...lines) {
  const { _id } = await create(owner, { brand: 'Mark' });
  await Promise.all(lines.map((line) => line.next('bookingCreated', { bookingId: _id })))
    .catch((error) => assert.fail(`a stored event is missing: ${String(error).replace('not within', 'waited')}`));
  return _id;
}

// rounds plays a scenario of volatile events, which a client is not promised: what is sent between two of its polls is
// lost. A client that only polls gets some rounds, each with people or bookings of its own, and waits no longer than it is
// told; one of them must succeed as a whole. Whatever is wrong besides fails at once.
export async function rounds(play) {
  if (transport !== 'polling') return play();
  for (let left = 12; ; left--) {
    try {
      return await play(4000); // longer than the grace after which somebody is offline
    } catch (error) {
      if (left === 0 || !/not within/.test(String(error))) throw error;
    }
  }
}
