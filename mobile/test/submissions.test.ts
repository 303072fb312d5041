import type { Booking, NewBooking } from '../src/api/contract';
import { ApiError } from '../src/api/error';
import { Discarded, Submissions, type Outcome } from '../src/services/submissions';

const body: NewBooking = { name: 'Ravi', phone: '555', address: 'x', brand: 'Sony', model: 'Bravia' };
const made = { _id: 'b1', code: 'ABC123' } as Booking;
const silent: Outcome = { made: () => undefined, refused: () => undefined };
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
  await submissions.begin('u1', silent);
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
  await submissions.begin('u1', silent);
  await expect(submissions.submit(body)).rejects.toBe(refusal);
  expect([calls.length, kept.size, submissions.list.length]).toEqual([1, 0, 0]);
});

test('what did not get through is sent at the next start, under the same key, for the same user', async () => {
  const { make, calls, kept } = setup(Array(50).fill(down));
  const before = make();
  await before.begin('u1', silent);
  const lost = before.submit(body);
  await new Promise<void>((resolve) => before.onChange(() => before.list[0]?.waiting && resolve()));
  before.end();
  await expect(lost).rejects.toBeInstanceOf(Discarded);
  expect(kept.size).toBe(1);
  const other = make();
  await other.begin('u2', silent);
  expect(other.list).toEqual([]);
  const count = calls.length;
  const done = await new Promise<Booking>((resolve) => void make().begin('u1', { ...silent, made: resolve }));
  expect(done).toBe(made);
  expect(new Set(calls).size).toBe(1);
  expect(calls.length).toBeGreaterThan(count);
});

// A sign-in that ended while a booking waited took the booking with it: the refusal of the token was taken for the server's
// last word on what was booked.
test('a token that is refused leaves the booking on the device, for the next sign-in', async () => {
  const { make, calls, kept } = setup([down, new ApiError(401, { code: 'revoked_token', message: 'no' }), ...Array(50).fill(down)]);
  const before = make();
  await before.begin('u1', silent);
  const lost = before.submit(body);
  await Promise.race([lost.catch(() => undefined), new Promise<void>((resolve) => before.onChange(() => calls.length > 1 && before.list[0]?.waiting && resolve()))]);
  before.end();
  await expect(lost).rejects.toBeInstanceOf(Discarded);
  expect(kept.size).toBe(1);
  expect(await new Promise<Booking>((resolve) => void make().begin('u1', { ...silent, made: resolve }))).toBe(made);
  expect(new Set(calls).size).toBe(1);
});

// Of a booking that was refused after the page had been loaded again, nobody ever heard, and what was entered was gone.
test('what is refused at a later start is told, and kept until somebody puts it right', async () => {
  const refusal = new ApiError(400, { code: 'validation_failed', message: 'no', fields: { preferredAt: 'is past' } });
  const { make, kept } = setup([refusal]);
  kept.set('desk.submissions.u1', JSON.stringify([{ key: 'k1', body }]));
  const submissions = make();
  const told = await new Promise((resolve) => void submissions.begin('u1', { ...silent, refused: (...what) => resolve(what) }));
  expect(told).toEqual([body, refusal]);
  expect(submissions.list).toEqual([{ key: 'k1', body, waiting: false, refusal }]);
  expect(kept.size).toBe(1);
  submissions.discard('k1');
  expect([submissions.list, kept.size]).toEqual([[], 0]);
});

test('so is a refusal that comes when the form is not looked at any more', async () => {
  const refusal = new ApiError(400, { code: 'validation_failed', message: 'no' });
  const { make, kept } = setup([refusal]);
  const submissions = make();
  const refused = jest.fn();
  await submissions.begin('u1', { ...silent, refused });
  await expect(submissions.submit(body, () => false)).rejects.toBe(refusal);
  expect(refused).toHaveBeenCalledWith(body, refusal);
  expect([submissions.list.length, kept.size]).toEqual([1, 1]);
});

test('one that is discarded is not sent any more', async () => {
  const { make, kept } = setup(Array(1000).fill(down));
  const submissions = make();
  await submissions.begin('u1', silent);
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
    await submissions.begin('u1', silent);
    expect([submissions.list, calls]).toEqual([[], []]);
  }
});

test('nobody is signed in', async () => {
  await expect(setup([]).make().submit(body)).rejects.toThrow('nobody is signed in');
});
