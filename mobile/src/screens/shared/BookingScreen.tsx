import { useNavigation, useRoute, type NavigationProp, type RouteProp } from '@react-navigation/native';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { RefreshControl, View } from 'react-native';

import type { Booking, Status } from '../../api/contract';
import { ApiError } from '../../api/error';
import { Button } from '../../components/Button';
import { Card } from '../../components/Card';
import { MessageBox } from '../../components/MessageBox';
import { Screen } from '../../components/Screen';
import { Empty, Failed, Loading } from '../../components/States';
import { StatusBadge } from '../../components/StatusBadge';
import { Text } from '../../components/Text';
import { Timeline } from '../../components/Timeline';
import { useUser } from '../../context/AuthContext';
import { useServices } from '../../context/ServicesContext';
import { momentText } from '../../domain/dates';
import { newId } from '../../domain/id';
import { mayAssign, mayCancel, mayEdit, mayReschedule, nextStatuses, works } from '../../domain/status';
import { useEnd } from '../../hooks/useEnd';
import { useLink } from '../../hooks/useLink';
import { useGo, type StackParams } from '../../navigation/routes';
import { keys } from '../../state/keys';
import { useBooking } from '../../state/queries/booking';
import { usePresence, useTyping } from '../../state/queries/desk';
import { useForget, useOutgoing, useSendMessage } from '../../state/queries/messages';
import { en } from '../../strings/en';
import { makeStyles, useTheme } from '../../theme/ThemeContext';
import { radius, space, statusSigns } from '../../theme/tokens';
import { AssignDialog, CancelDialog, EditDialog, StatusDialog } from './BookingDialogs';
import { useLooking } from './useLooking';

const t = en.bookings.detail;

type Asking = { what: 'cancel' | 'edit' | 'reschedule' | 'assign' } | { what: 'status'; status: Status } | null;

export function BookingScreen() {
  const { id } = useRoute<RouteProp<StackParams, 'Booking'>>().params;
  const go = useGo();
  const user = useUser();
  const query = useBooking(id, user);
  useOwnId(id, query.isPlaceholderData ? undefined : query.data);
  if (query.data === undefined) {
    const gone = query.error instanceof ApiError && (query.error.status === 404 || query.error.status === 403);
    return (
      <Screen title={en.bookings.one} onBack={go.back}>
        {query.isPending ? (
          <Loading />
        ) : gone ? (
          <Empty icon="search" title={t.gone} text={t.goneText} action={{ title: en.common.home, onPress: go.back }} />
        ) : (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        )}
      </Screen>
    );
  }
  return <Detail booking={query.data} refreshing={query.isRefetching} onRefresh={() => void query.refetch()} />;
}

// useOwnId puts a booking that was opened by its code where events and changes look for it.
function useOwnId(id: string, booking: Booking | undefined) {
  const { queryClient } = useServices();
  const navigation = useNavigation<NavigationProp<StackParams, 'Booking'>>();
  useEffect(() => {
    if (booking !== undefined && booking._id !== id) {
      queryClient.setQueryData<Booking>(keys.one(booking._id), (known) => known ?? booking);
      navigation.setParams({ id: booking._id });
    }
  }, [id, booking, queryClient, navigation]);
}

