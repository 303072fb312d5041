import { useEffect, useRef, useState } from 'react';
import { TextInput, View } from 'react-native';

import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, space, touch } from '../theme/tokens';
import { type } from '../theme/type';
import { Icon } from './Icon';
import { IconButton } from './IconButton';

interface SearchFieldProps {
  value: string;
  // onSearch is told what is searched for, once the typing rests.
  onSearch: (text: string) => void;
  hint: string;
  delay?: number; // milliseconds
}

export function SearchField({ value, onSearch, hint, delay = 300 }: SearchFieldProps) {
  const styles = useStyles();
  const { colors } = useTheme();
  const [text, setText] = useState(value);
  const [outside, setOutside] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (outside !== value) {
    setOutside(value);
    if (value !== text.trim()) {
      setText(value); // cleared from elsewhere
    }
  }
  useEffect(() => () => clearTimeout(timer.current), []);

  const write = (now: string, wait: number) => {
    setText(now);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(now.trim()), wait);
  };
  return (
    <View style={styles.frame} accessibilityRole="search">
      <Icon name="search" size={20} color={colors.muted} />
      <TextInput
        value={text}
        onChangeText={(now) => write(now, delay)}
        onSubmitEditing={() => write(text, 0)}
        aria-label={en.bookings.search}
        placeholder={hint}
        placeholderTextColor={colors.muted}
        returnKeyType="search"
        autoCapitalize="none"
        autoCorrect={false}
        maxLength={100}
        style={styles.input}
      />
      {text !== '' && <IconButton icon="close" label={en.bookings.clearSearch} onPress={() => write('', 0)} />}
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  frame: {
    flexDirection: 'row',
    alignItems: 'center',
    minHeight: touch,
    paddingLeft: space.m,
    borderRadius: radius.round,
    borderWidth: 1,
    borderColor: colors.strongLine,
    backgroundColor: colors.surface,
  },
  input: { ...type.body, flex: 1, minWidth: 0, color: colors.text, paddingHorizontal: space.s, paddingVertical: space.s },
}));
