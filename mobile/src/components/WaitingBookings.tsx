import { useCallback, useSyncExternalStore } from 'react';
import { View } from 'react-native';

import { useServices } from '../context/ServicesContext';
import type { Submission } from '../services/submissions';
import { en } from '../strings/en';
import { makeStyles } from '../theme/ThemeContext';
import { radius, space } from '../theme/tokens';
import { Button } from './Button';
import { Text } from './Text';

// useSubmissions are the bookings on their way to the server.
export function useSubmissions(): readonly Submission[] {
  const { submissions } = useServices();
  const subscribe = useCallback((tell: () => void) => submissions.onChange(tell), [submissions]);
  return useSyncExternalStore(subscribe, () => submissions.list);
}

// WaitingBookings says what has not reached the server yet.
export function WaitingBookings() {
  const styles = useStyles();
  const { submissions } = useServices();
  const waiting = useSubmissions().filter((one) => one.waiting);
  if (waiting.length === 0) {
    return null;
  }
  return (
    <View style={styles.box} role="status" aria-live="polite" testID="waiting">
      <Text kind="strong" style={styles.text}>
        {en.bookings.waiting(waiting.length)}
      </Text>
      <Text kind="caption" style={styles.text}>
        {en.bookings.form.waitingText}
      </Text>
      {waiting.map(({ key, body }) => (
        <View key={key} style={styles.row}>
          <Text kind="caption" style={[styles.text, styles.grow]} numberOfLines={1}>
            {body.brand} {body.model}
          </Text>
          <Button kind="plain" title={en.bookings.form.discard} label={`${en.bookings.form.discard}: ${body.brand} ${body.model}`} onPress={() => submissions.discard(key)} />
        </View>
      ))}
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  box: { backgroundColor: colors.warning.ground, borderRadius: radius.m, padding: space.m, gap: space.xs },
  text: { color: colors.warning.text },
  row: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  grow: { flex: 1 },
}));
