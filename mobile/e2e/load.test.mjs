// What much costs the page: a list of thousands, and hundreds of events in a second. Counts are asserted, times are told.
//
//   npm run load                        the short form, as in CI
//   BOOKINGS=5000 BURST=10 npm run load

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { burst, prepare } from './burst.mjs';
import { Desk, eventually, findChromium, inBrowser, open, people, signIn, within } from './kit.mjs';

const skip = findChromium() === undefined && 'Chromium is not installed.';
const bookings = Number(process.env.BOOKINGS ?? 1500);
const seconds = Number(process.env.BURST ?? 4);
const perSecond = 200;
const changed = 100; // rows that the burst changes
const watched = 6; // rows on the screen whose state is compared

// More elements than this are not needed for what is near the screen.
const most = 3000;

let desk;

// count returns how many events came.
const count = (heard) => heard.bookingUpdated.length + heard.bookingMessage.length;

// asAdmin runs something on the admin's list of all bookings, over a WebSocket, and with what is heard over it: ids of events.
function asAdmin(run) {
  return inBrowser(async (browser) => {
    const heard = { bookingUpdated: [], bookingMessage: [] };
    const page = await within('a page', open(browser, desk));
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const [, event, argument] = /^42\["(\w+)",(.*)\]$/s.exec(String(payload)) ?? [];
        heard[event]?.push(/"eventId":"([^"]+)"/.exec(argument)[1]);
      }),
    );
    await signIn(page, people.admin);
    await page.getByTestId('live').waitFor();
    await page.getByRole('tab', { name: 'All bookings' }).click();
    await page.getByTestId('booking').first().waitFor();
    await eventually('the WebSocket', async () => (await desk.metric('desk_connections', 'transport="websocket"')) === 1);
    await run(page, heard);
  });
}

// watch measures in the page: frames, how much there is, and how long it takes from a click to the screen it leads to.
function watch() {
  const seen = { gaps: [], answers: [], elements: 0, cards: 0 };
  window.seen = seen;
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    seen.gaps.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  setInterval(() => {
    seen.elements = Math.max(seen.elements, document.querySelectorAll('*').length);
    seen.cards = Math.max(seen.cards, document.querySelectorAll('[data-testid=booking]').length);
  }, 100);
  document.addEventListener(
    'click',
    (event) => {
      const opens = event.target.closest('[data-testid=booking]') !== null;
      const there = () => (document.querySelector('[aria-label=Message]') !== null) === opens;
      const look = () => (there() ? seen.answers.push(performance.now() - event.timeStamp) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    },
    true,
  );
}

function figures(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => `${(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(0)} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, longest ${at(1)}`;
}

before(async () => {
  if (!skip) {
    desk = await Desk.start({}, bookings);
  }
});

after(() => desk?.close());

test('a long list is scrolled to its end without growing', { skip }, async () => {
  // The oldest is the last of the list.
  const { data, totalCount } = (await desk.call('GET', '/bookings?limit=1&sort=createdAt&order=asc', await desk.login(people.admin))).body;
  assert.ok(totalCount >= bookings);
  await asAdmin(async (page) => {
    const began = Date.now();
    let elements = 0;
    let cards = 0;
    const last = page.getByTestId('booking').filter({ hasText: data[0].code });
    while ((await within('the list', last.count())) === 0) {
      const scrolled = page.evaluate(async () => {
        const list = [...document.querySelectorAll('div')].filter((one) => one.clientHeight > 300 && one.scrollHeight > one.clientHeight + 10).pop();
        list.scrollTop = list.scrollHeight;
        await new Promise(requestAnimationFrame);
        return { elements: document.querySelectorAll('*').length, cards: document.querySelectorAll('[data-testid=booking]').length };
      });
      const seen = await within('a frame', scrolled);
      elements = Math.max(elements, seen.elements);
      cards = Math.max(cards, seen.cards);
      await pause(10); // the pace of scrolling
      assert.ok(Date.now() - began < 240_000, 'the end of the list was not reached');
    }
    await page.getByText('That is all.').waitFor();
    console.log(`${totalCount} bookings scrolled through in ${Date.now() - began} ms; at most ${elements} elements, ${cards} cards`);
    assert.ok(elements < most, `${elements} elements`);
    assert.deepEqual(page.complaints, []);
  });
});

test('a burst of events: all arrive, the rows are right, clicks are answered', { skip }, async () => {
  const token = await desk.login(people.staff);
  const customer = await desk.login(people.customer);
  await asAdmin(async (page, heard) => {
    const rows = await prepare(desk, customer, changed); // those of a try before are not as they were
    const row = (code) => page.getByTestId('booking').filter({ hasText: code });
    await page.reload();
    await row(rows[0].code).waitFor();
    await eventually('the WebSocket', async () => (await desk.metric('desk_connections', 'transport="websocket"')) === 1);
    await page.evaluate(watch);

    let clicks = 0;
    // click clicks where something is, without looking whether it stands still, and waits for the screen it leads to.
    const click = async ({ x, y, width, height }) => {
      await page.mouse.click(x + width / 2, y + height / 2);
      await page.waitForFunction((want) => window.seen.answers.length === want, ++clicks);
    };
    const card = await row(rows[4].code).boundingBox(); // below what is said at the top of the page
    await click(card);
    const back = await page.getByRole('button', { name: 'Back' }).boundingBox();
    await click(back);

    let over = false;
    const running = burst(desk, token, rows, { perSecond, seconds }).finally(() => (over = true));
    try {
      while (!over) {
        await click(card);
        await click(back);
        await pause(200); // the pace of a quick reader
      }
    } finally {
      await running; // before anything else is made of these rows
    }
    const { changes, took } = await running;

    await eventually('every event', () => count(heard) >= changes);
    for (const { _id, code } of rows.slice(0, watched)) {
      const { booking } = (await desk.call('GET', `/bookings/${_id}`, token)).body;
      await row(code).getByRole('img', { name: `Status: ${booking.status}` }).waitFor();
    }
    const seen = await page.evaluate(() => window.seen);
    console.log(
      [
        `${changes} changes in ${took.toFixed(0)} ms, ${((changes * 1000) / took).toFixed(0)} a second: ${heard.bookingUpdated.length} updates, ${heard.bookingMessage.length} messages`,
        `between two frames: ${figures(seen.gaps)}`,
        `${clicks} clicks answered in: ${figures(seen.answers)}`,
        `at most ${seen.elements} elements, ${seen.cards} cards`,
      ].join('\n'),
    );
    assert.equal(changes, perSecond * seconds);
    assert.equal(count(heard), changes);
    assert.equal(new Set([...heard.bookingUpdated, ...heard.bookingMessage]).size, changes, 'an event came twice');
    assert.ok(seen.elements < most, `${seen.elements} elements`);
    assert.deepEqual(page.complaints, []);
  });
});
