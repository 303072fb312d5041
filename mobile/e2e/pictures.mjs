// Pictures of every screen, dialog and state, phone and desktop, light and dark: node e2e/pictures.mjs [folder]
// The README's three come from here too: with --readme they are written to docs/pictures.

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Desk, desktop, open, people, phone, signIn, startBrowser } from './kit.mjs';
import { screens } from './shots.mjs';

const readme = process.argv.includes('--readme');
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? join(dirname(fileURLToPath(import.meta.url)), '../dist/pictures');

const newcomers = { newcomer: { email: 'leela@example.com', password: 'a good password' }, newstaff: { email: 'arun@example.com', password: 'a good password' } };

const kept = { 'admin-dashboard-desktop-light': 'dashboard', 'customer-bookings-phone-light': 'bookings', 'staff-booking-phone-dark': 'booking' };

// talk gives the pictures something to show.
async function talk(desk) {
  const [customer, staff, admin] = await Promise.all(['customer', 'staff', 'admin'].map((who) => desk.login(people[who])));
  const me = (await desk.call('GET', '/auth/me', staff)).body.user;
  await desk.call('POST', '/auth/register', undefined, { name: 'Leela Das', ...newcomers.newcomer });
  await desk.call('POST', '/users', admin, { name: 'Arun Iyer', role: 'staff', ...newcomers.newstaff });
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
      for (const [who, shots] of Object.entries(screens)) {
        const page = await open(browser, desk, { ...options, colorScheme });
        if (who !== 'nobody') {
          await signIn(page, people[who] ?? newcomers[who]);
          await page.getByRole('tab').first().waitFor();
        }
        for (const [name, show] of Object.entries(shots)) {
          await show(page, desk);
          await page.waitForLoadState('networkidle').catch(() => undefined);
          await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((one) => one.effect.getTiming().iterations === 1).map((one) => one.finished)));
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
