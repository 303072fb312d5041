import { RefreshControl, View } from 'react-native';

import type { Overview, Status } from '../../api/contract';
import { Bars, Columns } from '../../components/Bars';
import { BookingCard } from '../../components/BookingCard';
import { Card } from '../../components/Card';
import { IconButton } from '../../components/IconButton';
import { Screen } from '../../components/Screen';
import { Failed, Loading } from '../../components/States';
import { Text } from '../../components/Text';
import { useConnection } from '../../hooks/useConnection';
import { useGo } from '../../navigation/routes';
import { statuses } from '../../domain/status';
import { useDaily, useOverview, usePeople, usePresence } from '../../state/queries/desk';
import { en } from '../../strings/en';
import { makeStyles, useTheme } from '../../theme/ThemeContext';
import { radius, space, statusSigns } from '../../theme/tokens';

const t = en.desk;

const countOf: Record<Status, (overview: Overview) => number> = {
  Pending: (o) => o.pending,
  Scheduled: (o) => o.scheduled,
  Completed: (o) => o.completed,
  Cancelled: (o) => o.cancelled,
};

// AdminStatsScreen is the desk at a glance, live.
export function AdminStatsScreen() {
  const styles = useStyles();
  const { colors } = useTheme();
  const go = useGo();
  const overview = useOverview();
  const daily = useDaily();
  const connection = useConnection();
  const refresh = () => {
    void overview.refetch();
    void daily.refetch();
  };
  const data = overview.data;
  return (
    <Screen
      title={t.dashboard}
      roomy
      refresh={<RefreshControl refreshing={overview.isRefetching} onRefresh={refresh} tintColor={colors.accent} />}
      actions={
        <>
          {connection === 'online' && (
            <View style={styles.live} role="status" testID="live">
              <View style={styles.dot} />
              <Text kind="caption" style={styles.liveText}>
                {t.live}
              </Text>
            </View>
          )}
          <IconButton icon="reload" label={en.common.reload} onPress={refresh} />
        </>
      }
    >
      {overview.isPending ? (
        <Loading />
      ) : data === undefined ? (
        <Failed error={overview.error} onRetry={refresh} />
      ) : (
        <>
          <View style={styles.tiles}>
            <Tile label={t.total} value={String(data.totalBookings)} id="total" />
            {statuses.map((status) => (
              <Tile key={status} label={`${statusSigns[status]} ${en.bookings.status[status]}`} value={String(countOf[status](data))} id={status} color={colors.bar[status]} />
            ))}
            <Tile label={t.completionRate} value={`${Math.round(data.completionRate * 10) / 10} %`} id="rate" />
            <Tile label={t.perDay} value={String(Math.round(data.avgBookingsPerDay * 10) / 10)} id="perDay" />
          </View>
          <View style={styles.cards}>
            <Card title={t.byMonth} style={styles.card}>
              <Columns bars={data.monthlyTrend.map(({ month, year, count }) => ({ label: `${month.slice(0, 3)} ${String(year).slice(2)}`, count }))} />
            </Card>
            <Card title={t.week} style={styles.card}>
              {daily.data === undefined ? (
                <Loading />
              ) : (
                <Columns bars={daily.data.slice(-7).map(({ date, count }) => ({ label: new Date(date).toLocaleDateString('en-GB', { weekday: 'short', timeZone: 'UTC' }), count }))} />
              )}
            </Card>
            <Card title={t.byBrand} style={styles.card}>
              <Bars bars={data.bookingsByBrand.slice(0, 8).map(({ brand, count }) => ({ label: brand, count }))} />
            </Card>
            <Card title={t.byModel} style={styles.card}>
              <Bars bars={data.bookingsByModel.slice(0, 8).map(({ brand, model, count }) => ({ label: `${brand} ${model}`, count }))} />
            </Card>
            <Online />
            <Card title={t.recent} style={styles.card}>
              <View>
                {data.recentBookings.map((booking) => (
                  <BookingCard key={booking._id} booking={booking} onOpen={go.booking} who />
                ))}
                {data.recentBookings.length === 0 && <Text tone="muted">{t.noData}</Text>}
              </View>
            </Card>
          </View>
        </>
      )}
    </Screen>
  );
}

function Tile({ label, value, id, color }: { label: string; value: string; id: string; color?: string }) {
  const styles = useStyles();
  return (
    <View style={[styles.tile, color !== undefined && { borderTopColor: color, borderTopWidth: 3 }]} testID={`tile-${id}`} aria-label={`${label}: ${value}`}>
      <Text kind="caption" tone="muted">
        {label}
      </Text>
      <Text kind="display" style={styles.number}>
        {value}
      </Text>
    </View>
  );
}

// Online names who of the people that are known here is connected.
function Online() {
  const styles = useStyles();
  const online = usePresence();
  const people = usePeople({});
  const named = people.rows.filter((person) => online?.includes(person.id));
  const others = (online?.length ?? 0) - named.length;
  return (
    <Card title={t.online} style={styles.card}>
      <Text tone="muted" testID="online-count">
        {online === undefined || online.length === 0 ? t.nobodyOnline : t.onlineCount(online.length)}
      </Text>
      {named.map((person) => (
        <View key={person.id} style={styles.person}>
          <View style={styles.dot} />
          <Text style={styles.grow}>{person.name}</Text>
          <Text kind="caption" tone="muted">
            {t.roles[person.role]}
          </Text>
        </View>
      ))}
      {others > 0 && named.length > 0 && (
        <Text kind="caption" tone="muted">
          {t.others(others)}
        </Text>
      )}
    </Card>
  );
}

const useStyles = makeStyles((colors) => ({
  live: { flexDirection: 'row', alignItems: 'center', gap: space.xs, paddingHorizontal: space.m, paddingVertical: space.xs, borderRadius: radius.round, backgroundColor: colors.success.ground },
  liveText: { color: colors.success.text, fontWeight: '600' },
  dot: { width: 8, height: 8, borderRadius: radius.round, backgroundColor: colors.bar.Completed },
  tiles: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s },
  tile: { flexGrow: 1, flexBasis: 120, padding: space.l, borderRadius: radius.l, borderWidth: 1, borderColor: colors.line, backgroundColor: colors.surface },
  number: { fontVariant: ['tabular-nums'] },
  cards: { flexDirection: 'row', flexWrap: 'wrap', gap: space.l, alignItems: 'stretch' },
  card: { flexGrow: 1, flexBasis: 320, minWidth: 0 },
  person: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  grow: { flex: 1 },
}));
