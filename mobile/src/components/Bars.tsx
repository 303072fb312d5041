import { View } from 'react-native';

import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, space } from '../theme/tokens';
import { Text } from './Text';

interface Bar {
  label: string;
  count: number;
  color?: string;
}

// Bars compares a few numbers: one row each, the longest as wide as there is room.
export function Bars({ bars }: { bars: readonly Bar[] }) {
  const styles = useStyles();
  const { colors } = useTheme();
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  if (bars.length === 0) {
    return <Text tone="muted">{en.desk.noData}</Text>;
  }
  return (
    <View style={styles.rows} role="list">
      {bars.map((bar) => (
        <View key={bar.label} style={styles.row} role="listitem" aria-label={en.desk.bar(bar.label, bar.count)}>
          <Text kind="caption" style={styles.label} numberOfLines={1}>
            {bar.label}
          </Text>
          <View style={styles.track}>
            <View style={[styles.bar, { width: `${(100 * bar.count) / most}%`, backgroundColor: bar.color ?? colors.accent }]} />
          </View>
          <Text kind="caption" style={styles.count}>
            {bar.count}
          </Text>
        </View>
      ))}
    </View>
  );
}

// Columns shows a number over time: one column each.
export function Columns({ bars }: { bars: readonly Bar[] }) {
  const styles = useStyles();
  const { colors } = useTheme();
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  if (bars.length === 0) {
    return <Text tone="muted">{en.desk.noData}</Text>;
  }
  return (
    <View style={styles.columns} role="list">
      {bars.map((bar) => (
        <View key={bar.label} style={styles.column} role="listitem" aria-label={en.desk.bar(bar.label, bar.count)}>
          <Text kind="caption" tone="muted">
            {bar.count}
          </Text>
          <View style={styles.shaft}>
            <View style={[styles.rise, { height: `${(100 * bar.count) / most}%`, backgroundColor: bar.color ?? colors.accent }]} />
          </View>
          <Text kind="caption" tone="muted" numberOfLines={1}>
            {bar.label}
          </Text>
        </View>
      ))}
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  rows: { gap: space.s },
  row: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  label: { width: 130 },
  track: { flex: 1, height: 14, borderRadius: radius.round, backgroundColor: colors.sunken, overflow: 'hidden' },
  bar: { height: '100%', borderRadius: radius.round },
  count: { minWidth: 36, textAlign: 'right', fontVariant: ['tabular-nums'] },
  columns: { flexDirection: 'row', alignItems: 'flex-end', gap: space.s },
  column: { flex: 1, minWidth: 0, alignItems: 'center', gap: space.xs },
  shaft: { height: 110, width: '100%', maxWidth: 44, justifyContent: 'flex-end', backgroundColor: colors.sunken, borderRadius: radius.s, overflow: 'hidden' },
  rise: { width: '100%', borderRadius: radius.s },
}));
