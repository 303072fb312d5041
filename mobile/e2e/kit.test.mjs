// The kit itself, where it decides what counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findChromium, inBrowser, within } from './kit.mjs';

const skip = findChromium() === undefined && 'Chromium is not installed.';
const oops = new Error('oops');

async function blank(browser, prepare) {
  const page = await browser.newPage();
  await page.evaluate(prepare);
}

test('what is not done after a while is given up', async () => {
  assert.equal(await within('a moment', Promise.resolve(7)), 7);
  await assert.rejects(within('a moment', Promise.reject(oops)), oops);
  await assert.rejects(within('for ever', new Promise(() => undefined), 10), /for ever: nothing after 10 ms/);
});

for (const [name, limits, prepare, tries] of [
  ['what fails in a browser with frames fails', {}, () => undefined, 1],
  ['what fails in a browser without frames is run anew, twice at most', { patience: 5000 }, () => (window.requestAnimationFrame = () => 0), 3],
  ['what fails in a page that does not answer fails', { patience: 500 }, () => void setTimeout(() => { for (;;); }), 1],
  ['what hangs is ended', { limit: 500 }, () => undefined, 1],
]) {
  test(name, { skip }, async () => {
    const browsers = new Set();
    const run = async (browser) => {
      browsers.add(browser);
      await blank(browser, prepare);
      await (limits.limit === undefined ? Promise.reject(oops) : new Promise(() => undefined));
    };
    await assert.rejects(inBrowser(run, limits), limits.limit === undefined ? oops : /nothing after 500 ms/);
    assert.equal(browsers.size, tries);
    assert.ok([...browsers].every((browser) => !browser.isConnected()), 'a browser is left');
  });
}

test('what succeeds in the second browser succeeds', { skip }, async () => {
  let tries = 0;
  const told = await inBrowser(
    async (browser) => {
      tries++;
      if (tries === 1) {
        await blank(browser, () => (window.requestAnimationFrame = () => 0));
        throw oops;
      }
      return 'well';
    },
    { patience: 5000 },
  );
  assert.equal(told, 'well');
  assert.equal(tries, 2);
});
