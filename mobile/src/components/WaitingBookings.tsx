import { useCallback, useSyncExternalStore } from 'react';
import { View } from 'react-native';

import { useServices } from '../context/ServicesContext';
import type { Submission } from '../services/submissions';
import { en } from '../strings/en';
import { makeStyles } from '../theme/ThemeContext';
import { radius, space } from '../theme/tokens';
import { Button } from './Button';
import { Text } from './Text';

const t = en.bookings.form;

// useSubmissions are the bookings on their way to the server.
export function useSubmissions(): readonly Submission[] {
  const { submissions } = useServices();
  const subscribe = useCallback((tell: () => void) => submissions.onChange(tell), [submissions]);
  return useSyncExternalStore(subscribe, () => submissions.list);
}

// WaitingBookings says what has not reached the server yet, and what the server did not take. onCorrect opens one of these
// in the form again.
export function WaitingBookings({ onCorrect }: { onCorrect?: (key: string) => void }) {
  const styles = useStyles();
  const all = useSubmissions();
  const waiting = all.filter((one) => one.waiting);
  const refused = all.filter((one) => one.refusal !== undefined);
  return (
    <>
      {waiting.length > 0 && (
        <View style={styles.box} role="status" aria-live="polite" testID="waiting">
          <Text kind="strong" style={styles.text}>
            {en.bookings.waiting(waiting.length)}
          </Text>
          <Text kind="caption" style={styles.text}>
            {t.waitingText}
          </Text>
          {waiting.map((one) => (
            <Row key={one.key} one={one} />
          ))}
        </View>
      )}
      {onCorrect !== undefined && refused.length > 0 && (
        <View style={styles.box} role="status" aria-live="polite" testID="refused">
          <Text kind="strong" style={styles.text}>
            {en.bookings.refused(refused.length)}
          </Text>
          {refused.map((one) => (
            <Row key={one.key} one={one} onCorrect={onCorrect} />
          ))}
        </View>
      )}
    </>
  );
}

function Row({ one: { key, body, refusal }, onCorrect }: { one: Submission; onCorrect?: (key: string) => void }) {
  const styles = useStyles();
  const { submissions } = useServices();
  const what = `${body.brand} ${body.model}`;
  return (
    <View style={styles.row}>
      <Text kind="caption" style={[styles.text, styles.grow]} numberOfLines={2}>
        {refusal === undefined ? what : `${what}: ${refusal.message}`}
      </Text>
      {onCorrect !== undefined && <Button kind="plain" title={t.correct} label={`${t.correct}: ${what}`} onPress={() => onCorrect(key)} />}
      <Button kind="plain" title={t.discard} label={`${t.discard}: ${what}`} onPress={() => submissions.discard(key)} />
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  box: { backgroundColor: colors.warning.ground, borderRadius: radius.m, padding: space.m, gap: space.xs },
  text: { color: colors.warning.text },
  row: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', gap: space.s },
  grow: { flexGrow: 1, flexShrink: 1, flexBasis: 160 },
}));
