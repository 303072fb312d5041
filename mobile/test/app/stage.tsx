// The whole app on stand-ins for server, line and device, opened as somebody of a role.

import { act, cleanup, configure, fireEvent, render, screen } from '@testing-library/react-native';

import type { Role } from '../../src/api/contract';
import { App } from '../../src/App';
import { createServices, type Services } from '../../src/services/services';
import { Submissions } from '../../src/services/submissions';
import { DeskDouble, LineDouble } from './deskDouble';
import { overview, pageOf, peopleOf, users } from './samples';

// The real provider waits for a phone to say where its notch is.
jest.mock('react-native-safe-area-context', () => jest.requireActual('react-native-safe-area-context/jest/mock').default);

jest.mock('expo-network', () => jest.requireActual('./phoneDouble').network);
jest.mock('../../src/services/file', () => ({ handOver: jest.fn(async () => undefined) }));

jest.setTimeout(30_000);
configure({ asyncUtilTimeout: 5_000 }); // on a busy machine

export interface Stage {
  desk: DeskDouble;
  line: LineDouble;
  services: Services;
  device: Map<string, string>; // what the app keeps on it, the token among it
}

const tokenKey = 'token';
const opened: Services[] = [];

// prepare makes a desk where nothing was booked yet, and nobody is signed in.
export function prepare(): Stage {
  const desk = new DeskDouble()
    .on('GET /bookings/user', () => pageOf([]))
    .on('GET /bookings', () => pageOf([]))
    .on('GET /notifications', () => ({ success: true, data: [], unread: 0 }))
    .on('GET /stats/overview', () => ({ success: true, data: overview }))
    .on('GET /stats/daily', () => ({ success: true, data: [] }))
    .on('GET /users', () => peopleOf([]))
    .on('POST /auth/logout', () => ({ success: true, message: 'bye' }));
  globalThis.fetch = desk.fetch as typeof fetch;
  const line = new LineDouble();
  const device = new Map<string, string>();
  const storage = {
    read: async (key: string) => device.get(key) ?? null,
    write: async (key: string, value: string) => void device.set(key, value),
    clear: async (key: string) => void device.delete(key),
  };
  const made = createServices(line.service, 'http://desk.test');
  const services: Services = {
    ...made,
    storage,
    submissions: new Submissions({ api: made.api, storage, retryDelays: [60_000] }),
    tokenStore: { read: () => storage.read(tokenKey), write: (token) => storage.write(tokenKey, token), clear: () => storage.clear(tokenKey) },
  };
  const defaults = services.queryClient.getDefaultOptions();
  services.queryClient.setDefaultOptions({ ...defaults, queries: { ...defaults.queries, retry: false } });
  opened.push(services);
  return { desk, line, services, device };
}

// open shows the app. With a role, somebody of it has been signed in since the last start.
export async function open(stage: Stage, role?: Role): Promise<void> {
  if (role !== undefined) {
    stage.device.set(tokenKey, `token of ${role}`);
    stage.desk.on('GET /auth/me', () => ({ success: true, user: users[role] }));
  }
  render(<App services={stage.services} />);
  await act(async () => undefined); // what the start asks for has come
  await screen.findByText(role === undefined ? 'Welcome back' : { customer: 'No bookings yet', staff: 'No open jobs', admin: 'By brand' }[role]);
}

// openWith is open where the first screen is not empty: it waits for a text of it.
export async function openWith(stage: Stage, role: Role, text: string | RegExp): Promise<void> {
  stage.device.set(tokenKey, `token of ${role}`);
  stage.desk.on('GET /auth/me', () => ({ success: true, user: users[role] }));
  render(<App services={stage.services} />);
  await act(async () => undefined); // what the start asks for has come
  await screen.findByText(text);
}

// press presses what has a name. Of several, the last: a dialog comes after what lies under it.
export async function press(name: string | RegExp, role: 'button' | 'link' | 'radio' | 'tab' = 'button'): Promise<void> {
  const found = await screen.findAllByRole(role, { name });
  await act(async () => fireEvent.press(found.at(-1) as (typeof found)[0]));
}

// type writes into a field, the last of its label.
export async function type(label: string, text: string): Promise<void> {
  const found = (await screen.findAllByLabelText(label)).filter((one) => one.type === 'TextInput');
  await act(async () => fireEvent.changeText(found.at(-1) as (typeof found)[0], text));
}

// layOut tells the present screen how high it is, and how high what it shows.
export async function layOut(height: number, content: number): Promise<void> {
  const scroller = screen.getAllByTestId('content').at(-1) as ReturnType<typeof screen.getByTestId>;
  await act(async () => {
    fireEvent(scroller, 'layout', { nativeEvent: { layout: { height } } });
    fireEvent(scroller, 'contentSizeChange', 390, content);
  });
}

export async function scrollTo(y: number, height: number, content: number): Promise<void> {
  const scroller = screen.getAllByTestId('content').at(-1) as ReturnType<typeof screen.getByTestId>;
  await act(async () =>
    fireEvent.scroll(scroller, { nativeEvent: { contentOffset: { x: 0, y }, contentSize: { width: 390, height: content }, layoutMeasurement: { width: 390, height } } }),
  );
}

export const tab = (name: string | RegExp) => press(name, 'tab');

export const deliver = (does: () => void) => act(async () => does());

afterEach(() => {
  cleanup();
  opened.splice(0).forEach(({ queryClient, submissions }) => {
    submissions.end();
    queryClient.clear();
  });
});
