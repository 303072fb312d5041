import type { Booking, BookingsAnswer, Entry } from '../src/api/contract';
import type { BookingUpdated } from '../src/api/events';
import { applyUpdate, mergeBooking, sameTerms, tellsAll } from '../src/state/reducers/booking';
import { isOpenQuestion, matches, mayEnter } from '../src/state/reducers/filter';
import { Latest } from '../src/state/reducers/latest';
import { changeRows, mergeHead, rowsOf, upsertRow, type BookingPages } from '../src/state/reducers/list';
import { withUser } from '../src/state/reducers/people';
import { addEntry, addMessage, markRead, mergeEntries } from '../src/state/reducers/timeline';

const at = (minute: number) => `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z`;

export function booking(n: number, change: Partial<Booking> = {}): Booking {
  return {
    _id: `id${n}`, code: `C${n}`, customerName: 'Meera Nair', contactNumber: '555', address: '12 Hill Road', brand: 'Sony', model: `Model ${n}`,
    status: 'Pending', createdBy: 'u1', version: 1, createdAt: at(n), updatedAt: at(n), ...change,
  };
}

function updated(n: number, version: number, change: Partial<BookingUpdated> = {}): BookingUpdated {
  return {
    eventId: `e${n}-${version}`, bookingId: `id${n}`, customerName: 'Meera Nair', brand: 'Sony', model: `Model ${n}`, status: 'Scheduled',
    oldStatus: 'Pending', updatedAt: at(50), version, changed: ['status', 'updates'], ...change,
  };
}

const entry = (id: string, minute: number, change: Partial<Entry> = {}): Entry => ({
  _id: id, kind: 'message', message: id, timestamp: at(minute), updatedBy: 'u2', updatedByName: 'Vikram', readBy: [], ...change,
});

const page = (rows: Booking[], nextCursor?: string): BookingsAnswer => ({
  success: true, count: rows.length, data: rows, totalCount: rows.length, totalPages: 1, currentPage: 1, nextCursor,
});

const pages = (...all: BookingsAnswer[]): BookingPages => ({ pages: all, pageParams: all.map(() => undefined) });

describe('a booking', () => {
  test('takes a newer event, and no older one', () => {
    const now = applyUpdate(booking(1), updated(1, 3, { assignedTo: { _id: 's', name: 'Vikram' } }));
    expect(now).toMatchObject({ status: 'Scheduled', version: 3, assignedTo: { _id: 's', name: 'Vikram', email: '' } });
    expect(applyUpdate(now, updated(1, 2, { status: 'Cancelled' }))).toBe(now);
    expect(applyUpdate(now, updated(1, 3, { status: 'Cancelled' }))).toBe(now);
    expect(applyUpdate(now, updated(2, 9))).toBe(now);
  });
  test('loses who carried it out', () => {
    const assigned = booking(1, { assignedTo: { _id: 's', name: 'V', email: 'v@example.com', phone: '1' } });
    expect(applyUpdate(assigned, updated(1, 2)).assignedTo).toBeUndefined();
    expect(applyUpdate(assigned, updated(1, 2, { assignedTo: { _id: 's', name: 'W' } })).assignedTo).toEqual({ _id: 's', name: 'W', email: 'v@example.com', phone: '1' });
  });
  test('is the newer of two, with both timelines', () => {
    const [older, newer] = [booking(1, { version: 2, updates: [entry('a', 1)] }), booking(1, { version: 3, status: 'Completed', updates: [entry('b', 2)] })];
    for (const merged of [mergeBooking(older, newer), mergeBooking(newer, older)]) {
      expect(merged).toMatchObject({ version: 3, status: 'Completed' });
      expect(merged.updates?.map((one) => one._id)).toEqual(['a', 'b']);
    }
    expect(mergeBooking(undefined, older)).toBe(older);
  });
  test('has the same terms whatever was written on it', () => {
    expect(sameTerms(booking(1), booking(1, { version: 9, updates: [entry('a', 1)] }))).toBe(true);
    for (const change of [{ status: 'Completed' }, { address: 'x' }, { contactNumber: 'x' }, { email: 'x' }, { invoiceNumber: 'x' }, { preferredDateTime: at(1) }] as Partial<Booking>[]) {
      expect(sameTerms(booking(1), booking(1, change))).toBe(false);
    }
  });
  test('is told in full only where the event carries the field', () => {
    expect(tellsAll(updated(1, 2))).toBe(true);
    expect(tellsAll(updated(1, 2, { changed: ['address'] }))).toBe(false);
  });
});

