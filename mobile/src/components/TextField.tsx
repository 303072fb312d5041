import { useId, useState, type Ref } from 'react';
import { TextInput, View, type TextInput as NativeTextInput, type TextInputProps } from 'react-native';

import { useAnnounced } from '../hooks/useAnnounced';
import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { radius, space, touch } from '../theme/tokens';
import { type } from '../theme/type';
import { IconButton } from './IconButton';
import { Text } from './Text';

export interface TextFieldProps extends Omit<TextInputProps, 'style'> {
  label: string;
  error?: string;
  hint?: string;
  // secret hides what is typed, until somebody asks to see it.
  secret?: boolean;
  ref?: Ref<NativeTextInput>;
}

export function TextField({ label, error, hint, secret = false, multiline, ref, ...input }: TextFieldProps) {
  const styles = useStyles();
  const { colors } = useTheme();
  const [shown, setShown] = useState(false);
  const [focused, setFocused] = useState(false);
  const id = useId();
  const note = error ?? hint;
  useAnnounced(error && `${label}: ${error}`);
  return (
    <View style={styles.field}>
      <Text kind="caption" tone="muted" style={styles.label} aria-hidden>
        {label}
      </Text>
      <View style={[styles.frame, focused && styles.focused, error !== undefined && styles.wrong]}>
        <TextInput
          ref={ref}
          aria-label={label}
          aria-describedby={note === undefined ? undefined : `${id}-note`}
          aria-invalid={error !== undefined}
          accessibilityHint={note}
          placeholderTextColor={colors.muted}
          secureTextEntry={secret && !shown}
          multiline={multiline}
          {...input}
          onFocus={(event) => {
            setFocused(true);
            input.onFocus?.(event);
          }}
          onBlur={(event) => {
            setFocused(false);
            input.onBlur?.(event);
          }}
          style={[styles.input, multiline && styles.tall]}
        />
        {secret && <IconButton icon="eye" label={shown ? en.auth.hidePassword : en.auth.showPassword} onPress={() => setShown(!shown)} />}
      </View>
      {note !== undefined && (
        <Text
          nativeID={`${id}-note`}
          kind="caption"
          tone={error === undefined ? 'muted' : 'dangerText'}
          aria-live={error === undefined ? undefined : 'polite'}
        >
          {note}
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
  focused: { borderColor: colors.accent, boxShadow: `0 0 0 1px ${colors.accent}` },
  wrong: { borderColor: colors.dangerText },
  input: {
    ...type.body,
    flex: 1,
    minWidth: 0,
    color: colors.text,
    paddingHorizontal: space.m,
    paddingVertical: space.s + 2,
    outlineStyle: 'none' as 'solid', // the frame shows where the focus is
  },
  tall: { minHeight: 88, textAlignVertical: 'top' },
}));
