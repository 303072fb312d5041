import { useState } from 'react';

import type { Status } from '../../api/contract';
import { BookingRows } from '../../components/BookingRows';
import { Chips } from '../../components/Chips';
import { IconButton } from '../../components/IconButton';
import { Screen } from '../../components/Screen';
import { SearchField } from '../../components/SearchField';
import { Empty } from '../../components/States';
import { Button } from '../../components/Button';
import { WaitingBookings } from '../../components/WaitingBookings';
import { statuses } from '../../domain/status';
import { useGo } from '../../navigation/routes';
import { useBookingList } from '../../state/queries/bookingList';
import { en } from '../../strings/en';
import { statusSigns } from '../../theme/tokens';

export const statusOptions = [
  { value: undefined, title: en.bookings.any },
  ...statuses.map((status) => ({ value: status as Status | undefined, title: `${statusSigns[status]} ${en.bookings.status[status]}` })),
];

// BookingListScreen is a customer's own bookings, live.
export function BookingListScreen() {
  const go = useGo();
  const [status, setStatus] = useState<Status>();
  const [search, setSearch] = useState('');
  const list = useBookingList('own', { status, search: search || undefined });
  const filtered = status !== undefined || search !== '';
  return (
    <Screen
      title={en.bookings.mine}
      scroll={false}
      actions={
        <>
          <IconButton icon="reload" label={en.common.reload} onPress={() => void list.refetch()} />
          <Button icon="add" title={en.bookings.add} onPress={go.newBooking} />
        </>
      }
      below={
        <>
          <WaitingBookings onCorrect={go.draft} />
          <SearchField value={search} onSearch={setSearch} hint={en.bookings.searchHint} />
          <Chips label={en.bookings.filterByStatus} options={statusOptions} value={status} onChange={setStatus} />
        </>
      }
    >
      <BookingRows
        list={list}
        onOpen={go.booking}
        empty={
          filtered ? (
            <Empty
              icon="search"
              title={en.bookings.nothingFound}
              text={en.bookings.nothingFoundText}
              action={{ title: en.bookings.clearFilters, onPress: () => { setStatus(undefined); setSearch(''); } }}
            />
          ) : (
            <Empty icon="calendar" title={en.bookings.none} text={en.bookings.noneText} action={{ title: en.bookings.add, onPress: go.newBooking }} />
          )
        }
      />
    </Screen>
  );
}
