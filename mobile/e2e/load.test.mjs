// What much costs the page: a list of thousands, and hundreds of events in a second. Counts are asserted, times are told.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Desk, findChromium, open, people, signIn, startBrowser } from './kit.mjs';

const skip = findChromium() === undefined && 'Chromium is not installed.';
const bookings = Number(process.env.BOOKINGS ?? 5000);
const perSecond = 200;
const seconds = 10;

// More elements than this are not needed for what is near the screen.
const most = 3000;

test('a long list and a burst of events', { skip }, async () => {
  const desk = await Desk.start({}, bookings);
  const browser = await startBrowser();
  try {
    const page = await open(browser, desk);
    await signIn(page, people.admin);
    await page.getByTestId('live').waitFor();
    await page.getByRole('tab', { name: 'All bookings' }).click();
    await page.getByText(/bookings$/).filter({ visible: true }).first().waitFor();

    const scroll = () =>
      page.evaluate(() => {
        const list = [...document.querySelectorAll('div')].filter((one) => one.clientHeight > 300 && one.scrollHeight > one.clientHeight + 10).pop();
        list.scrollTop = list.scrollHeight;
        return { elements: document.querySelectorAll('*').length, cards: document.querySelectorAll('[data-testid=booking]').length };
      });
    let widest = 0;
    let cards = 0;
    const began = Date.now();
    while ((await page.getByText('That is all.').count()) === 0) {
      const seen = await scroll();
      widest = Math.max(widest, seen.elements);
      cards = Math.max(cards, seen.cards);
      await page.waitForTimeout(30);
      assert.ok(Date.now() - began < 240_000, 'the end of the list was not reached');
    }
    console.log(`${bookings} bookings scrolled through in ${Date.now() - began} ms; at most ${widest} elements, ${cards} cards`);
    assert.ok(widest < most, `${widest} elements`);

    await page.evaluate(() => {
      window.gaps = [];
      let last = performance.now();
      const frame = () => {
        const now = performance.now();
        window.gaps.push(now - last);
        last = now;
        window.watching = requestAnimationFrame(frame);
      };
      frame();
    });
    const token = await desk.login(people.admin);
    const { data } = (await desk.call('GET', '/bookings?limit=100', token)).body;
    let sent = 0;
    const until = Date.now() + seconds * 1000;
    await Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let n = 0; Date.now() < until; n++) {
          const { _id } = data[(n * 8 + worker) % data.length];
          const { status } = await desk.call('POST', `/bookings/${_id}/messages`, token, { message: `Message ${n}` });
          sent += status < 300 ? 1 : 0;
          await new Promise((resolve) => setTimeout(resolve, (8 * 1000) / perSecond)); // the pace of events
        }
      }),
    );
    const gaps = await page.evaluate(() => {
      cancelAnimationFrame(window.watching);
      return window.gaps.sort((a, b) => a - b);
    });
    const at = (share) => gaps[Math.floor(share * (gaps.length - 1))].toFixed(0);
    console.log(`${sent} changes in ${seconds} s; between two frames: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
    assert.ok(sent > perSecond * seconds * 0.2, `only ${sent} changes were made`);
    assert.deepEqual(page.complaints, []);
  } finally {
    await browser.close();
    await desk.close();
  }
});
