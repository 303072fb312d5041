import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useColorScheme, type ImageStyle, type TextStyle, type ViewStyle } from 'react-native';

import { useServices } from '../context/ServicesContext';
import { dark, light, type Palette } from './tokens';

export type Appearance = 'system' | 'light' | 'dark';

interface Theme {
  colors: Palette;
  dark: boolean;
  appearance: Appearance;
  choose: (appearance: Appearance) => void;
}

const key = 'desk.appearance';

const Context = createContext<Theme>({ colors: light, dark: false, appearance: 'system', choose: () => undefined });

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { storage } = useServices();
  const system = useColorScheme();
  const [appearance, setAppearance] = useState<Appearance>('system');

  useEffect(() => {
    void storage.read(key).then((kept) => {
      if (kept === 'light' || kept === 'dark') {
        setAppearance(kept);
      }
    });
  }, [storage]);

  const theme = useMemo<Theme>(() => {
    const isDark = appearance === 'system' ? system === 'dark' : appearance === 'dark';
    return {
      colors: isDark ? dark : light,
      dark: isDark,
      appearance,
      choose: (chosen) => {
        setAppearance(chosen);
        void storage.write(key, chosen);
      },
    };
  }, [appearance, system, storage]);

  return <Context.Provider value={theme}>{children}</Context.Provider>;
}

export function useTheme(): Theme {
  return useContext(Context);
}

type Styles = Record<string, ViewStyle | TextStyle | ImageStyle>;

// makeStyles returns a hook that makes styles of the palette: once for each of the two.
export function makeStyles<S extends Styles>(make: (colors: Palette) => S): () => S {
  const made = new Map<Palette, S>();
  return function useStyles() {
    const { colors } = useTheme();
    let styles = made.get(colors);
    if (styles === undefined) {
      styles = make(colors);
      made.set(colors, styles);
    }
    return styles;
  };
}