describe('a list', () => {
  test('keeps what did not change', () => {
    const list = pages(page([booking(3), booking(2)]), page([booking(1)]));
    expect(changeRows(list, {}, (row) => row)).toBe(list);
    const after = changeRows(list, {}, (row) => applyUpdate(row, updated(1, 2)));
    expect(after.pages[0]).toBe(list.pages[0]);
    expect(rowsOf(after)[2]?.status).toBe('Scheduled');
  });
  test('lets go of what its filter does not fit any more', () => {
    const list = pages(page([booking(2), booking(1)]));
    const after = changeRows(list, { status: 'Pending' }, (row) => applyUpdate(row, updated(1, 2)));
    expect(rowsOf(after).map((row) => row._id)).toEqual(['id2']);
    expect(after.pages[0]?.totalCount).toBe(1);
  });
  test('takes in what is new, in its place, once', () => {
    const list = pages(page([booking(3), booking(1)]));
    const after = upsertRow(upsertRow(list, {}, booking(2)), {}, booking(2, { version: 2, status: 'Completed' }));
    expect(rowsOf(after).map((row) => row._id)).toEqual(['id3', 'id2', 'id1']);
    expect(rowsOf(after)[1]?.status).toBe('Completed');
    expect(upsertRow(after, {}, booking(2))).toEqual(after); // an older one changes nothing
    expect(rowsOf(upsertRow(list, { status: 'Cancelled' }, booking(4))).length).toBe(2);
    expect(rowsOf(upsertRow(pages(page([booking(3)], 'more')), {}, booking(1))).length).toBe(1); // beyond what is loaded
  });
  test('joins a new head, or begins anew with it', () => {
    const list = pages(page([booking(2), booking(1)]));
    expect(rowsOf(mergeHead(list, {}, page([booking(3), booking(2)], 'more'))).map((row) => row._id)).toEqual(['id3', 'id2', 'id1']);
    expect(rowsOf(mergeHead(list, {}, page([booking(9), booking(8)], 'more'))).map((row) => row._id)).toEqual(['id9', 'id8']);
  });
  test.each([
    [{}, true],
    [{ status: 'Pending' as const }, true],
    [{ status: 'Completed' as const }, false],
    [{ search: 'son mod' }, true],
    [{ search: 'ony' }, false],
    [{ brand: 'SONY' }, true],
    [{ brand: 'LG' }, false],
    [{ assignedTo: 's' }, false],
    [{ from: '2026-11-23', to: '2026-11-23' }, true],
    [{ from: '2026-11-25' }, false],
    [{ to: '2026-11-21' }, false],
    [{ from: '2026-11-23T10:01:00.001Z' }, false],
    [{ to: '2026-11-23T10:00:00.000Z' }, false],
    [{ from: '2026-11-23T10:01:00.000Z', to: '2026-11-23T10:01:00.001Z' }, true],
  ])('%j', (filter, fits) => expect(matches(filter, booking(1))).toBe(fits));
  // Days were compared in UTC while the server cuts them in the desk's time zone: an event took a booking of half past ten
  // in the evening, UTC, out of the list of the day it had been made on in Mumbai.
  test('keeps whatever the server put into it, whichever day that is here', () => {
    const late = booking(1, { createdAt: '2026-11-22T22:30:00.000Z' });
    const filter = { from: '2026-11-23', to: '2026-11-23' };
    const after = changeRows(pages(page([late])), filter, (row) => applyUpdate(row, updated(1, 2)));
    expect(rowsOf(after).map((row) => row.status)).toEqual(['Scheduled']);
    expect(isOpenQuestion(filter, late)).toBe(true);
    expect(isOpenQuestion(filter, booking(1, { createdAt: '2026-11-23T12:00:00.000Z' }))).toBe(true); // evening already in Auckland, and the next day
    expect(isOpenQuestion({ from: '2026-11-23' }, booking(1, { createdAt: '2026-11-23T12:00:00.000Z' }))).toBe(false); // that day everywhere, or later
    expect(isOpenQuestion(filter, booking(1, { createdAt: '2026-11-20T12:00:00.000Z' }))).toBe(false);
  });
  test('has words with their vowel signs, as the server has', () => {
    expect(matches({ search: 'दीप' }, booking(1, { customerName: 'दीपिका' }))).toBe(true);
    expect(matches({ search: 'दीप' }, booking(1, { customerName: 'दिपा' }))).toBe(false);
  });
  test('may be entered by what changed', () => {
    expect(mayEnter({ status: 'Scheduled' }, updated(1, 2))).toBe(true);
    expect(mayEnter({ status: 'Completed' }, updated(1, 2))).toBe(false);
    expect(mayEnter({}, updated(1, 2))).toBe(false);
  });
});

