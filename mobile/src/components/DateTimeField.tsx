import DateTimePicker, { DateTimePickerAndroid, type DateTimePickerEvent } from '@react-native-community/datetimepicker';
import { useState } from 'react';
import { Platform, View } from 'react-native';

import { momentText } from '../domain/dates';
import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { space } from '../theme/tokens';
import { Button } from './Button';
import type { DateTimeFieldProps } from './DateTimeField.types';
import { Text } from './Text';

// A first suggestion: tomorrow at ten.
function suggestion(): Date {
  const date = new Date();
  date.setDate(date.getDate() + 1);
  date.setHours(10, 0, 0, 0);
  return date;
}

// DateTimeField asks for a day and a time with the phone's own pickers.
export function DateTimeField({ label, value, onChange, error, earliest }: DateTimeFieldProps) {
  const styles = useStyles();
  const { dark } = useTheme();
  const [open, setOpen] = useState(false);
  const date = value === undefined ? suggestion() : new Date(value);

  const pick = () => {
    if (Platform.OS !== 'android') {
      setOpen(!open);
      return;
    }
    const ask = (mode: 'date' | 'time', from: Date, then: (chosen: Date) => void) =>
      DateTimePickerAndroid.open({
        value: from,
        mode,
        is24Hour: true,
        minimumDate: earliest,
        onChange: (event: DateTimePickerEvent, chosen?: Date) => event.type === 'set' && chosen && then(chosen),
      });
    ask('date', date, (day) => ask('time', day, (moment) => onChange(moment.toISOString())));
  };

  return (
    <View style={styles.field}>
      <Text kind="caption" tone="muted" style={styles.label} aria-hidden>
        {label}
      </Text>
      <Button
        kind="secondary"
        icon="calendar"
        title={value === undefined ? en.date.pick : momentText(value, new Date())}
        label={`${label}: ${value === undefined ? en.date.none : momentText(value, new Date())}`}
        onPress={pick}
      />
      {open && Platform.OS === 'ios' && (
        <DateTimePicker
          value={date}
          mode="datetime"
          display="inline"
          minimumDate={earliest}
          themeVariant={dark ? 'dark' : 'light'}
          onChange={(_, chosen) => chosen && onChange(chosen.toISOString())}
        />
      )}
      {value !== undefined && <Button kind="plain" title={en.date.clear} onPress={() => onChange(undefined)} />}
      {error !== undefined && (
        <Text kind="caption" tone="dangerText" aria-live="polite">
          {error}
        </Text>
      )}
    </View>
  );
}

const useStyles = makeStyles(() => ({ field: { gap: space.xs }, label: { fontWeight: '600' } }));
