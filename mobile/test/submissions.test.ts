import type { Booking, NewBooking } from '../src/api/contract';
import { ApiError } from '../src/api/error';
import { Discarded, Submissions } from '../src/services/submissions';

const body: NewBooking = { name: 'Ravi', phone: '555', address: 'x', brand: 'Sony', model: 'Bravia' };
const made = { _id: 'b1', code: 'ABC123' } as Booking;
const down = new ApiError(0, { code: 'unreachable', message: 'down' });

function setup(answers: (Booking | Error)[]) {
  const kept = new Map<string, string>();
  const calls: string[] = [];
  const storage = {
    read: async (key: string) => kept.get(key) ?? null,
    write: async (key: string, value: string) => void kept.set(key, value),
    clear: async (key: string) => void kept.delete(key),
  };
  const api = {
    createBooking: async (_: NewBooking, key: string) => {
      calls.push(key);
      const answer = answers.shift() ?? made;
      if (answer instanceof Error) {
        throw answer;
      }
      return { success: true, booking: answer };
    },
  };
  return { kept, calls, make: () => new Submissions({ api, storage, retryDelays: [1] }) };
}

test('is tried under one key until the server answers', async () => {
  const { make, calls, kept } = setup([down, new ApiError(503, { code: 'overloaded', message: 'busy' })]);
  const submissions = make();
  await submissions.begin('u1', () => undefined);
  await expect(submissions.submit(body)).resolves.toBe(made);
  expect(calls.length).toBe(3);
  expect(new Set(calls).size).toBe(1);
  expect(submissions.list).toEqual([]);
  expect(kept.size).toBe(0);
});

test('a refusal is no reason to try again', async () => {
  const refusal = new ApiError(400, { code: 'validation_failed', message: 'no', fields: { phone: 'no' } });
  const { make, calls, kept } = setup([refusal]);
  const submissions = make();
  await submissions.begin('u1', () => undefined);
  await expect(submissions.submit(body)).rejects.toBe(refusal);
  expect([calls.length, kept.size, submissions.list.length]).toEqual([1, 0, 0]);
});

test('what did not get through is sent at the next start, under the same key, for the same user', async () => {
  const { make, calls, kept } = setup(Array(50).fill(down));
  const before = make();
  await before.begin('u1', () => undefined);
  const lost = before.submit(body);
  await new Promise<void>((resolve) => before.onChange(() => before.list[0]?.waiting && resolve()));
  before.end();
  await expect(lost).rejects.toBeInstanceOf(Discarded);
  expect(kept.size).toBe(1);
  const other = make();
  await other.begin('u2', () => undefined);
  expect(other.list).toEqual([]);
  const count = calls.length;
  const done = await new Promise<Booking>((resolve) => void make().begin('u1', resolve));
  expect(done).toBe(made);
  expect(new Set(calls).size).toBe(1);
  expect(calls.length).toBeGreaterThan(count);
});

test('one that is discarded is not sent any more', async () => {
  const { make, kept } = setup(Array(1000).fill(down));
  const submissions = make();
  await submissions.begin('u1', () => undefined);
  const lost = submissions.submit(body);
  await new Promise<void>((resolve) => submissions.onChange(() => submissions.list[0]?.waiting && resolve()));
  submissions.discard(submissions.list[0]?.key ?? '');
  await expect(lost).rejects.toBeInstanceOf(Discarded);
  expect(kept.size).toBe(0);
});

test('a broken note on the device keeps nobody out', async () => {
  for (const text of ['{', '1', '[1]', '[{"key":1}]']) {
    const { make, kept, calls } = setup([]);
    kept.set('desk.submissions.u1', text);
    const submissions = make();
    await submissions.begin('u1', () => undefined);
    expect([submissions.list, calls]).toEqual([[], []]);
  }
});

test('nobody is signed in', async () => {
  await expect(setup([]).make().submit(body)).rejects.toThrow('nobody is signed in');
});