describe('a timeline', () => {
  test('is joined by time and id, with all receipts', () => {
    const joined = mergeEntries([entry('b', 2), entry('a', 1, { readBy: [{ userId: 'x', readAt: at(3) }] })], [entry('a', 1, { readBy: [{ userId: 'y', readAt: at(4) }] }), entry('c', 2)]);
    expect(joined?.map((one) => one._id)).toEqual(['a', 'b', 'c']);
    expect(joined?.[0]?.readBy.map((receipt) => receipt.userId).sort()).toEqual(['x', 'y']);
    expect(mergeEntries(undefined, undefined)).toBeUndefined();
  });
  test('takes a message once, and a tick once', () => {
    const open = booking(1, { updates: [] });
    const event = { eventId: 'e', bookingId: 'id1', messageId: 'm', message: 'Hello', from: { id: 'u2', name: 'V', role: 'staff' as const }, createdAt: at(5) };
    const once = addMessage(open, event);
    expect(addMessage(once, event)).toBe(once);
    expect(addMessage(open, { ...event, bookingId: 'id2' })).toBe(open);
    expect(addEntry(booking(1), entry('a', 1)).updates).toBeUndefined(); // not loaded: nothing to add to
    const read = markRead(once, { messageId: 'm', readBy: 'u1', readAt: at(6) });
    expect(read.updates?.[0]?.readBy).toEqual([{ userId: 'u1', readAt: at(6) }]);
    expect(markRead(read, { messageId: 'm', readBy: 'u1', readAt: at(7) })).toBe(read);
    expect(markRead(read, { messageId: 'none', readBy: 'u1', readAt: at(7) })).toBe(read);
  });
});

test('an answer that is late is laid under what events have said', () => {
  const latest = new Latest(2);
  latest.note(updated(1, 3));
  latest.note(updated(1, 2, { status: 'Cancelled' }));
  expect(latest.over(booking(1))).toMatchObject({ status: 'Scheduled', version: 3 });
  expect(latest.over(booking(1, { version: 4 })).status).toBe('Pending');
  latest.note(updated(2, 2));
  latest.note(updated(3, 2));
  expect(latest.over(booking(1)).version).toBe(1); // forgotten: the oldest of too many
  latest.clear();
  expect(latest.over(booking(3)).version).toBe(1);
});

test('who is there', () => {
  const list = withUser(withUser(undefined, 'b', true), 'a', true);
  expect(list).toEqual(['a', 'b']);
  expect(withUser(list, 'a', true)).toBe(list);
  expect(withUser(list, 'b', false)).toEqual(['a']);
});
