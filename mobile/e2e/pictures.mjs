// Pictures of every screen, phone and desktop, light and dark: node e2e/pictures.mjs [folder]
// The README's three come from here too: with --readme they are written to docs/pictures.

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Desk, desktop, open, people, phone, signIn, startBrowser } from './kit.mjs';

const readme = process.argv.includes('--readme');
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? join(dirname(fileURLToPath(import.meta.url)), '../dist/pictures');

const screens = {
  nobody: { 'sign-in': '/sign-in', 'sign-up': '/sign-up' },
  customer: { bookings: '/bookings', new: '/new', notifications: '/notifications', profile: '/profile', booking: null },
  staff: { jobs: '/jobs', all: '/all', booking: null },
  admin: { dashboard: '/dashboard', all: '/all', people: '/people', 'new-person': '/people/new', booking: null },
};

const kept = { 'admin-dashboard-desktop-light': 'dashboard', 'customer-bookings-phone-light': 'bookings', 'staff-booking-phone-dark': 'booking' };

// talk gives the pictures something to show.
async function talk(desk) {
  const [customer, staff, admin] = await Promise.all(['customer', 'staff', 'admin'].map((who) => desk.login(people[who])));
  const me = (await desk.call('GET', '/auth/me', staff)).body.user;
  for (const [brand, model] of [['Sony', 'Bravia 7'], ['LG', 'InstaView 655 L'], ['Sony', 'Soundbar HT-A7'], ['Bosch', 'Series 8'], ['LG', 'OLED C4']]) {
    await desk.call('POST', '/bookings', customer, { name: 'Meera Nair', phone: '+91 98200 00000', address: '12 Hill Road, Bandra, Mumbai 400050', brand, model });
  }
  const { data } = (await desk.call('GET', '/bookings?limit=3', admin)).body;
  const soon = new Date(Date.now() + 3 * 3600_000).toISOString();
  for (const { _id } of data) {
    await desk.call('PATCH', `/bookings/${_id}`, admin, { preferredAt: soon });
    await desk.call('PATCH', `/bookings/${_id}/status`, admin, { status: 'Scheduled', assignedTo: me.id, message: 'We call half an hour before.' });
    await desk.call('POST', `/bookings/${_id}/messages`, customer, { message: 'The lift is out of order. Is that a problem?' });
    await desk.call('POST', `/bookings/${_id}/messages`, staff, { message: 'Not at all, there will be two of us.' });
  }
}

const desk = await Desk.start();
const browser = await startBrowser();
try {
  await talk(desk);
  for (const [size, options] of Object.entries({ phone, desktop })) {
    for (const colorScheme of ['light', 'dark']) {
      for (const [who, addresses] of Object.entries(screens)) {
        const page = await open(browser, desk, { ...options, colorScheme });
        if (who !== 'nobody') {
          await signIn(page, people[who]);
          await page.getByRole('tab').first().waitFor();
        }
        for (const [name, address] of Object.entries(addresses)) {
          await page.goto(desk.url + (address ?? (who === 'customer' ? '/bookings' : '/all')));
          if (address === null) {
            await page.getByRole('link', { name: /^Open booking/ }).first().click();
            await page.getByTestId('message').first().waitFor();
          }
          await page.waitForLoadState('networkidle').catch(() => undefined);
          const file = `${who}-${name}-${size}-${colorScheme}`;
          mkdirSync(folder, { recursive: true });
          await page.screenshot({ path: join(folder, `${file}.png`) });
          if (readme && kept[file] !== undefined) {
            const into = join(dirname(fileURLToPath(import.meta.url)), '../../docs/pictures');
            mkdirSync(into, { recursive: true });
            await page.screenshot({ path: join(into, `${kept[file]}.png`) });
          }
          console.log(file);
        }
        await page.context().close();
      }
    }
  }
} finally {
  await browser.close();
  await desk.close();
}
