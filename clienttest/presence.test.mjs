import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepts, shape, time } from './check.mjs';
import { admin, change, create, customer, staff } from './desk.mjs';
import { open } from './line.mjs';
import { rounds, stranger } from './stage.mjs';

const [boss, watcher] = await Promise.all([admin('boss'), staff('watcher')]);
const [office, desk] = await Promise.all([open(boss), open(watcher)]);

const about = (line, who) => line.events.filter((e) => e.payload?.userId === who.id).map((e) => e.name);

// Between two polls a line may miss what is volatile, so everybody is where they are to stay before it begins.
await Promise.all([office, desk].map((line) => line.upgraded()));

// passed has somebody new come, which the staff are told: whatever was to be told before has come by then.
async function passed(wait) {
  const passer = await customer('passer');
  const line = await open(passer);
  await Promise.all([desk, office].map((l) => l.next('userOnline', { userId: passer.id }, wait)));
  line.close();
}

test('staff are told who comes and goes, once for all devices', () => rounds(async (wait) => {
  const guest = await customer('guest');
  const phone = await open(guest);
  shape(await desk.next('userOnline', { userId: guest.id }, wait), { userId: guest.id, at: time });
  await office.next('userOnline', { userId: guest.id }, wait);
  const tablet = await open(guest);
  phone.close();
  await passed(wait);
  assert.deepEqual(about(desk, guest), ['userOnline']);
  tablet.close();
  const back = await open(guest); // within the grace
  await passed(wait);
  const began = Date.now();
  back.close();
  shape(await desk.next('userOffline', { userId: guest.id }, wait), { userId: guest.id, at: time });
  await office.next('userOffline', { userId: guest.id }, wait);
  assert.ok(Date.now() - began > 1000, 'no grace for a reconnect');
  await passed(wait);
  for (const line of [desk, office]) assert.deepEqual(about(line, guest), ['userOnline', 'userOffline']);
}));

test('an owner is told of the assignee of an open booking, and of nobody else', () => rounds(async (wait) => {
  const [owner, worker] = await Promise.all([customer('owner'), staff('worker')]);
  const phone = await open(owner);
  await phone.upgraded();
  const made = await create(owner);
  await change(boss, made._id, { assignedTo: worker.id });
  const van = await open(worker);
  shape(await phone.next('userOnline', { userId: worker.id }, wait), { userId: worker.id, at: time });
  assert.deepEqual(accepts(await phone.ask('presence')).online, [worker.id]);
  van.close();
  await phone.next('userOffline', { userId: worker.id }, wait);
  assert.deepEqual(accepts(await phone.ask('presence')).online, []);
  assert.deepEqual([...new Set(phone.events.filter((e) => e.name.startsWith('userO')).map((e) => e.payload.userId))], [worker.id]);
}));

test('presence answers with those the caller may see', async () => {
  const guest = await customer('guest');
  const phone = await open(guest);
  for (const line of [desk, office]) {
    const ack = accepts(await line.ask('presence'));
    for (const who of [guest, boss, watcher]) assert.ok(ack.online.includes(who.id), `${who.name} is not online`);
  }
  const away = await open(stranger);
  const ack = accepts(await away.ask('presence'));
  assert.ok(Array.isArray(ack.online));
  assert.deepEqual(ack.online.filter((id) => id !== stranger.id), []);
  phone.socket.emit('presence'); // without an ack, and with arguments nobody asked for
  accepts(await phone.ask('presence', { all: true }, 7));
});
