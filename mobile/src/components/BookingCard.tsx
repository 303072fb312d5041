import { memo } from 'react';
import { Pressable, View } from 'react-native';

import type { Booking } from '../api/contract';
import { momentText } from '../domain/dates';
import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, space } from '../theme/tokens';
import { Icon } from './Icon';
import { StatusBadge } from './StatusBadge';
import { Text } from './Text';

interface BookingCardProps {
  booking: Booking;
  onOpen: (id: string) => void;
  // who adds the customer's name, for those who serve many.
  who?: boolean;
}

// BookingCard is a booking in a list. It is drawn again only when its booking changes.
export const BookingCard = memo(function BookingCard({ booking, onOpen, who = false }: BookingCardProps) {
  const styles = useStyles();
  const { colors } = useTheme();
  const now = new Date();
  const what = `${booking.brand} ${booking.model}`;
  const when = booking.preferredDateTime
    ? en.bookings.for(momentText(booking.preferredDateTime, now))
    : en.bookings.created(momentText(booking.createdAt, now));
  const assignee = booking.assignedTo ? en.bookings.assignedTo(booking.assignedTo.name) : undefined;
  const status = en.bookings.statusLabel(en.bookings.status[booking.status]);
  return (
    <Pressable
      role="link"
      aria-label={[en.bookings.open(booking.brand, booking.model), who ? booking.customerName : '', status, when, assignee ?? ''].filter(Boolean).join(', ')}
      onPress={() => onOpen(booking._id)}
      style={({ pressed }) => [styles.card, pressed && styles.pressed]}
      testID="booking"
    >
      <View style={styles.main}>
        <Text kind="strong" numberOfLines={2}>
          {what}
        </Text>
        {who && <Text numberOfLines={1}>{booking.customerName}</Text>}
        <Text kind="caption" tone="muted">
          {when} · {booking.code}
        </Text>
        {assignee !== undefined && !who && (
          <Text kind="caption" tone="muted" numberOfLines={1}>
            {assignee}
          </Text>
        )}
      </View>
      <StatusBadge status={booking.status} />
      <Icon name="chevron" size={18} color={colors.muted} />
    </Pressable>
  );
});

const useStyles = makeStyles((colors) => ({
  card: {
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.s,
    padding: space.l,
    marginBottom: space.s,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: colors.line,
    backgroundColor: colors.surface,
  },
  pressed: { backgroundColor: colors.sunken },
  main: { flex: 1, minWidth: 0, gap: 2 },
}));