function Detail({ booking, refreshing, onRefresh }: { booking: Booking; refreshing: boolean; onRefresh: () => void }) {
  const styles = useStyles();
  const { colors } = useTheme();
  const go = useGo();
  const user = useUser();
  const [asking, setAsking] = useState<Asking>(null);
  const done = () => setAsking(null);
  const send = useSendMessage(booking._id);
  const outgoing = useOutgoing(booking._id);
  const forget = useForget(booking._id);
  const typing = useNamesOfTyping(booking, user.id);
  const online = usePresence();
  const link = useLink();
  const end = useEnd();
  const unread = useLooking(booking, user.id, end.inView);
  useFollow(booking, outgoing.length, unread, end);

  const next = works(user.role) ? nextStatuses(user.role, booking.status) : [];
  return (
    <Screen
      title={`${booking.brand} ${booking.model}`}
      onBack={go.back}
      refresh={<RefreshControl refreshing={refreshing} onRefresh={onRefresh} tintColor={colors.accent} />}
      scroller={end.props}
      footer={
        <>
          {unread > 0 && !end.inView && <Button kind="secondary" title={t.newMessages(unread)} onPress={end.go} style={styles.fresh} />}
          <MessageBox bookingId={booking._id} typing={typing} onSend={(text) => send.mutate({ clientId: newId(), text })} />
        </>
      }
    >
      <Card>
        <View style={styles.row}>
          <StatusBadge status={booking.status} />
          <Text kind="caption" tone="muted" selectable>
            {booking.code}
          </Text>
        </View>
        <Fact label={t.when} value={booking.preferredDateTime ? momentText(booking.preferredDateTime, new Date()) : en.bookings.noDate} />
        <Fact
          label={t.assignee}
          value={booking.assignedTo ? booking.assignedTo.name + (online?.includes(booking.assignedTo._id) ? ` · ${t.online}` : '') : en.bookings.unassigned}
        />
        {booking.invoiceNumber !== undefined && <Fact label={t.invoice} value={booking.invoiceNumber} />}
        <View style={styles.actions}>
          {next
            .filter((status) => status !== 'Cancelled')
            .map((status) => (
              <Button
                key={status}
                kind={status === 'Pending' ? 'secondary' : 'primary'}
                title={`${statusSigns[status]} ${en.bookings.status[status]}`}
                label={t.changeTo(en.bookings.status[status])}
                onPress={() => setAsking({ what: 'status', status })}
              />
            ))}
          {mayAssign(user.role, booking) && <Button kind="secondary" icon="person" title={t.assign} onPress={() => setAsking({ what: 'assign' })} />}
          {mayReschedule(user.role, booking) && <Button kind="secondary" icon="calendar" title={t.reschedule} onPress={() => setAsking({ what: 'reschedule' })} />}
          {mayEdit(user.role, booking) && <Button kind="secondary" icon="edit" title={t.edit} onPress={() => setAsking({ what: 'edit' })} />}
          {mayCancel(user.role, booking) && <Button kind="plain" icon="close" title={t.cancel} onPress={() => setAsking({ what: 'cancel' })} />}
        </View>
      </Card>
      <Card title={works(user.role) ? t.customer : t.contact}>
        <Text>{booking.customerName}</Text>
        <View style={styles.actions}>
          <Button
            kind="secondary"
            role="link"
            icon="phone"
            title={booking.contactNumber}
            label={t.call(booking.customerName)}
            onPress={() => link(`tel:${booking.contactNumber.replace(/[^\d+]/g, '')}`)}
          />
          {booking.email !== undefined && (
            <Button kind="secondary" role="link" icon="mail" title={booking.email} label={t.write(booking.customerName)} onPress={() => link(`mailto:${booking.email}`)} />
          )}
          <Button
            kind="secondary"
            role="link"
            icon="pin"
            title={booking.address}
            label={t.map(booking.address)}
            onPress={() => link(`https://www.openstreetmap.org/search?query=${encodeURIComponent(booking.address)}`)}
          />
        </View>
      </Card>
      <Card title={t.timeline}>
        {booking.updates === undefined ? (
          <Loading />
        ) : (
          <Timeline
            booking={booking}
            userId={user.id}
            outgoing={outgoing}
            onAgain={(message) => {
              forget(message.clientId);
              send.mutate({ clientId: message.clientId, text: message.text });
            }}
            onDrop={(message) => forget(message.clientId)}
          />
        )}
      </Card>
      {asking?.what === 'cancel' && <CancelDialog booking={booking} onClose={done} />}
      {asking?.what === 'status' && <StatusDialog booking={booking} status={asking.status} onClose={done} />}
      {asking?.what === 'assign' && <AssignDialog booking={booking} onClose={done} />}
      {(asking?.what === 'edit' || asking?.what === 'reschedule') && <EditDialog booking={booking} onlyTime={asking.what === 'reschedule'} onClose={done} />}
    </Screen>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  const styles = useStyles();
  return (
    <View style={styles.fact}>
      <Text kind="caption" tone="muted" style={styles.label}>
        {label}
      </Text>
      <Text style={styles.value} selectable>
        {value}
      </Text>
    </View>
  );
}

// useFollow keeps up with what is said: it goes to the end where somebody comes to read messages, where they are there
// already, and where they have written one themselves.
function useFollow(booking: Booking, outgoing: number, unread: number, end: ReturnType<typeof useEnd>) {
  const { inView, follow } = end;
  const known = booking.updates?.length;
  const before = useRef<{ known: number; outgoing: number } | undefined>(undefined);
  useLayoutEffect(() => {
    if (known === undefined) {
      return;
    }
    const last = before.current;
    before.current = { known, outgoing };
    if (last === undefined ? unread > 0 : outgoing > last.outgoing || (known > last.known && inView)) {
      follow();
    }
  }, [known, outgoing, unread, inView, follow]);
}

function useNamesOfTyping(booking: Booking, userId: string): string[] {
  const ids = useTyping(booking._id);
  return ids
    .filter((id) => id !== userId)
    .map((id) => (booking.assignedTo?._id === id ? booking.assignedTo.name : booking.updates?.find((entry) => entry.updatedBy === id)?.updatedByName) ?? en.bookings.detail.someone);
}

const useStyles = makeStyles(() => ({
  row: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', justifyContent: 'space-between', gap: space.s },
  actions: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s },
  fresh: { alignSelf: 'center', borderRadius: radius.round },
  fact: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s },
  label: { width: 120, paddingTop: 3 },
  value: { flex: 1, minWidth: 140 },
}));
