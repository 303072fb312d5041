import { Pressable, ScrollView } from 'react-native';

import { makeStyles } from '../theme/ThemeContext';
import { radius, space, touch } from '../theme/tokens';
import { Text } from './Text';

interface ChipsProps<V> {
  label: string;
  options: readonly { value: V; title: string }[];
  value: V;
  onChange: (value: V) => void;
}

// Chips are a choice of one among few, in a row that scrolls where it has to.
export function Chips<V extends string | undefined>({ label, options, value, onChange }: ChipsProps<V>) {
  const styles = useStyles();
  return (
    <ScrollView horizontal showsHorizontalScrollIndicator={false} contentContainerStyle={styles.row} style={styles.scroll} role="radiogroup" aria-label={label}>
      {options.map((option) => {
        const chosen = option.value === value;
        return (
          <Pressable
            key={option.title}
            role="radio"
            aria-checked={chosen}
            aria-label={option.title}
            onPress={() => onChange(option.value)}
            style={({ pressed }) => [styles.chip, chosen && styles.chosen, pressed && styles.pressed]}
          >
            <Text kind="caption" tone={chosen ? 'onAccent' : 'text'} style={styles.title}>
              {option.title}
            </Text>
          </Pressable>
        );
      })}
    </ScrollView>
  );
}

const useStyles = makeStyles((colors) => ({
  scroll: { flexGrow: 0 },
  row: { gap: space.s, paddingVertical: 2 },
  chip: {
    minHeight: touch - 6,
    justifyContent: 'center',
    paddingHorizontal: space.l,
    borderRadius: radius.round,
    borderWidth: 1,
    borderColor: colors.strongLine,
    backgroundColor: colors.surface,
  },
  chosen: { backgroundColor: colors.accent, borderColor: colors.accent },
  pressed: { opacity: 0.8 },
  title: { fontWeight: '600' },
}));
