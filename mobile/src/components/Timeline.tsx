import { View } from 'react-native';

import type { Booking, Entry } from '../api/contract';
import { momentText } from '../domain/dates';
import type { Sent } from '../state/queries/messages';
import { en } from '../strings/en';
import { makeStyles } from '../theme/ThemeContext';
import { radius, space } from '../theme/tokens';
import { Button } from './Button';
import { StatusBadge } from './StatusBadge';
import { Text } from './Text';

const t = en.bookings.detail;

interface TimelineProps {
  booking: Booking;
  userId: string;
  outgoing: Sent[];
  onAgain: (message: Sent) => void;
  onDrop: (message: Sent) => void;
}

// Timeline is what happened to a booking and what was said, oldest first.
export function Timeline({ booking, userId, outgoing, onAgain, onDrop }: TimelineProps) {
  const styles = useStyles();
  const entries = booking.updates ?? [];
  const there = new Set(entries.map((entry) => entry.clientId));
  return (
    <View style={styles.list} role="list" aria-label={t.timeline}>
      {entries.length === 0 && outgoing.length === 0 && <Text tone="muted">{t.empty}</Text>}
      {entries.map((entry) => (entry.kind === 'message' ? <Bubble key={entry._id} entry={entry} own={entry.updatedBy === userId} /> : <Event key={entry._id} entry={entry} />))}
      {outgoing
        .filter((message) => !there.has(message.clientId))
        .map((message) => (
          <View key={message.clientId} style={[styles.bubble, styles.own, styles.waiting]} role="listitem">
            <Text style={styles.ownText}>{message.text}</Text>
            <View style={styles.foot}>
              <Text kind="caption" style={styles.ownText}>
                {message.failed ? t.notSent : t.sending}
              </Text>
              {message.failed && (
                <>
                  <Button kind="secondary" title={t.sendAgain} onPress={() => onAgain(message)} />
                  <Button kind="secondary" title={t.drop} onPress={() => onDrop(message)} />
                </>
              )}
            </View>
          </View>
        ))}
    </View>
  );
}

function Bubble({ entry, own }: { entry: Entry; own: boolean }) {
  const styles = useStyles();
  const read = entry.readBy.some((receipt) => receipt.userId !== entry.updatedBy);
  return (
    <View style={[styles.bubble, own ? styles.own : styles.other]} role="listitem" testID="message">
      {!own && (
        <Text kind="caption" tone="muted">
          {entry.updatedByName}
        </Text>
      )}
      <Text style={own && styles.ownText} selectable>
        {entry.message}
      </Text>
      <View style={styles.foot}>
        <Text kind="caption" tone="muted" style={own && styles.ownText}>
          {momentText(entry.timestamp, new Date())}
        </Text>
        {own && (
          <Text kind="caption" style={styles.ownText} role="img" aria-label={read ? t.read : t.sent} testID={read ? 'read' : 'sent'}>
            {read ? '✓✓' : '✓'}
          </Text>
        )}
      </View>
    </View>
  );
}

function Event({ entry }: { entry: Entry }) {
  const styles = useStyles();
  return (
    <View style={styles.event} role="listitem" testID="entry">
      <View style={styles.dot} />
      <View style={styles.words}>
        <View style={styles.line}>
          {entry.status !== undefined && entry.status !== entry.oldStatus && <StatusBadge status={entry.status} />}
          <Text style={styles.grow}>{entry.message}</Text>
        </View>
        <Text kind="caption" tone="muted">
          {entry.updatedByName} · {momentText(entry.timestamp, new Date())}
        </Text>
      </View>
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  list: { gap: space.m },
  bubble: { maxWidth: '85%', borderRadius: radius.l, paddingHorizontal: space.m, paddingVertical: space.s, gap: 2 },
  own: { alignSelf: 'flex-end', backgroundColor: colors.accent, borderBottomRightRadius: 4 },
  other: { alignSelf: 'flex-start', backgroundColor: colors.sunken, borderBottomLeftRadius: 4 },
  waiting: { opacity: 0.85 },
  ownText: { color: colors.onAccent },
  foot: { flexDirection: 'row', flexWrap: 'wrap', justifyContent: 'flex-end', alignItems: 'center', gap: space.s },
  event: { flexDirection: 'row', gap: space.m },
  dot: { width: 10, height: 10, marginTop: 7, borderRadius: radius.round, backgroundColor: colors.strongLine },
  words: { flex: 1, minWidth: 0, gap: 2 },
  line: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', gap: space.s },
  grow: { flexShrink: 1 },
}));
