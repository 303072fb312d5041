import { useCallback, useEffect, useRef, useState } from 'react';
import { TextInput, View } from 'react-native';

import { useServices } from '../context/ServicesContext';
import { limits } from '../domain/validate';
import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, space, touch } from '../theme/tokens';
import { type } from '../theme/type';
import { IconButton } from './IconButton';
import { Text } from './Text';

const t = en.bookings.detail;

// The server forgets after six seconds that somebody is typing: it is told again before, and at once when they stop.
const sayAgain = 3_000;
const rest = 4_000;

interface MessageBoxProps {
  bookingId: string;
  typing: string[]; // names
  onSend: (text: string) => void;
}

// MessageBox writes messages, and lets the others see that somebody does.
export function MessageBox({ bookingId, typing, onSend }: MessageBoxProps) {
  const styles = useStyles();
  const { colors } = useTheme();
  const { socket } = useServices();
  const [text, setText] = useState('');
  const said = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const stop = useCallback(() => {
    clearTimeout(timer.current);
    if (said.current !== 0) {
      said.current = 0;
      socket.emit('typing', { bookingId, isTyping: false });
    }
  }, [socket, bookingId]);
  useEffect(() => stop, [stop]);

  const write = (now: string) => {
    setText(now);
    clearTimeout(timer.current);
    if (now.trim() === '') {
      stop();
      return;
    }
    if (Date.now() - said.current > sayAgain) {
      said.current = Date.now();
      socket.emit('typing', { bookingId, isTyping: true });
    }
    timer.current = setTimeout(stop, rest);
  };
  const send = () => {
    if (text.trim() !== '') {
      onSend(text.trim());
      setText('');
      stop();
    }
  };

  return (
    <View>
      <Text kind="caption" tone="muted" style={styles.typing} aria-live="polite" testID="typing">
        {typing.length > 0 ? t.typing(typing.join(', ')) : ' '}
      </Text>
      <View style={styles.row}>
        <TextInput
          value={text}
          onChangeText={write}
          onSubmitEditing={send}
          submitBehavior="submit"
          aria-label={t.message}
          placeholder={t.messagePlaceholder}
          placeholderTextColor={colors.muted}
          maxLength={limits.message}
          multiline
          numberOfLines={1}
          style={styles.input}
        />
        <IconButton icon="send" label={t.send} onPress={send} disabled={text.trim() === ''} filled />
      </View>
    </View>
  );
}

const useStyles = makeStyles((colors) => ({
  typing: { minHeight: 18 },
  row: { flexDirection: 'row', alignItems: 'flex-end', gap: space.s },
  input: {
    ...type.body,
    flex: 1,
    minWidth: 0,
    minHeight: touch,
    maxHeight: 140,
    color: colors.text,
    backgroundColor: colors.sunken,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: colors.strongLine,
    paddingHorizontal: space.m,
    paddingVertical: space.s + 2,
  },
}));
