import type { ReactNode } from 'react';
import { View, type StyleProp, type ViewStyle } from 'react-native';

import { makeStyles } from '../theme/ThemeContext';
import { radius, space } from '../theme/tokens';
import { Text } from './Text';

// Card holds what belongs together.
export function Card({ title, action, style, children }: { title?: string; action?: ReactNode; style?: StyleProp<ViewStyle>; children: ReactNode }) {
  const styles = useStyles();
  return (
    <View style={[styles.card, style]} role={title === undefined ? undefined : 'region'} aria-label={title}>
      {title !== undefined && (
        <View style={styles.head}>
          <Text kind="strong" heading={2} style={styles.title}>
            {title}
          </Text>
          {action}
        </View>
      )}
      {children}
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  card: {
    backgroundColor: colors.surface,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: colors.line,
    padding: space.l,
    gap: space.m,
  },
  head: { flexDirection: 'row', alignItems: 'center', gap: space.s },
  title: { flex: 1 },
}));
