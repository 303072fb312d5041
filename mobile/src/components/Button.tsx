import { ActivityIndicator, Pressable, type StyleProp, type ViewStyle } from 'react-native';

import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, space, touch } from '../theme/tokens';
import { Icon, type IconName } from './Icon';
import { Text } from './Text';

type Kind = 'primary' | 'secondary' | 'danger' | 'plain';

interface ButtonProps {
  title: string;
  onPress: () => void;
  kind?: Kind;
  icon?: IconName;
  // busy shows that it works, and takes no more presses.
  busy?: boolean;
  disabled?: boolean;
  role?: 'button' | 'link'; // a link leads out of the app
  label?: string; // for screen readers, where the title alone says too little
  style?: StyleProp<ViewStyle>;
}

export function Button({ title, onPress, kind = 'primary', icon, busy = false, disabled = false, role = 'button', label, style }: ButtonProps) {
  const styles = useStyles();
  const { colors } = useTheme();
  const off = busy || disabled;
  const tone = ({ primary: 'onAccent', danger: 'onDanger', secondary: 'text', plain: 'link' } as const)[kind];
  return (
    <Pressable
      role={role}
      aria-label={label ?? title}
      aria-disabled={off}
      aria-busy={busy}
      disabled={off}
      onPress={onPress}
      style={({ pressed }) => [styles.button, styles[kind], pressed && styles.pressed, disabled && styles.disabled, style]}
    >
      {busy ? <ActivityIndicator size="small" color={colors[tone]} /> : icon && <Icon name={icon} size={20} color={colors[tone]} />}
      <Text kind="strong" tone={tone} center style={styles.title}>
        {title}
      </Text>
    </Pressable>
  );
}

const useStyles = makeStyles((colors) => ({
  button: {
    minHeight: touch,
    flexDirection: 'row',
    alignItems: 'center',
    justifyContent: 'center',
    gap: space.s,
    paddingHorizontal: space.l,
    paddingVertical: space.s,
    borderRadius: radius.m,
    borderWidth: 1,
    borderColor: 'transparent',
    maxWidth: '100%',
  },
  primary: { backgroundColor: colors.accent },
  danger: { backgroundColor: colors.danger },
  secondary: { backgroundColor: colors.surface, borderColor: colors.strongLine },
  plain: { paddingHorizontal: space.s },
  pressed: { opacity: 0.8 },
  disabled: { opacity: 0.5 },
  title: { flexShrink: 1 },
}));
