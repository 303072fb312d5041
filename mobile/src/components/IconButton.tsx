import { Pressable, type StyleProp, View, type ViewStyle } from 'react-native';

import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, touch } from '../theme/tokens';
import { Icon, type IconName } from './Icon';
import { Text } from './Text';

interface IconButtonProps {
  icon: IconName;
  label: string;
  onPress: () => void;
  badge?: number;
  disabled?: boolean;
  filled?: boolean;
  tone?: string; // the icon's colour
  style?: StyleProp<ViewStyle>;
}

export function IconButton({ icon, label, onPress, badge = 0, disabled = false, filled = false, tone, style }: IconButtonProps) {
  const styles = useStyles();
  const { colors } = useTheme();
  return (
    <Pressable
      role="button"
      aria-label={label}
      aria-disabled={disabled}
      disabled={disabled}
      onPress={onPress}
      style={({ pressed }) => [styles.button, filled && styles.filled, (pressed || disabled) && styles.dim, style]}
    >
      <Icon name={icon} color={tone ?? (filled ? colors.onAccent : colors.text)} />
      {badge > 0 && <Badge count={badge} style={styles.badge} />}
    </Pressable>
  );
}

// Badge is a number on something. The number is for the eye: labels say it in words.
export function Badge({ count, style }: { count: number; style?: StyleProp<ViewStyle> }) {
  const styles = useStyles();
  return (
    <View style={[styles.count, style]} aria-hidden>
      <Text kind="caption" tone="onDanger" style={styles.number} maxFontSizeMultiplier={1.2}>
        {count > 99 ? '99+' : count}
      </Text>
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  button: { width: touch, height: touch, borderRadius: radius.round, alignItems: 'center', justifyContent: 'center' },
  filled: { backgroundColor: colors.accent },
  dim: { opacity: 0.6 },
  badge: { position: 'absolute', top: 2, right: 0 },
  count: {
    minWidth: 20,
    height: 20,
    paddingHorizontal: 5,
    borderRadius: radius.round,
    backgroundColor: colors.danger,
    alignItems: 'center',
    justifyContent: 'center',
  },
  number: { fontSize: 12, lineHeight: 16, fontWeight: '700' },
}));
