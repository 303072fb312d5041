import type { ReactNode } from 'react';
import { KeyboardAvoidingView, Platform, ScrollView, View } from 'react-native';

import { Icon } from '../../components/Icon';
import { Text } from '../../components/Text';
import { en } from '../../strings/en';
import { makeStyles, useTheme } from '../../theme/ThemeContext';
import { radius, space } from '../../theme/tokens';

// AuthFrame is around what somebody sees who is not signed in.
export function AuthFrame({ title, children }: { title: string; children: ReactNode }) {
  const styles = useAuthStyles();
  const { colors } = useTheme();
  return (
    <KeyboardAvoidingView style={styles.screen} behavior={Platform.OS === 'ios' ? 'padding' : undefined}>
      <ScrollView contentContainerStyle={styles.content} keyboardShouldPersistTaps="handled" role="main">
        <View style={styles.brand}>
          <View style={styles.sign}>
            <Icon name="calendar" size={30} color={colors.onAccent} />
          </View>
          <Text kind="display" heading={1} center>
            {en.auth.appName}
          </Text>
          <Text tone="muted" center>
            {en.auth.tagline}
          </Text>
        </View>
        <Text kind="title" heading={2}>
          {title}
        </Text>
        {children}
      </ScrollView>
    </KeyboardAvoidingView>
  );
}

export const useAuthStyles = makeStyles((colors) => ({
  screen: { flex: 1, backgroundColor: colors.ground },
  content: { flexGrow: 1, justifyContent: 'center', width: '100%', maxWidth: 440, alignSelf: 'center', padding: space.l, gap: space.m },
  brand: { alignItems: 'center', gap: space.xs, paddingBottom: space.l },
  sign: { width: 60, height: 60, borderRadius: radius.l, backgroundColor: colors.accent, alignItems: 'center', justifyContent: 'center', marginBottom: space.s },
  other: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', justifyContent: 'center' },
}));
