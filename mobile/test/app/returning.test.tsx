// The app looks after its line when it or the network comes back.

import { screen } from '@testing-library/react-native';

import { changeApp, changeNetwork, listening, mobileData, none, wifi } from './phoneDouble';
import { deliver, open, prepare, press, tab } from './stage';

beforeEach(() => changeNetwork(wifi));

test.each([
  ['the app comes to the foreground', () => ['background', 'active'].forEach((state) => changeApp(state as 'active')), 1],
  ['the app goes', () => changeApp('background'), 0],
  ['the network returns', () => [none, wifi].forEach(changeNetwork), 1],
  ['the network goes', () => changeNetwork(none), 0],
  // The phone leaves the house. It was never without a network, so that nobody was told; what had been connected over the
  // Wi-Fi was dead, and the app looked alive until a ping stayed away for 45 seconds.
  ['Wi-Fi gives way to mobile data', () => changeNetwork(mobileData), 1],
  ['it is told of the same network again', () => [wifi, wifi].forEach(changeNetwork), 0],
  ['Wi-Fi goes, and mobile data comes', () => [none, mobileData].forEach(changeNetwork), 1],
])('%s', async (_, happens, times) => {
  const stage = prepare();
  await open(stage, 'customer');
  const before = stage.line.woken;
  await deliver(happens);
  expect(stage.line.woken - before).toBe(times);
});

test('after signing out there is nothing to look after', async () => {
  const stage = prepare();
  await open(stage, 'customer');
  expect(listening()).toBeGreaterThan(0);
  await tab('Profile');
  await press('Sign out');
  await press('Sign out');
  await screen.findByText('Welcome back');
  const before = stage.line.woken;
  await deliver(() => {
    changeNetwork(mobileData);
    changeApp('active');
  });
  expect(stage.line.woken).toBe(before);
  expect(listening()).toBe(0);
});
