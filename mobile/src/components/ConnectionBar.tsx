import { useEffect, useState } from 'react';
import { Pressable, View } from 'react-native';

import { useServices } from '../context/ServicesContext';
import { useAnnounced } from '../hooks/useAnnounced';
import { useConnection } from '../hooks/useConnection';
import { en } from '../strings/en';
import { makeStyles } from '../theme/ThemeContext';
import { space, touch } from '../theme/tokens';
import { Text } from './Text';

// A line that is back within this time was never worth a word.
const patience = 800;

// ConnectionBar says honestly when what is shown may be old.
export function ConnectionBar() {
  const styles = useStyles();
  const { socket } = useServices();
  const state = useConnection();
  const down = state === 'offline' || state === 'refused';
  const shown = useLater(down, patience);
  const text = state === 'refused' ? en.connection.refused : en.connection.offline;
  useAnnounced(down && shown ? text : undefined);
  if (!down || !shown) {
    return null;
  }
  return (
    <View style={styles.bar} role="status" aria-live="polite" testID="offline">
      <Text kind="caption" style={styles.text}>
        {text}
      </Text>
      {state === 'offline' && (
        <Pressable role="button" aria-label={en.connection.reconnect} onPress={() => socket.wake()} style={styles.button}>
          <Text kind="caption" style={[styles.text, styles.link]}>
            {en.common.retry}
          </Text>
        </Pressable>
      )}
    </View>
  );
}

// useLater is true once a condition has held for a while.
function useLater(condition: boolean, after: number): boolean {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (!condition) {
      return undefined;
    }
    const timer = setTimeout(() => setHeld(true), after);
    return () => {
      clearTimeout(timer);
      setHeld(false);
    };
  }, [condition, after]);
  return condition && held;
}

const useStyles = makeStyles((colors) => ({
  bar: {
    flexDirection: 'row',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'center',
    gap: space.s,
    paddingHorizontal: space.l,
    backgroundColor: colors.warning.ground,
  },
  text: { color: colors.warning.text, paddingVertical: space.s },
  button: { minHeight: touch, justifyContent: 'center' },
  link: { fontWeight: '700', textDecorationLine: 'underline' },
}));
