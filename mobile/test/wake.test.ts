// What wake() does for a connection when the app or the network comes back.

import { SocketService, type SocketOptions } from '../src/services/socketService';
import { Desk, until } from './desk';
import { Line } from './line';

jest.mock('../src/config/server', () => ({ serverAddress: () => 'http://127.0.0.1:1' }));
jest.setTimeout(60_000);

let desk: Desk;
let customer: string;
let staff: string;
const services: SocketService[] = [];
const lines: Line[] = [];

beforeAll(async () => {
  desk = await Desk.start();
  customer = await desk.login('customer@example.com', 'password123');
  staff = await desk.login('staff@example.com', 'staff123');
});

afterEach(async () => {
  services.splice(0).forEach((service) => service.disconnect());
  await Promise.all(lines.splice(0).map((line) => line.close()));
});

afterAll(() => desk.close());

const book = (model: string) =>
  desk.call('POST', '/api/v1/bookings', customer, { name: 'Meera', phone: '555 0100', address: '12 Hill Road', brand: 'Sony', model });

const online = (service: SocketService) => until('the connection', () => service.state === 'online');

// listen returns a service with a connection, and the models of the bookings it is told of.
async function listen(options: Partial<SocketOptions>): Promise<{ service: SocketService; heard: string[]; recoveries: boolean[] }> {
  const service = new SocketService({ url: () => desk.url, ...options });
  services.push(service);
  const heard: string[] = [];
  const recoveries: boolean[] = [];
  service.on('bookingCreated', (event) => void heard.push(event.model));
  service.onConnected(({ recovered }) => void recoveries.push(recovered));
  service.connect(staff);
  await online(service);
  return { service, heard, recoveries };
}

async function throughLine(options: Parameters<typeof Line.to>[1] = {}) {
  const line = await Line.to(desk.port, options);
  lines.push(line);
  return { line, ...(await listen({ url: () => line.url, backoff: [50, 200], connectTimeout: 500, probeTimeout: 500 })) };
}

test('a long wait for the next try is cut short, and nothing is missed', async () => {
  const { service, heard, recoveries } = await listen({ backoff: [600_000, 600_000] }); // nobody comes back by themselves
  await desk.end();
  await until('offline', () => service.state === 'offline');
  await desk.begin();
  await book('while it waited');
  expect(service.state).toBe('offline');
  service.wake();
  service.wake(); // whoever presses twice
  await online(service);
  await until('what was missed', () => heard.length === 1);
  expect(heard).toEqual(['while it waited']);
  expect(recoveries).toEqual([false, true]);
});

// The server's pings come every 25 seconds, and the app waits 20 more: so long a dead line looks alive.
// Found by asking, it once still stayed so long on long-polling and in the middle of an upgrade: the client closes a
// connection when everything is written, and there nothing ever is.
test.each([
  ['a WebSocket', true, () => until('the upgrade', async () => (await desk.metric('desk_connections', 'transport="websocket"')) === 1)],
  ['an upgrade that is on its way', true, () => undefined],
  ['long-polling', false, () => undefined],
])('a dead line is found by asking: %s', async (_, webSockets, ready) => {
  const { line, service, heard, recoveries } = await throughLine({ webSockets });
  await ready();
  line.die();
  await book('on a dead line');
  service.wake();
  await until('the dead line is noticed', () => service.state === 'offline');
  line.revive();
  await online(service);
  await until('what was missed', () => heard.length === 1);
  expect(heard).toEqual(['on a dead line']);
  expect(recoveries).toEqual([false, true]);
});

test('a line that is well stays', async () => {
  const { service, recoveries } = await throughLine();
  const states: string[] = [];
  service.onState(() => states.push(service.state));
  const asked = jest.spyOn(service, 'ask');
  service.wake();
  expect(asked).toHaveBeenCalledWith('presence');
  await asked.mock.results[0]?.value; // it was answered
  expect(states).toEqual([]);
  expect(recoveries).toEqual([false]);
});

test('nobody signed in, or a token that was refused: there is nothing to wake', async () => {
  const service = new SocketService({ url: () => desk.url });
  services.push(service);
  service.wake();
  expect(service.state).toBe('idle');
  service.connect('not a token');
  await until('the refusal', () => service.state === 'refused');
  const states: string[] = [];
  service.onState(() => states.push(service.state));
  service.wake();
  expect(service.state).toBe('refused');
  expect(states).toEqual([]);
});
