// The whole story in browsers, against a real server: several people at once, each in a browser of their own.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Desk, eventually, findChromium, inBrowser, open, people, phone, signIn, within } from './kit.mjs';

const skip = findChromium() === undefined && 'Chromium is not installed.';

let desk;
let browser;
const pages = {};

// A step builds on those before it: where one fails, those after it do.
const steps = [];
const step = (name, run) => steps.push({ name, run });

let failure;

// tell tells the whole story, and keeps pictures of what the pages show where it does not go on.
async function tell(one) {
  await desk?.close();
  desk = await Desk.start();
  browser = one;
  for (const step of steps) {
    delete step.took;
  }
  for (const step of steps) {
    const began = performance.now();
    try {
      await within(step.name, step.run(), 120_000);
    } catch (error) {
      const folder = mkdtempSync(join(tmpdir(), 'desk-pictures-'));
      for (const [who, page] of Object.entries(pages)) {
        await page.screenshot({ path: join(folder, `${who}.png`) }).catch(() => undefined);
      }
      console.error(`What the pages show is in ${folder}.`);
      throw error;
    }
    step.took = performance.now() - began;
  }
}

before(async () => {
  if (!skip) {
    await inBrowser(tell).catch((error) => (failure = error)); // the first step that was not done says so
  }
});

after(() => desk?.close());

const tile = async (page, id) => Number((await page.getByTestId(`tile-${id}`).getAttribute('aria-label')).replace(/^.*: /, ''));
// Only what a screen reader finds counts: what lies under the present screen does not.
const card = (page, what) => page.getByRole('link', { name: `Open booking ${what}` });
// openCard opens a booking once its list is the only one on the screen.
async function openCard(page, what) {
  await eventually(`one ${what}`, async () => (await card(page, what).count()) === 1);
  await card(page, what).click();
}

const toast = (page, text) => page.getByTestId('toast').filter({ hasText: text });
const button = (page, name) => page.getByRole('button', { name, exact: true }).filter({ visible: true });
const menu = (page, name) => page.getByRole('tab', { name }).or(page.getByRole('link', { name })).or(page.getByRole('button', { name })).filter({ visible: true }).first();

async function fillBooking(page, brand, model) {
  await page.getByRole('textbox', { name: 'Brand', exact: true }).fill(brand);
  await page.getByRole('textbox', { name: 'Model', exact: true }).fill(model);
  await page.getByRole('textbox', { name: 'Phone', exact: true }).fill('+91 98200 00000');
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill('12 Hill Road, Bandra, Mumbai 400050');
}

step('everybody comes in', async () => {
  pages.ravi = await open(browser, desk, phone);
  await pages.ravi.getByRole('button', { name: 'Sign in' }).click();
  await pages.ravi.getByText('Please fill this in.').first().waitFor(); // said before anybody is asked
  await pages.ravi.getByRole('button', { name: 'Create account' }).click();
  await pages.ravi.getByRole('textbox', { name: 'Your name' }).fill('Ravi Kumar');
  await pages.ravi.getByRole('textbox', { name: 'E-mail' }).filter({ visible: true }).fill('ravi@example.com');
  await pages.ravi.getByLabel('Password', { exact: true }).filter({ visible: true }).fill('a good password');
  await button(pages.ravi, 'Create account').last().click();
  await pages.ravi.getByText('No bookings yet').waitFor();
  for (const who of ['customer', 'staff', 'admin']) {
    pages[who] = await open(browser, desk, who === 'customer' ? phone : undefined);
    await signIn(pages[who], people[who]);
  }
  await card(pages.customer, 'Samsung').first().waitFor();
  await pages.staff.getByRole('heading', { name: 'My jobs' }).waitFor();
  await pages.admin.getByTestId('live').waitFor();
  await eventually('four sockets', async () => (await desk.metric('desk_connections')) === 4);
  await pages.admin.getByText('Ravi Kumar').first().waitFor(); // who is online
});

step('a booking appears everywhere at once, and nowhere else', async () => {
  const { ravi, customer, staff, admin } = pages;
  const total = await tile(admin, 'total');
  await menu(staff, 'All bookings').click();
  await card(staff, 'Samsung').first().waitFor();
  await button(ravi, 'New booking').first().click();
  await button(ravi, 'Book').click();
  await ravi.getByText('Please look at the marked fields.').waitFor();
  await fillBooking(ravi, 'Sony', 'Bravia 7');
  await ravi.getByLabel('Preferred time (optional)').fill('2031-05-20T10:30');
  await button(ravi, 'Book').click();
  await ravi.getByText(/20 May 2031, 10:30/).filter({ visible: true }).first().waitFor();
  await card(staff, 'Sony Bravia 7').waitFor();
  await eventually('the live total', async () => (await tile(admin, 'total')) === total + 1);
  assert.equal(await card(customer, 'Sony').count(), 0, 'another customer sees it');
});

