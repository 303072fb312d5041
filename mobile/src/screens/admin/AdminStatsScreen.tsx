import { RefreshControl, useWindowDimensions, View } from 'react-native';

import type { Account, Overview, Status } from '../../api/contract';
import { Bars, Columns } from '../../components/Bars';
import { BookingCard } from '../../components/BookingCard';
import { Card } from '../../components/Card';
import { IconButton } from '../../components/IconButton';
import { Screen } from '../../components/Screen';
import { Failed, Loading, Outdated } from '../../components/States';
import { Text } from '../../components/Text';
import { useConnection } from '../../hooks/useConnection';
import { useGo } from '../../navigation/routes';
import { statuses } from '../../domain/status';
import { useAssignable, useDaily, useOverview, usePerson, usePresence } from '../../state/queries/desk';
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

// From this width on there is room for four tiles beside each other.
const middling = 600;

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
          <Outdated list={overview} />
          <Tiles overview={data} />
          <View style={styles.cards}>
            <Card title={t.byMonth} style={styles.card}>
              <Columns bars={data.monthlyTrend.map(({ month, year, count }) => ({ label: `${month.slice(0, 3)} ${String(year).slice(2)}`, count }))} />
            </Card>
            <Card title={t.week} style={styles.card}>
              {daily.isPending ? (
                <Loading />
              ) : daily.data === undefined ? (
                <Failed error={daily.error} onRetry={() => void daily.refetch()} />
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

interface Figure {
  id: string;
  label: string;
  value: string;
  color?: string;
}

// Tiles are the totals in rows that are always full.
function Tiles({ overview }: { overview: Overview }) {
  const styles = useStyles();
  const { colors } = useTheme();
  const { width } = useWindowDimensions();
  const total: Figure = { id: 'total', label: t.total, value: String(overview.totalBookings) };
  const rates: Figure[] = [
    { id: 'rate', label: t.completionRate, value: `${Math.round(overview.completionRate * 10) / 10} %` },
    { id: 'perDay', label: t.perDay, value: String(Math.round(overview.avgBookingsPerDay * 10) / 10) },
  ];
  const counts: Figure[] = statuses.map((status) => ({
    id: status,
    label: `${statusSigns[status]} ${en.bookings.status[status]}`,
    value: String(countOf[status](overview)),
    color: colors.bar[status],
  }));
  const rows = width < middling ? [[total], counts.slice(0, 2), counts.slice(2), rates] : [[total, ...rates], counts];
  return (
    <View style={styles.tiles}>
      {rows.map((row) => (
        <View key={row[0]?.id} style={styles.tileRow} testID="tiles">
          {row.map((figure) => (
            <Tile key={figure.id} {...figure} />
          ))}
        </View>
      ))}
    </View>
  );
}

function Tile({ label, value, id, color }: Figure) {
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

// A dashboard names this many customers at most. Those of the desk it names all.
const visitors = 10;

// Online names who is connected: the desk's own people first, then customers.
function Online() {
  const styles = useStyles();
  const online = usePresence() ?? [];
  const desk = useAssignable(true);
  const named = (desk.data ?? []).filter((person) => online.includes(person.id));
  const others = desk.isPending ? [] : online.filter((id) => !named.some((person) => person.id === id));
  const more = others.length - visitors;
  return (
    <Card title={t.online} style={styles.card}>
      <Text tone="muted" testID="online-count">
        {online.length === 0 ? t.nobodyOnline : t.onlineCount(online.length)}
      </Text>
      {named.map((person) => (
        <Someone key={person.id} person={person} />
      ))}
      {others.slice(0, visitors).map((id) => (
        <Visitor key={id} id={id} />
      ))}
      {more > 0 && (
        <Text kind="caption" tone="muted">
          {t.others(more)}
        </Text>
      )}
    </Card>
  );
}

function Visitor({ id }: { id: string }) {
  const { data } = usePerson(id);
  return data === undefined ? null : <Someone person={data} />;
}

function Someone({ person }: { person: Account }) {
  const styles = useStyles();
  return (
    <View style={styles.person}>
      <View style={styles.dot} />
      <Text style={styles.grow}>{person.name}</Text>
      <Text kind="caption" tone="muted">
        {t.roles[person.role]}
      </Text>
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  live: { flexDirection: 'row', alignItems: 'center', gap: space.xs, paddingHorizontal: space.m, paddingVertical: space.xs, borderRadius: radius.round, backgroundColor: colors.success.ground },
  liveText: { color: colors.success.text, fontWeight: '600' },
  dot: { width: 8, height: 8, borderRadius: radius.round, backgroundColor: colors.bar.Completed },
  tiles: { gap: space.s },
  tileRow: { flexDirection: 'row', gap: space.s },
  tile: { flex: 1, minWidth: 0, padding: space.l, borderRadius: radius.l, borderWidth: 1, borderColor: colors.line, backgroundColor: colors.surface },
  number: { fontVariant: ['tabular-nums'] },
  cards: { flexDirection: 'row', flexWrap: 'wrap', gap: space.l, alignItems: 'stretch' },
  card: { flexGrow: 1, flexBasis: 320, minWidth: 0 },
  person: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  grow: { flex: 1 },
}));
