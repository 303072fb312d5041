import type { ReactNode } from 'react';
import { Modal, Pressable, ScrollView, View } from 'react-native';

import { useWide } from '../hooks/useWide';
import { en } from '../strings/en';
import { makeStyles } from '../theme/ThemeContext';
import { radius, space } from '../theme/tokens';
import { IconButton } from './IconButton';
import { Text } from './Text';

interface DialogProps {
  title: string;
  visible: boolean;
  onClose: () => void;
  footer?: ReactNode;
  children?: ReactNode;
}

// Dialog asks for something before all else: at the bottom of a phone, in the middle of a desk's screen. Escape, the back
// gesture and a touch beside it close it.
export function Dialog({ title, visible, onClose, footer, children }: DialogProps) {
  const styles = useStyles();
  const isWide = useWide();
  return (
    <Modal visible={visible} transparent animationType="fade" onRequestClose={onClose}>
      <View style={[styles.shade, isWide && styles.middle]}>
        <Pressable style={styles.beside} onPress={onClose} aria-hidden tabIndex={-1} focusable={false} />
        <View style={[styles.box, isWide && styles.card]} role="dialog" aria-modal aria-label={title}>
          <View style={styles.head}>
            <Text kind="title" heading={2} style={styles.title}>
              {title}
            </Text>
            <IconButton icon="close" label={en.common.close} onPress={onClose} />
          </View>
          {children !== undefined && (
            <ScrollView style={styles.body} contentContainerStyle={styles.content} keyboardShouldPersistTaps="handled">
              {children}
            </ScrollView>
          )}
          {footer && <View style={styles.footer}>{footer}</View>}
        </View>
      </View>
    </Modal>
  );
}

const useStyles = makeStyles((colors) => ({
  shade: { flex: 1, justifyContent: 'flex-end', alignItems: 'center', backgroundColor: colors.shade },
  middle: { justifyContent: 'center', padding: space.xl },
  beside: { position: 'absolute', top: 0, bottom: 0, left: 0, right: 0, cursor: 'auto' },
  box: {
    width: '100%',
    maxWidth: 560,
    maxHeight: '90%',
    backgroundColor: colors.surface,
    borderTopLeftRadius: radius.l,
    borderTopRightRadius: radius.l,
    paddingBottom: space.l,
  },
  card: { borderRadius: radius.l },
  head: { flexDirection: 'row', alignItems: 'center', paddingLeft: space.l, paddingRight: space.s, paddingTop: space.s },
  title: { flex: 1 },
  body: { flexGrow: 0 },
  content: { paddingHorizontal: space.l, paddingVertical: space.s, gap: space.m },
  footer: { flexDirection: 'row', flexWrap: 'wrap', justifyContent: 'flex-end', gap: space.s, paddingHorizontal: space.l, paddingTop: space.s },
}));
