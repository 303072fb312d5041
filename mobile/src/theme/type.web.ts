import { sizes } from './tokens';

// The size that sizes are designed at: a browser's unless its reader chose another.
const root = 16;

const rem = (size: number) => `${size / root}rem` as unknown as number; // styles of the web take units, their types do not

// A browser scales what is given in rem by its reader's setting, and nothing in pixels.
export const type = Object.fromEntries(
  Object.entries(sizes).map(([kind, size]) => [kind, { ...size, fontSize: rem(size.fontSize), lineHeight: rem(size.lineHeight) }]),
) as unknown as typeof sizes;

// family is what react-native-web writes every text in.
export const family = '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, Helvetica, Arial, sans-serif';
