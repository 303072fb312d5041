import type { BookingCreated } from '../src/api/events';
import { SocketService, type ConnectionState } from '../src/services/socketService';
import { Desk, until } from './desk';

jest.mock('../src/config/server', () => ({ serverAddress: () => 'http://127.0.0.1:1' }));
jest.setTimeout(60_000);

let desk: Desk;
let customer: string;
let staff: string;
const services: SocketService[] = [];

beforeAll(async () => {
  desk = await Desk.start();
  customer = await desk.login('customer@example.com', 'password123');
  staff = await desk.login('staff@example.com', 'staff123');
});

afterEach(() => services.splice(0).forEach((service) => service.disconnect()));

afterAll(() => desk.close());

function make(): SocketService {
  const service = new SocketService({ url: () => desk.url, backoff: [50, 200] });
  services.push(service);
  return service;
}

const online = (service: SocketService) => until('the connection', () => service.state === 'online');

const book = (model: string) =>
  desk.call<{ booking: { _id: string } }>('POST', '/api/v1/bookings', customer, { name: 'Meera', phone: '555 0100', address: '12 Hill Road', brand: 'Sony', model });

const connections = () => desk.metric('desk_connections');

test('one socket, however often it is asked to connect', async () => {
  const service = make();
  service.connect(staff);
  service.connect(staff);
  service.wake();
  await online(service);
  service.connect(staff);
  service.wake();
  await until('one connection', async () => (await connections()) === 1);
  service.connect(customer); // another login
  await online(service);
  await until('one connection', async () => (await connections()) === 1);
  service.disconnect();
  await until('no connection', async () => (await connections()) === 0);
  expect(service.state).toBe('idle');
});

test('listeners come, stay over reconnects and logins, and go', async () => {
  const service = make();
  const heard: string[] = [];
  const listen = (name: string) => (event: BookingCreated) => void heard.push(`${name} ${event.model}`);
  const [a, b, c] = [listen('a'), listen('b'), listen('c')];
  service.on('bookingCreated', a);
  service.on('bookingCreated', a); // the same one twice is one
  const off = service.on('bookingCreated', b);
  service.connect(staff);
  await online(service);
  await book('one');
  await until('one', () => heard.length >= 2);
  off();
  service.disconnect();
  service.on('bookingCreated', c);
  service.connect(staff);
  await online(service);
  await book('two');
  await until('two', () => heard.length >= 4);
  service.off('bookingCreated', c);
  await book('three');
  await until('three', () => heard.length >= 5);
  service.off('bookingCreated');
  await book('four');
  expect(heard).toEqual(['a one', 'b one', 'a two', 'c two', 'a three']);
});

test('a killed server is survived, and nothing is missed or doubled', async () => {
  const service = make();
  const heard: string[] = [];
  const states: ConnectionState[] = [];
  let recovered: boolean | undefined;
  service.on('bookingCreated', (event) => void heard.push(event.model));
  service.onState(() => states.push(service.state));
  service.connect(staff);
  await online(service);
  await book('before');
  await until('before', () => heard.length === 1);
  service.onConnected((connected) => (recovered = connected.recovered));
  await desk.end();
  await until('offline', () => service.state === 'offline');
  await desk.begin();
  await book('meanwhile');
  await online(service);
  await until('meanwhile', () => heard.length === 2);
  expect(recovered).toBe(true);
  expect(heard).toEqual(['before', 'meanwhile']);
  expect(states).toEqual(['connecting', 'online', 'offline', 'online']);
});

test('a token that is not taken ends the trying, and says so', async () => {
  const service = make();
  const refused: string[] = [];
  service.onRefused((code) => void refused.push(code));
  service.connect('not a token');
  await until('the refusal', () => refused.length === 1);
  expect(service.state).toBe('refused');
  expect(refused[0]).toBe('invalid_token');
  service.connect(staff); // a good one
  await online(service);
});

test('a listener that throws costs the others nothing', async () => {
  const service = make();
  const complaint = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const heard: string[] = [];
  service.on('bookingCreated', () => {
    throw new Error('a mistake');
  });
  service.on('bookingCreated', (event) => void heard.push(event.model));
  service.connect(staff);
  await online(service);
  await book('thrown');
  await until('the other', () => heard.length === 1);
  expect(complaint).toHaveBeenCalledTimes(1);
  complaint.mockRestore();
});

test('asking without a connection fails at once; emitting is lost', async () => {
  const service = make();
  await expect(service.ask('presence')).rejects.toThrow('not connected');
  service.emit('typing', { bookingId: 'x' });
  service.connect(staff);
  await online(service);
  const ack = await service.ask('presence');
  expect(ack.ok).toBe(true);
});
