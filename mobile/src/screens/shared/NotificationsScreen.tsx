import { memo, useCallback, useState } from 'react';
import { FlatList, Pressable, RefreshControl, View } from 'react-native';

import type { Notification } from '../../api/contract';
import { Button } from '../../components/Button';
import { Chips } from '../../components/Chips';
import { Screen } from '../../components/Screen';
import { CutShort, Empty, Failed, goOn, Loading, messageOf, Outdated } from '../../components/States';
import { Text } from '../../components/Text';
import { momentText } from '../../domain/dates';
import { useSay } from '../../context/ToastContext';
import { useGo } from '../../navigation/routes';
import { TooFast, useMarkAllRead, useMarkRead, useNotifications, useUnread } from '../../state/queries/notifications';
import { en } from '../../strings/en';
import { makeStyles, useTheme } from '../../theme/ThemeContext';
import { measure, radius, space } from '../../theme/tokens';

const choices = [
  { value: 'all', title: en.bookings.any },
  { value: 'unread', title: en.desk.onlyUnread },
] as const;

// NotificationsScreen is what others did, also what happened while one was away.
export function NotificationsScreen() {
  const styles = useStyles();
  const { colors } = useTheme();
  const go = useGo();
  const [shown, setShown] = useState<'all' | 'unread'>('all');
  const list = useNotifications(shown === 'unread');
  const unread = useUnread();
  const { mutate: markRead } = useMarkRead();
  const { mutate: markAll, isPending } = useMarkAllRead();
  const say = useSay();
  const open = useCallback(
    (notification: Notification) => {
      if (!notification.read) {
        markRead([notification]);
      }
      go.booking(notification.bookingId);
    },
    [go, markRead],
  );
  return (
    <Screen
      title={en.desk.notifications}
      scroll={false}
      actions={
        unread > 0 && (
          <Button kind="plain" icon="check" title={en.desk.markAll} busy={isPending} onPress={() => markAll(undefined, { onError: (error) => say(error instanceof TooFast ? en.desk.markedSome : messageOf(error)) })} />
        )
      }
      below={<Chips label={en.desk.notifications} options={choices} value={shown} onChange={setShown} />}
    >
      {list.isPending ? (
        <Loading />
      ) : list.isError && list.rows.length === 0 ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <FlatList
          data={list.rows}
          keyExtractor={(notification) => notification._id}
          renderItem={({ item }) => <Row notification={item} onOpen={open} />}
          contentContainerStyle={styles.content}
          onEndReached={() => goOn(list)}
          ListHeaderComponent={<Outdated list={list} />}
          ListFooterComponent={<CutShort list={list} />}
          refreshControl={<RefreshControl refreshing={list.isRefetching} onRefresh={() => void list.refetch()} tintColor={colors.accent} />}
          ListEmptyComponent={<Empty icon="bell" title={en.desk.noNotifications} text={en.desk.noNotificationsText} />}
        />
      )}
    </Screen>
  );
}

const Row = memo(function Row({ notification, onOpen }: { notification: Notification; onOpen: (notification: Notification) => void }) {
  const styles = useStyles();
  const { read, brand, model, message, updatedByName, timestamp } = notification;
  return (
    <Pressable
      role="link"
      aria-label={[read ? '' : en.desk.unread, `${brand} ${model}`, message, updatedByName].filter(Boolean).join(', ')}
      onPress={() => onOpen(notification)}
      style={({ pressed }) => [styles.row, !read && styles.unread, pressed && styles.pressed]}
      testID={read ? 'notification' : 'notification-unread'}
    >
      <View style={[styles.dot, read && styles.none]} />
      <View style={styles.words}>
        <Text kind="strong" numberOfLines={1}>
          {brand} {model}
        </Text>
        <Text numberOfLines={2}>{message}</Text>
        <Text kind="caption" tone="muted">
          {updatedByName} · {momentText(timestamp, new Date())}
        </Text>
      </View>
    </Pressable>
  );
});

const useStyles = makeStyles((colors) => ({
  content: { width: '100%', maxWidth: measure + 2 * space.l, alignSelf: 'center', paddingHorizontal: space.l, paddingBottom: space.xl, flexGrow: 1 },
  row: { flexDirection: 'row', gap: space.m, padding: space.l, marginBottom: space.s, borderRadius: radius.l, borderWidth: 1, borderColor: colors.line, backgroundColor: colors.surface },
  unread: { backgroundColor: colors.accentSoft.ground },
  pressed: { opacity: 0.7 },
  dot: { width: 10, height: 10, marginTop: 7, borderRadius: radius.round, backgroundColor: colors.link },
  none: { backgroundColor: 'transparent' },
  words: { flex: 1, minWidth: 0, gap: 2 },
}));
