// Hundreds of changes in a second, made by somebody else than who watches, and on a thread beside who looks after the pages.

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const details = { name: 'Meera Nair', phone: '+91 98200 00000', address: '12 Hill Road, Bandra, Mumbai 400050', brand: 'Sony' };

// prepare books what a burst changes, a screen's worth and more, and returns it, the newest first.
export async function prepare(desk, token, count) {
  const rows = [];
  for (let n = 0; n < count; n++) {
    const { body } = await desk.call('POST', '/bookings', token, { ...details, model: `Load ${String(n).padStart(3, '0')}` });
    rows.unshift(body.booking);
  }
  return rows;
}

// burst makes changes at an even pace: five of eight change a status, one an address, two are messages. Half of them are
// made on the first rows. It returns how many were made, and in how many milliseconds.
export async function burst(desk, token, rows, { perSecond, seconds }) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { url: desk.url, token, ids: rows.map(({ _id }) => _id), perSecond, seconds } });
  const [result] = await once(worker, 'message');
  return result;
}

// Who makes changes has rows of their own: so every change changes something, and makes one event for whoever sees all.
const makers = 10;

async function make({ url, token, ids, perSecond, seconds }) {
  const began = performance.now();
  const changes = perSecond * seconds;
  await Promise.all(
    Array.from({ length: makers }, async (_, maker) => {
      const own = ids.filter((_, i) => i % makers === maker).map((id) => ({ id, open: false }));
      for (let n = 0; n * makers + maker < changes; n++) {
        const due = began + ((n * makers + maker) * 1000) / perSecond;
        await pause(Math.max(0, due - performance.now())); // the pace of changes
        const [method, path, body] = change(n % 2 === 0 ? own[0] : own[1 + ((n >> 1) % (own.length - 1))], n);
        const answer = await fetch(`${url}/api/v1/bookings/${path}`, {
          method,
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
          body: JSON.stringify(body),
        });
        const text = await answer.text();
        if (!answer.ok) {
          throw new Error(`a change was refused: ${answer.status} ${text}`);
        }
      }
    }),
  );
  return { changes, took: performance.now() - began };
}

function change(row, n) {
  switch (n % 8) {
    case 2:
    case 5:
      return ['POST', `${row.id}/messages`, { message: `Message ${n}` }];
    case 7:
      return ['PATCH', row.id, { address: `${n} Hill Road` }];
  }
  row.open = !row.open;
  return ['PATCH', `${row.id}/status`, { status: row.open ? 'Scheduled' : 'Pending' }];
}

if (!isMainThread && workerData?.ids !== undefined) {
  parentPort.postMessage(await make(workerData));
}
