import { Pressable, View } from 'react-native';

import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, space, touch } from '../theme/tokens';
import { Icon } from './Icon';
import { Text } from './Text';

interface OptionsProps<V> {
  label: string;
  options: readonly { value: V; title: string; note?: string }[];
  value: V;
  onChange: (value: V) => void;
}

// Options are a choice of one among many, one below the other.
export function Options<V extends string | undefined>({ label, options, value, onChange }: OptionsProps<V>) {
  const styles = useStyles();
  const { colors } = useTheme();
  return (
    <View role="radiogroup" aria-label={label} style={styles.list}>
      {options.map((option) => {
        const chosen = option.value === value;
        return (
          <Pressable
            key={option.value ?? ''}
            role="radio"
            aria-checked={chosen}
            aria-label={option.note === undefined ? option.title : `${option.title}, ${option.note}`}
            onPress={() => onChange(option.value)}
            style={({ pressed }) => [styles.option, chosen && styles.chosen, pressed && styles.pressed]}
          >
            <View style={styles.words}>
              <Text kind={chosen ? 'strong' : 'body'}>{option.title}</Text>
              {option.note !== undefined && (
                <Text kind="caption" tone="muted">
                  {option.note}
                </Text>
              )}
            </View>
            {chosen && <Icon name="check" color={colors.link} />}
          </Pressable>
        );
      })}
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  list: { gap: space.xs },
  option: { minHeight: touch, flexDirection: 'row', alignItems: 'center', gap: space.s, paddingHorizontal: space.m, paddingVertical: space.s, borderRadius: radius.m },
  chosen: { backgroundColor: colors.accentSoft.ground },
  pressed: { opacity: 0.7 },
  words: { flex: 1, minWidth: 0 },
}));
