import { DarkTheme, DefaultTheme, NavigationContainer, useNavigationContainerRef } from '@react-navigation/native';
import { createNativeStackNavigator } from '@react-navigation/native-stack';
import { useCallback, useMemo } from 'react';
import { View } from 'react-native';

import { Button } from '../components/Button';
import { Empty, Loading } from '../components/States';
import { useAuth } from '../context/AuthContext';
import { NewPersonScreen } from '../screens/admin/NewPersonScreen';
import { PersonScreen } from '../screens/admin/PersonScreen';
import { SignInScreen } from '../screens/auth/SignInScreen';
import { SignUpScreen } from '../screens/auth/SignUpScreen';
import { NewBookingScreen } from '../screens/customer/NewBookingScreen';
import { BookingScreen } from '../screens/shared/BookingScreen';
import { en } from '../strings/en';
import { makeStyles, useTheme } from '../theme/ThemeContext';
import { family } from '../theme/type';
import { linking, type StackParams } from './routes';
import { Session } from './Session';
import { Tabs } from './Tabs';

// On the web the menu and titles of the navigation are written as everything else is.
const fonts = family === undefined ? {} : { fonts: { regular: weight('400'), medium: weight('500'), bold: weight('600'), heavy: weight('700') } };

function weight(fontWeight: '400' | '500' | '600' | '700') {
  return { fontFamily: family as string, fontWeight };
}

const Stack = createNativeStackNavigator<StackParams>();

// Root shows the screens that are open to whoever holds the device.
export function Root() {
  const styles = useStyles();
  const { state, signOut, retry } = useAuth();
  const { colors, dark } = useTheme();
  const navigation = useNavigationContainerRef<StackParams>();
  const theme = useMemo(() => {
    const base = dark ? DarkTheme : DefaultTheme;
    return { ...base, ...fonts, colors: { ...base.colors, primary: colors.accent, background: colors.ground, card: colors.surface, text: colors.text, border: colors.line } };
  }, [dark, colors]);
  const open = useCallback((id: string) => navigation.isReady() && navigation.navigate('Booking', { id }), [navigation]);

  const openNews = useCallback(() => navigation.isReady() && navigation.navigate('Home', { screen: 'Notifications' }), [navigation]);

  if (state.phase === 'starting') {
    return (
      <View style={styles.alone}>
        <Loading label={en.auth.starting} />
      </View>
    );
  }
  if (state.phase === 'unreachable') {
    return (
      <View style={styles.alone}>
        <Empty icon="reload" title={en.auth.unreachableTitle} text={en.auth.unreachableText} action={{ title: en.common.retry, onPress: retry }} />
        <Button kind="plain" title={en.auth.signOut} onPress={() => void signOut()} />
      </View>
    );
  }
  const screenOptions = { headerShown: false, contentStyle: styles.ground } as const;
  return (
    <NavigationContainer ref={navigation} linking={linking} theme={theme} documentTitle={{ formatter: (options) => [options?.title, en.auth.appName].filter(Boolean).join(' · ') }}>
      {state.phase === 'signedOut' ? (
        <Stack.Navigator screenOptions={screenOptions}>
          <Stack.Screen name="SignIn" component={SignInScreen} options={{ title: en.auth.signIn }} />
          <Stack.Screen name="SignUp" component={SignUpScreen} options={{ title: en.auth.signUp }} />
        </Stack.Navigator>
      ) : (
        <Session key={state.user.id} user={state.user} onOpen={open} onNews={openNews}>
          <Stack.Navigator screenOptions={screenOptions}>
            <Stack.Screen name="Home" component={Tabs} />
            <Stack.Screen name="Booking" component={BookingScreen} options={{ title: en.bookings.one }} />
            {state.user.role === 'customer' && <Stack.Screen name="NewBooking" component={NewBookingScreen} options={{ title: en.bookings.form.title }} />}
            {state.user.role === 'admin' && (
              <>
                <Stack.Screen name="NewPerson" component={NewPersonScreen} options={{ title: en.desk.addPerson }} />
                <Stack.Screen name="Person" component={PersonScreen} options={{ title: en.desk.person }} />
              </>
            )}
          </Stack.Navigator>
        </Session>
      )}
    </NavigationContainer>
  );
}

const useStyles = makeStyles((colors) => ({
  alone: { flex: 1, justifyContent: 'center', alignItems: 'center', backgroundColor: colors.ground },
  ground: { backgroundColor: colors.ground },
}));
