import { createElement } from 'react';
import { View } from 'react-native';

import { dayOf, timeText } from '../domain/dates';
import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, space, touch } from '../theme/tokens';
import { family, type } from '../theme/type';
import type { DateTimeFieldProps } from './DateTimeField.types';
import { IconButton } from './IconButton';
import { Text } from './Text';

const local = (moment: string | Date) => `${dayOf(moment)}T${timeText(new Date(moment).toISOString())}`;

// DateTimeField is the browser's own field for a day and a time, in the reader's time zone.
export function DateTimeField({ label, value, onChange, error, earliest }: DateTimeFieldProps) {
  const styles = useStyles();
  const { colors, dark } = useTheme();
  return (
    <View style={styles.field}>
      <Text kind="caption" tone="muted" style={styles.label} aria-hidden>
        {label}
      </Text>
      <View style={[styles.frame, error !== undefined && styles.wrong]}>
        {createElement('input', {
          type: 'datetime-local',
          'aria-label': label,
          'aria-invalid': error !== undefined,
          value: value === undefined ? '' : local(value),
          min: earliest && local(earliest),
          onChange: (event: { target: { value: string } }) => {
            const date = new Date(event.target.value);
            onChange(Number.isNaN(date.getTime()) ? undefined : date.toISOString());
          },
          style: {
            flex: 1,
            minWidth: 0,
            font: 'inherit',
            fontFamily: family,
            fontSize: type.body.fontSize,
            padding: `${space.s}px ${space.m}px`,
            border: 'none',
            outlineColor: colors.accent,
            borderRadius: radius.m,
            background: 'transparent',
            color: colors.text,
            colorScheme: dark ? 'dark' : 'light',
          },
        })}
        {value !== undefined && <IconButton icon="close" label={en.date.clear} onPress={() => onChange(undefined)} />}
      </View>
      {error !== undefined && (
        <Text kind="caption" tone="dangerText" aria-live="polite">
          {error}
        </Text>
      )}
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  field: { gap: space.xs },
  label: { fontWeight: '600' },
  frame: {
    flexDirection: 'row',
    alignItems: 'center',
    minHeight: touch,
    borderWidth: 1,
    borderColor: colors.strongLine,
    borderRadius: radius.m,
    backgroundColor: colors.surface,
  },
  wrong: { borderColor: colors.dangerText },
}));
