import type { ComponentRef, ReactNode, RefObject } from 'react';
import { KeyboardAvoidingView, Platform, ScrollView, View, type RefreshControlProps, type ScrollViewProps } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import { useWide } from '../hooks/useWide';
import { en } from '../strings/en';
import { makeStyles } from '../theme/ThemeContext';
import { measure, space } from '../theme/tokens';
import { ConnectionBar } from './ConnectionBar';
import { IconButton } from './IconButton';
import { Text } from './Text';

interface ScreenProps {
  title: string;
  onBack?: () => void;
  actions?: ReactNode;
  // below stays below the title while the rest scrolls.
  below?: ReactNode;
  // footer stays at the bottom.
  footer?: ReactNode;
  // scroll is false where the content scrolls by itself.
  scroll?: boolean;
  // scroller is for who wants to know where the content is scrolled to.
  scroller?: ScrollViewProps & { ref: RefObject<ComponentRef<typeof ScrollView> | null> };
  refresh?: React.ReactElement<RefreshControlProps>;
  roomy?: boolean; // as wide as the screen
  children: ReactNode;
}

// Screen is the frame of every screen: title, connection, content.
export function Screen({ title, onBack, actions, below, footer, scroll = true, scroller, refresh, roomy = false, children }: ScreenProps) {
  const styles = useStyles();
  const insets = useSafeAreaInsets();
  const isWide = useWide();
  const column = [styles.column, roomy && styles.roomy];
  return (
    <KeyboardAvoidingView style={styles.screen} behavior={Platform.OS === 'ios' ? 'padding' : undefined}>
      <View style={[styles.head, { paddingTop: insets.top + (isWide ? space.l : space.s) }]} role="banner">
        <View style={[column, styles.bar]}>
          {onBack && <IconButton icon="back" label={en.common.back} onPress={onBack} style={styles.back} />}
          <Text kind={isWide ? 'display' : 'title'} heading={1} numberOfLines={1} style={styles.title}>
            {title}
          </Text>
          {actions}
        </View>
        {below && <View style={[column, styles.below]}>{below}</View>}
      </View>
      <ConnectionBar />
      <View style={styles.fill} role="main">
        {scroll ? (
          <ScrollView
            style={styles.fill}
            contentContainerStyle={[column, styles.content, { paddingBottom: insets.bottom + space.xl }]}
            keyboardShouldPersistTaps="handled"
            refreshControl={refresh}
            testID="content"
            {...scroller}
          >
            {children}
          </ScrollView>
        ) : (
          children
        )}
      </View>
      {footer && (
        <View style={[styles.footer, { paddingBottom: insets.bottom + space.s }]}>
          <View style={column}>{footer}</View>
        </View>
      )}
    </KeyboardAvoidingView>
  );
}

const useStyles = makeStyles((colors) => ({
  screen: { flex: 1, backgroundColor: colors.ground },
  fill: { flex: 1 },
  head: { backgroundColor: colors.ground },
  bar: { flexDirection: 'row', alignItems: 'center', gap: space.xs, minHeight: 52 },
  back: { marginLeft: -space.m },
  title: { flex: 1 },
  below: { paddingBottom: space.s, gap: space.s },
  column: { width: '100%', maxWidth: measure + 2 * space.l, alignSelf: 'center', paddingHorizontal: space.l },
  roomy: { maxWidth: 1200 },
  content: { flexGrow: 1, gap: space.l, paddingTop: space.s },
  footer: { borderTopWidth: 1, borderTopColor: colors.line, backgroundColor: colors.surface, paddingTop: space.s },
}));
