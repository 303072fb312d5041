// The same in a browser, which has other words for it.

import { watchReturn } from '../src/services/returning';

jest.mock('../src/services/network', () => jest.requireActual('../src/services/network.web'));

class Page extends EventTarget {
  visibilityState = 'visible';
}

class Connection extends EventTarget {
  constructor(public type: string) {
    super();
  }
}

const window = new EventTarget();
const document = new Page();
let navigator: { onLine: boolean; connection?: Connection };
let told: number;
let off: () => void;

beforeEach(() => {
  navigator = { onLine: true, connection: new Connection('wifi') };
  document.visibilityState = 'visible';
  Object.entries({ window, document, navigator }).forEach(([name, value]) => Object.defineProperty(globalThis, name, { value, configurable: true }));
  told = 0;
  off = () => undefined;
});

afterEach(() => off());

const watch = () => (off = watchReturn(() => told++));

function become(online: boolean): void {
  navigator.onLine = online;
  window.dispatchEvent(new Event(online ? 'online' : 'offline'));
}

function show(state: string): void {
  document.visibilityState = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

function move(type: string): void {
  if (navigator.connection !== undefined) {
    navigator.connection.type = type;
    navigator.connection.dispatchEvent(new Event('change'));
  }
}

test.each([
  ['the page is shown again', () => ['hidden', 'visible'].forEach(show), 1],
  ['the page goes out of sight', () => show('hidden'), 0],
  ['the network returns', () => [false, true].forEach(become), 1],
  ['the network goes', () => become(false), 0],
  ['Wi-Fi gives way to mobile data', () => move('cellular'), 1],
  ['the same network is faster', () => move('wifi'), 0],
])('%s', (_, happens, times) => {
  watch();
  happens();
  expect(told).toBe(times);
});

test('a browser that does not tell what the network is', () => {
  delete navigator.connection;
  watch();
  [false, true].forEach(become);
  expect(told).toBe(1);
});

test('nobody is told after the end', () => {
  watch();
  off();
  [false, true].forEach(become);
  move('cellular');
  show('visible');
  expect(told).toBe(0);
});