step('assignment, typing, messages and read ticks', async () => {
  const { ravi, staff, admin } = pages;
  await menu(admin, 'All bookings').click();
  await openCard(admin, 'Sony Bravia 7');
  await button(admin, 'Assign').click();
  await admin.getByRole('radio', { name: 'Vikram Rao' }).click();
  await button(admin, 'Save').click();
  await toast(staff, 'New job: Sony Bravia 7').getByRole('button', { name: /^View/ }).click();
  await staff.getByRole('heading', { name: 'Sony Bravia 7' }).waitFor();
  await ravi.getByText('Vikram Rao').filter({ visible: true }).first().waitFor(); // on the booking, live

  await staff.getByRole('textbox', { name: 'Message' }).pressSequentially('We come on');
  await ravi.getByText('Vikram Rao is typing…').waitFor();
  await staff.getByRole('textbox', { name: 'Message' }).pressSequentially(' Tuesday.');
  await button(staff, 'Send').click();
  await ravi.getByTestId('message').filter({ hasText: 'We come on Tuesday.' }).waitFor();
  await button(ravi, '1 new message').click(); // it is below the edge of his phone
  await staff.getByTestId('message').filter({ hasText: 'We come on Tuesday.' }).getByTestId('read').waitFor(); // Ravi looks at it
  await ravi.getByText('is typing…').waitFor({ state: 'detached' });

  await button(admin, 'Back').click(); // so that only Ravi can have read what comes
  await button(ravi, 'Back').click();
  await ravi.getByRole('heading', { name: 'My bookings' }).waitFor();
  await staff.getByRole('textbox', { name: 'Message' }).fill('Is the wall free?');
  await button(staff, 'Send').click();
  await toast(ravi, 'Is the wall free?').waitFor();
  assert.equal(await staff.getByTestId('message').filter({ hasText: 'Is the wall free?' }).getByTestId('read').count(), 0, 'read before anybody looked');
  await eventually('the badge', async () => (await ravi.getByLabel(/Notifications, .*unread/).count()) > 0);
});

step('a change of status alerts the customer and leads to the booking', async () => {
  const { ravi, staff } = pages;
  await button(staff, 'Set to Scheduled').click();
  await staff.getByRole('textbox', { name: 'Note for the customer (optional)' }).fill('Between ten and eleven.');
  await staff.getByRole('dialog').getByRole('button', { name: 'Set to Scheduled' }).click();
  await card(ravi, 'Sony Bravia 7').getByRole('img', { name: 'Status: Scheduled' }).waitFor();
  const said = toast(ravi, 'Sony Bravia 7 is now Scheduled');
  await said.waitFor();
  // On the web the whole width of the page beside a toast once took every click: nobody could go back for seven seconds.
  const beside = await said.evaluate((one) => {
    const { left, top, height } = one.getBoundingClientRect();
    return document.elementFromPoint(left - 2, top + height / 2)?.closest('[role=log]') === null;
  });
  assert.ok(beside, 'the place beside a toast takes clicks');
  await said.getByRole('button', { name: /^View/ }).click();
  await ravi.getByText('Between ten and eleven.').first().waitFor();
  await staff.getByTestId('message').filter({ hasText: 'Is the wall free?' }).getByTestId('read').waitFor();
  await eventually('no badge', async () => (await ravi.getByLabel(/Notifications, .*unread/).count()) === 0); // all is read
});

step('a server that is killed is noticed, and nothing is missed', async () => {
  const { ravi, customer, staff } = pages;
  await button(customer, 'New booking').first().click();
  await fillBooking(customer, 'IFB', 'Senator 8 kg');
  await desk.end('SIGKILL');
  for (const page of [ravi, customer, staff]) {
    await page.getByTestId('offline').filter({ visible: true }).first().waitFor();
  }
  await button(customer, 'Book').click();
  await customer.getByText('1 booking is waiting to be sent').filter({ visible: true }).first().waitFor();
  await customer.goto('about:blank'); // the page goes, the booking does not
  await desk.begin();
  await customer.goto(desk.url);
  await card(customer, 'IFB Senator 8 kg').waitFor();
  for (const page of [ravi, staff]) {
    await eventually('the line', async () => (await page.getByTestId('offline').count()) === 0);
  }
  assert.equal(await card(customer, 'IFB Senator 8 kg').count(), 1, 'booked more than once');
});

step('whoever was away gets what they missed', async () => {
  const { ravi, staff } = pages;
  await ravi.context().setOffline(true);
  await ravi.getByTestId('offline').filter({ visible: true }).first().waitFor();
  await button(staff, 'Set to Completed').click();
  await staff.getByRole('dialog').getByRole('button', { name: 'Set to Completed' }).click();
  await staff.getByRole('img', { name: 'Status: Completed' }).first().waitFor();
  await staff.getByRole('textbox', { name: 'Message' }).fill('Enjoy it.');
  await button(staff, 'Send').click();
  await ravi.context().setOffline(false);
  await ravi.getByRole('img', { name: 'Status: Completed' }).first().waitFor();
  await ravi.getByTestId('message').filter({ hasText: 'Enjoy it.' }).waitFor();
});

