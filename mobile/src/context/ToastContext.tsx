import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Pressable, StyleSheet, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import { IconButton } from '../components/IconButton';
import { Text } from '../components/Text';
import { newId } from '../domain/id';
import { announce } from '../hooks/useAnnounced';
import { en } from '../strings/en';
import { makeStyles } from '../theme/ThemeContext';
import { radius, space, touch } from '../theme/tokens';

export interface Toast {
  title: string;
  text?: string;
  action?: { title: string; onPress: () => void };
}

const Context = createContext<(toast: Toast) => void>(() => undefined);

const shownFor = 7_000;
const most = 3;

interface Kept extends Toast {
  id: string;
}

// ToastProvider shows short words over everything, the newest on top, and reads them out.
export function ToastProvider({ children }: { children: ReactNode }) {
  const styles = useStyles();
  const insets = useSafeAreaInsets();
  const [toasts, setToasts] = useState<Kept[]>([]);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const all = timers.current;
    return () => all.forEach((timer) => clearTimeout(timer));
  }, []);

  const drop = useCallback((id: string) => setToasts((now) => now.filter((toast) => toast.id !== id)), []);
  const show = useCallback(
    (toast: Toast) => {
      const id = newId();
      announce([toast.title, toast.text].filter(Boolean).join('. '));
      setToasts((now) => [{ ...toast, id }, ...now].slice(0, most));
      const timer = setTimeout(() => {
        timers.current.delete(timer);
        drop(id);
      }, shownFor);
      timers.current.add(timer);
    },
    [drop],
  );

  return (
    <Context.Provider value={show}>
      {children}
      <View style={[styles.area, pass.through, { top: insets.top + space.s }]} aria-live="polite" role="log">
        {toasts.map((toast) => (
          <View key={toast.id} style={styles.toast} testID="toast">
            <View style={styles.words}>
              <Text kind="strong" style={styles.text}>
                {toast.title}
              </Text>
              {toast.text !== undefined && (
                <Text kind="caption" style={styles.text} numberOfLines={3}>
                  {toast.text}
                </Text>
              )}
            </View>
            {toast.action && (
              <Pressable
                role="button"
                aria-label={`${toast.action.title}: ${toast.title}`}
                style={styles.action}
                onPress={() => {
                  toast.action?.onPress();
                  drop(toast.id);
                }}
              >
                <Text kind="strong" style={styles.actionText}>
                  {toast.action.title}
                </Text>
              </Pressable>
            )}
            <IconButton icon="close" label={en.common.dismiss} onPress={() => drop(toast.id)} tone={styles.text.color} />
          </View>
        ))}
      </View>
    </Context.Provider>
  );
}

// useToast returns what shows a toast.
export function useToast(): (toast: Toast) => void {
  return useContext(Context);
}

// useSay shows a single sentence.
export function useSay(): (title: string) => void {
  const show = useToast();
  return useMemo(() => (title: string) => show({ title }), [show]);
}

// Beside a toast the screen can be touched. The web knows "box-none" only from a style sheet.
const pass = StyleSheet.create({ through: { pointerEvents: 'box-none' } });

const useStyles = makeStyles((colors) => ({
  area: { position: 'absolute', left: 0, right: 0, alignItems: 'center', gap: space.s, paddingHorizontal: space.m, zIndex: 10 },
  toast: {
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.s,
    width: '100%',
    maxWidth: 480,
    paddingLeft: space.l,
    paddingVertical: space.xs,
    borderRadius: radius.m,
    backgroundColor: colors.toast.ground,
    boxShadow: `0 6px 24px ${colors.shadow}`,
  },
  words: { flex: 1, paddingVertical: space.xs },
  text: { color: colors.toast.text },
  action: { minHeight: touch, minWidth: touch, justifyContent: 'center', alignItems: 'center' },
  actionText: { color: colors.toastAction },
}));
