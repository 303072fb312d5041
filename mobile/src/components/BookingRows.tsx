import { useCallback, type ReactElement } from 'react';
import { ActivityIndicator, FlatList, RefreshControl, View } from 'react-native';

import type { Booking } from '../api/contract';
import type { useBookingList } from '../state/queries/bookingList';
import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { measure, space } from '../theme/tokens';
import { BookingCard } from './BookingCard';
import { CutShort, Failed, goOn, Loading, Outdated } from './States';
import { Text } from './Text';

interface BookingRowsProps {
  list: ReturnType<typeof useBookingList>;
  onOpen: (id: string) => void;
  who?: boolean;
  empty: ReactElement;
}

// BookingRows shows a list of bookings that goes on as it is scrolled. Only what is near the screen is drawn.
export function BookingRows({ list, onOpen, who, empty }: BookingRowsProps) {
  const styles = useStyles();
  const { colors } = useTheme();
  const row = useCallback(({ item }: { item: Booking }) => <BookingCard booking={item} onOpen={onOpen} who={who} />, [onOpen, who]);
  if (list.isPending) {
    return <Loading />;
  }
  if (list.isError && list.rows.length === 0) {
    return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  }
  return (
    <FlatList
      data={list.rows}
      renderItem={row}
      keyExtractor={(booking) => booking._id}
      style={styles.list}
      contentContainerStyle={styles.content}
      initialNumToRender={12}
      maxToRenderPerBatch={12}
      windowSize={7}
      onEndReached={() => goOn(list)}
      onEndReachedThreshold={1}
      refreshControl={<RefreshControl refreshing={list.isRefetching && !list.isFetchingNextPage} onRefresh={() => void list.refetch()} tintColor={colors.accent} />}
      ListEmptyComponent={empty}
      ListHeaderComponent={
        <>
          <Outdated list={list} />
          {list.rows.length > 0 && (
            <Text kind="caption" tone="muted" style={styles.note} aria-live="polite">
              {en.bookings.count(list.total.count, list.total.capped)}
            </Text>
          )}
        </>
      }
      ListFooterComponent={
        <View style={styles.foot}>
          {list.isFetchingNextPage && <ActivityIndicator color={colors.accent} aria-label={en.bookings.loadingMore} />}
          <CutShort list={list} />
          {!list.hasNextPage && list.rows.length > 20 && (
            <Text kind="caption" tone="muted">
              {en.bookings.end}
            </Text>
          )}
        </View>
      }
    />
  );
}

const useStyles = makeStyles(() => ({
  list: { flex: 1 },
  content: { width: '100%', maxWidth: measure + 2 * space.l, alignSelf: 'center', paddingHorizontal: space.l, paddingBottom: space.xl, flexGrow: 1 },
  note: { paddingVertical: space.xs },
  foot: { minHeight: space.xl, alignItems: 'center', justifyContent: 'center' },
}));
