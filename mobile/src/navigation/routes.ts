import { useNavigation, type LinkingOptions, type NavigationProp, type NavigatorScreenParams } from '@react-navigation/native';

// The screens behind the menu. Which of them somebody has, their role decides.
export type TabParams = {
  MyBookings: undefined;
  Jobs: undefined;
  AllBookings: undefined;
  Dashboard: undefined;
  People: undefined;
  Notifications: undefined;
  Profile: undefined;
};

export type StackParams = {
  SignIn: undefined;
  SignUp: undefined;
  Home: NavigatorScreenParams<TabParams> | undefined;
  NewBooking: { draft: string } | undefined; // the key of a booking that was not accepted
  Booking: { id: string };
  Person: { id: string };
  NewPerson: undefined;
};

// linking gives every screen an address, so that the browser's buttons, bookmarks and links work.
export const linking: LinkingOptions<StackParams> = {
  prefixes: ['kapoordesk://'],
  config: {
    initialRouteName: 'Home',
    screens: {
      SignIn: 'sign-in',
      SignUp: 'sign-up',
      NewBooking: 'new',
      Booking: 'booking/:id',
      NewPerson: 'people/new',
      Person: 'people/:id',
      Home: {
        path: '',
        screens: {
          MyBookings: 'bookings',
          Jobs: 'jobs',
          AllBookings: 'all',
          Dashboard: 'dashboard',
          People: 'people',
          Notifications: 'notifications',
          Profile: 'profile',
        },
      },
    },
  },
};

// useGo returns the way to other screens.
export function useGo() {
  const navigation = useNavigation<NavigationProp<StackParams>>();
  return {
    booking: (id: string) => navigation.navigate('Booking', { id }),
    newBooking: () => navigation.navigate('NewBooking'),
    draft: (key: string) => navigation.navigate('NewBooking', { draft: key }),
    person: (id: string) => navigation.navigate('Person', { id }),
    newPerson: () => navigation.navigate('NewPerson'),
    signIn: () => navigation.navigate('SignIn'),
    signUp: () => navigation.navigate('SignUp'),
    back: () => (navigation.canGoBack() ? navigation.goBack() : navigation.navigate('Home')),
  };
}
