import { findServer, type Surroundings } from '../src/config/address';

// What the packager makes of process.env; it is no script for Node.
jest.mock('expo/virtual/env', () => ({ env: {} }));

const rows: [string, Surroundings, string][] = [
  ['the web: who serves the page', { os: 'web', origin: 'https://desk.example.com' }, 'https://desk.example.com'],
  ['the web, on a port of its own', { os: 'web', origin: 'http://192.168.1.5:4000' }, 'http://192.168.1.5:4000'],
  ['the web in development: beside the packager', { os: 'web', origin: 'http://localhost:8081', developing: true }, 'http://localhost:4000'],
  ['the web in development, on a phone', { os: 'web', origin: 'http://192.168.1.5:8081', developing: true }, 'http://192.168.1.5:4000'],
  ['the web in development, by IPv6', { os: 'web', origin: 'http://[::1]:8081', developing: true }, 'http://[::1]:4000'],
  ['the web in development, without a port', { os: 'web', origin: 'http://my-computer', developing: true }, 'http://my-computer:4000'],
  ['the web without a page', { os: 'web' }, 'http://localhost:4000'],
  ['the Android emulator', { os: 'android', isDevice: false, packager: '192.168.1.5:8081' }, 'http://10.0.2.2:4000'],
  ['the iOS simulator', { os: 'ios', isDevice: false, packager: '192.168.1.5:8081' }, 'http://localhost:4000'],
  ['an Android phone', { os: 'android', isDevice: true, packager: '192.168.1.5:8081' }, 'http://192.168.1.5:4000'],
  ['an iPhone', { os: 'ios', isDevice: true, packager: '192.168.1.5:8081' }, 'http://192.168.1.5:4000'],
  ['a phone by a name', { os: 'ios', isDevice: true, packager: 'my-computer.local:8081' }, 'http://my-computer.local:4000'],
  ['a phone by IPv6', { os: 'ios', isDevice: true, packager: '[fe80::1]:8081' }, 'http://[fe80::1]:4000'],
  ['what is configured wins on the web', { os: 'web', configured: 'https://a.example.com/', origin: 'http://b.example.com' }, 'https://a.example.com'],
  ['what is configured wins in development', { os: 'web', configured: 'http://c:5000', origin: 'http://localhost:8081', developing: true }, 'http://c:5000'],
  ['what is configured wins on the emulator', { os: 'android', configured: 'https://a.example.com' }, 'https://a.example.com'],
  ['what is configured wins on a phone', { os: 'ios', configured: 'https://a.example.com//', isDevice: true, packager: '192.168.1.5:8081' }, 'https://a.example.com'],
  ['nothing configured', { os: 'ios', configured: '' }, 'http://localhost:4000'],
];

test.each(rows)('%s', (_, around, address) => {
  expect(findServer(around)).toBe(address);
});

describe('what the app itself finds', () => {
  const globals = globalThis as unknown as { __DEV__?: boolean; location?: { origin: string } };

  beforeEach(() => jest.resetModules());
  afterEach(() => {
    delete globals.__DEV__;
    delete globals.location;
  });

  // With "npm start" and a browser every call went to the packager, which knows none of them: the app took the page's
  // origin for the server's also where the packager serves the page.
  test.each([
    [true, 'http://localhost:4000'],
    [false, 'http://localhost:8081'],
  ])('in a browser, developing: %s', (developing, address) => {
    globals.__DEV__ = developing;
    globals.location = { origin: 'http://localhost:8081' };
    expect(jest.requireActual<typeof import('../src/config/server')>('../src/config/server.web').serverAddress()).toBe(address);
  });

  test.each([
    ['android', false, 'http://10.0.2.2:4000'],
    ['android', true, 'http://192.168.1.5:4000'],
    ['ios', false, 'http://localhost:4000'],
    ['ios', true, 'http://192.168.1.5:4000'],
  ])('on %s, a real device: %s', (os, isDevice, address) => {
    jest.doMock('react-native', () => ({ Platform: { OS: os } }));
    jest.doMock('expo-device', () => ({ isDevice }));
    jest.doMock('expo-constants', () => ({ __esModule: true, default: { expoConfig: { hostUri: '192.168.1.5:8081' } } }));
    expect(jest.requireActual<typeof import('../src/config/server')>('../src/config/server').serverAddress()).toBe(address);
  });
});
