import { useState } from 'react';

import type { Status } from '../../api/contract';
import type { BookingFilter } from '../../api/endpoints';
import { BookingRows } from '../../components/BookingRows';
import { Button } from '../../components/Button';
import { Chips } from '../../components/Chips';
import { Dialog } from '../../components/Dialog';
import { IconButton } from '../../components/IconButton';
import { Options } from '../../components/Options';
import { Screen } from '../../components/Screen';
import { SearchField } from '../../components/SearchField';
import { Empty, messageOf } from '../../components/States';
import { TextField } from '../../components/TextField';
import { useUser } from '../../context/AuthContext';
import { useServices } from '../../context/ServicesContext';
import { useSay } from '../../context/ToastContext';
import { dayOf } from '../../domain/dates';
import { useGo } from '../../navigation/routes';
import { handOver } from '../../services/file';
import { useBookingList } from '../../state/queries/bookingList';
import { useAssignable } from '../../state/queries/desk';
import { en } from '../../strings/en';
import { statusOptions } from '../customer/BookingListScreen';

const t = en.bookings;

type Extra = Pick<BookingFilter, 'assignedTo' | 'brand' | 'from' | 'to'>;

// AllBookingsScreen is every booking of the desk, live, with filters; admins take it away as a table.
export function AllBookingsScreen() {
  const user = useUser();
  const { api } = useServices();
  const go = useGo();
  const say = useSay();
  const [status, setStatus] = useState<Status>();
  const [search, setSearch] = useState('');
  const [extra, setExtra] = useState<Extra>({});
  const [open, setOpen] = useState(false);
  const [exporting, setExporting] = useState(false);
  const filter: BookingFilter = { status, search: search || undefined, ...extra };
  const list = useBookingList('all', filter);
  const more = Object.values(extra).filter(Boolean).length;

  const exportCsv = async () => {
    setExporting(true);
    try {
      await handOver(t.csvName(dayOf(new Date())), await api.exportBookings(filter));
      say(t.exported);
    } catch (error) {
      say(messageOf(error));
    }
    setExporting(false);
  };
  const clear = () => {
    setStatus(undefined);
    setSearch('');
    setExtra({});
  };
  return (
    <Screen
      title={t.all}
      scroll={false}
      actions={
        <>
          <IconButton icon="reload" label={en.common.reload} onPress={() => void list.refetch()} />
          <IconButton icon="filter" label={more === 0 ? t.filters : t.filtersSet(more)} badge={more} onPress={() => setOpen(true)} />
          {user.role === 'admin' && <IconButton icon="download" label={exporting ? t.exporting : t.exportCsv} disabled={exporting} onPress={() => void exportCsv()} />}
        </>
      }
      below={
        <>
          <SearchField value={search} onSearch={setSearch} hint={t.searchHint} />
          <Chips label={t.filterByStatus} options={statusOptions} value={status} onChange={setStatus} />
        </>
      }
    >
      <BookingRows
        list={list}
        who
        onOpen={go.booking}
        empty={
          more > 0 || status !== undefined || search !== '' ? (
            <Empty icon="search" title={t.nothingFound} text={t.nothingFoundText} action={{ title: t.clearFilters, onPress: clear }} />
          ) : (
            <Empty icon="calendar" title={t.none} text={en.desk.noData} />
          )
        }
      />
      {open && (
        <Filters
          value={extra}
          userId={user.id}
          onClose={() => setOpen(false)}
          onChange={(now) => {
            setExtra(now);
            setOpen(false);
          }}
        />
      )}
    </Screen>
  );
}

const isDay = (text: string) => text === '' || (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)));

function Filters({ value, userId, onChange, onClose }: { value: Extra; userId: string; onChange: (value: Extra) => void; onClose: () => void }) {
  const [brand, setBrand] = useState(value.brand ?? '');
  const [from, setFrom] = useState(value.from ?? '');
  const [to, setTo] = useState(value.to ?? '');
  const [assignedTo, setAssignedTo] = useState(value.assignedTo);
  const people = useAssignable(true);
  const wrong = (text: string) => (isDay(text) ? undefined : en.validation.time);
  const apply = () => {
    if (isDay(from) && isDay(to)) {
      onChange({ brand: brand.trim() || undefined, from: from || undefined, to: to || undefined, assignedTo });
    }
  };
  return (
    <Dialog
      visible
      title={t.filters}
      onClose={onClose}
      footer={
        <>
          <Button kind="secondary" title={t.clearFilters} onPress={() => onChange({})} />
          <Button title={en.common.ok} onPress={apply} />
        </>
      }
    >
      <TextField label={t.brand} value={brand} onChangeText={setBrand} />
      <TextField label={t.from} value={from} error={wrong(from)} onChangeText={setFrom} placeholder="2026-01-31" />
      <TextField label={t.to} value={to} error={wrong(to)} onChangeText={setTo} placeholder="2026-12-31" />
      <Options
        label={t.assignee}
        value={assignedTo}
        onChange={setAssignedTo}
        options={[
          { value: undefined, title: t.anyone },
          { value: userId as string | undefined, title: t.me },
          ...(people.data ?? []).filter((person) => person.id !== userId).map((person) => ({ value: person.id as string | undefined, title: person.name })),
        ]}
      />
    </Dialog>
  );
}
