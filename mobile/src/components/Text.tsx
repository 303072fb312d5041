import { Text as NativeText, type StyleProp, type TextProps as NativeTextProps, type TextStyle } from 'react-native';

import { useTheme } from '../theme/ThemeContext';
import type { Palette } from '../theme/tokens';
import { type } from '../theme/type';

export interface TextProps extends NativeTextProps {
  kind?: keyof typeof type;
  tone?: keyof { [K in keyof Palette as Palette[K] extends string ? K : never]: true };
  // heading makes it a heading of that level for screen readers.
  heading?: 1 | 2 | 3;
  center?: boolean;
}

// Text is every text of the app. It grows with the reader's setting.
export function Text({ kind = 'body', tone = 'text', heading, center, style, ...rest }: TextProps) {
  const { colors } = useTheme();
  const styles: StyleProp<TextStyle> = [type[kind], { color: colors[tone] }, center && { textAlign: 'center' }, style];
  return <NativeText style={styles} {...(heading ? { role: 'heading', 'aria-level': heading } : {})} {...rest} />;
}