step('a customer cancels, and the dashboard shows it', async () => {
  const { customer, admin } = pages;
  await admin.goto(`${desk.url}/dashboard`);
  const cancelled = await tile(admin, 'Cancelled');
  await openCard(customer, 'IFB Senator 8 kg');
  await button(customer, 'Cancel booking').click();
  await customer.getByRole('dialog').getByRole('button', { name: 'Cancel booking' }).click();
  await customer.getByRole('img', { name: 'Status: Cancelled' }).first().waitFor();
  await eventually('the live count', async () => (await tile(admin, 'Cancelled')) === cancelled + 1);
});

step('an admin takes the bookings away as a table', async () => {
  const { admin } = pages;
  await menu(admin, 'All bookings').click();
  await admin.getByRole('textbox', { name: 'Search' }).filter({ visible: true }).fill('Bravia');
  await card(admin, 'IFB Senator 8 kg').waitFor({ state: 'detached' }); // the search is in force
  const [download] = await Promise.all([admin.waitForEvent('download'), button(admin, 'Export CSV').click()]);
  assert.match(download.suggestedFilename(), /^bookings-\d{4}-\d{2}-\d{2}\.csv$/);
  const [head, ...lines] = readFileSync(await download.path(), 'utf8').trim().split(/\r?\n/);
  assert.match(head, /code,.*brand,model/);
  const bravia = lines.find((line) => line.includes('Sony,Bravia 7'));
  assert.match(bravia, /Ravi Kumar/);
  assert.match(bravia, /Completed/);
  assert.ok(!lines.some((line) => line.includes('IFB')), 'the search does not hold for the export');
  await toast(admin, 'The export is ready.').waitFor();
});

step('what somebody writes into the storage makes them nobody else', async () => {
  const { ravi } = pages;
  await ravi.evaluate(() => {
    for (const key of ['desk.user', 'user', 'desk.role']) {
      localStorage.setItem(key, JSON.stringify({ role: 'admin', user: { role: 'admin' } }));
    }
  });
  await ravi.goto(`${desk.url}/people`);
  await ravi.getByRole('heading', { name: 'My bookings' }).waitFor();
  assert.equal(await menu(ravi, 'People').count(), 0);
  const token = await ravi.evaluate(() => localStorage.getItem('desk.token'));
  const [head, claims, signature] = token.split('.');
  const forged = JSON.parse(Buffer.from(claims, 'base64url').toString());
  for (const name of ['role', 'Role']) {
    forged[name] = 'admin';
  }
  const text = [head, Buffer.from(JSON.stringify(forged)).toString('base64url'), signature].join('.');
  await ravi.evaluate((value) => localStorage.setItem('desk.token', value), text);
  await ravi.goto(desk.url);
  await ravi.getByRole('button', { name: 'Sign in' }).waitFor();
  await ravi.getByText('Your sign-in is not valid any more').waitFor();
  await ravi.evaluate((value) => localStorage.setItem('desk.token', value), token);
  await ravi.goto(desk.url);
  await card(ravi, 'Sony Bravia 7').waitFor();
});

step('type grows with the browser’s setting, and nothing leaves the screen', async () => {
  const { ravi } = pages;
  const size = () => card(ravi, 'Sony Bravia 7').getByText('Sony Bravia 7').evaluate((text) => parseFloat(getComputedStyle(text).fontSize));
  const before = await size();
  await ravi.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  assert.equal(await size(), 2 * before);
  assert.ok(await ravi.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'wider than the screen');
  await openCard(ravi, 'Sony Bravia 7');
  await ravi.getByRole('textbox', { name: 'Message' }).filter({ visible: true }).waitFor();
  assert.ok(await ravi.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'wider than the screen');
  await ravi.goto(desk.url);
  await card(ravi, 'Sony Bravia 7').waitFor();
});

step('whoever is kept out is out at once', async () => {
  const { customer, admin } = pages;
  await menu(admin, 'People').click();
  await admin.getByTestId('person').filter({ hasText: 'customer@example.com' }).click();
  await button(admin, 'Deactivate').click();
  await admin.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
  await customer.getByText('You were signed out because').waitFor();
  await button(admin, 'Activate').click();
  await admin.getByTestId('standing').filter({ hasText: 'Active' }).waitFor();
});

step('after signing out no socket is left', async () => {
  for (const page of [pages.ravi, pages.staff, pages.admin]) {
    await page.goto(`${desk.url}/profile`);
    await button(page, 'Sign out').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Welcome back').waitFor();
    assert.equal(await page.evaluate(() => localStorage.getItem('desk.token')), null);
  }
  await eventually('no socket', async () => (await desk.metric('desk_connections')) === 0);
});

step('no page had anything to complain of', async () => {
  for (const [name, page] of Object.entries(pages)) {
    assert.deepEqual(page.complaints, [], name);
  }
});

for (const [i, { name }] of steps.entries()) {
  test(name, { skip }, () => {
    if (steps[i].took === undefined) {
      throw i === 0 || steps[i - 1].took !== undefined ? failure : new Error('something went wrong before');
    }
    console.log(`${name}: ${steps[i].took.toFixed(0)} ms`);
  });
}
