import type { Booking } from '../src/api/contract';
import type { BookingFilter } from '../src/api/endpoints';
import { keys } from '../src/state/keys';
import { keepBooking } from '../src/state/live/keepBooking';
import { createQueryClient } from '../src/state/queryClient';
import { Latest } from '../src/state/reducers/latest';
import { rowsOf, type BookingPages } from '../src/state/reducers/list';

const booking: Booking = {
  _id: 'b1', code: 'ABC123', customerName: 'Meera Nair', contactNumber: '555', address: '12 Hill Road', brand: 'Sony', model: 'Bravia',
  status: 'Pending', createdBy: 'u1', version: 1, createdAt: '2026-11-22T22:30:00.000Z', updatedAt: '2026-11-22T22:30:00.000Z',
};
const empty: BookingPages = { pages: [{ success: true, count: 0, data: [], totalCount: 0, totalPages: 0, currentPage: 1 }], pageParams: [undefined] };

// A list by days took in what was made on such a day in UTC, and left out what was in the desk's time zone.
test.each<[BookingFilter, boolean, boolean]>([
  [{}, true, false],
  [{ from: '2026-11-20' }, true, false],
  [{ from: '2026-11-23', to: '2026-11-23' }, false, true], // the 23rd in Mumbai, the 22nd in London: the server is asked
  [{ from: '2026-11-23', status: 'Completed' }, false, false],
  [{ from: '2026-11-25' }, false, false],
])('a new booking, in a list of %j: taken in %s, asked for %s', (filter, taken, asked) => {
  const client = createQueryClient();
  const key = keys.list('all', filter);
  client.setQueryData<BookingPages>(key, empty);
  keepBooking(client, new Latest(), booking);
  expect(rowsOf(client.getQueryData<BookingPages>(key)).length).toBe(taken ? 1 : 0);
  expect(client.getQueryState(key)?.isInvalidated).toBe(asked);
  client.clear();
});
