import { createBottomTabNavigator, type BottomTabBarButtonProps } from '@react-navigation/bottom-tabs';
import type { ComponentType } from 'react';
import { Pressable } from 'react-native';

import type { Role } from '../api/contract';
import { Icon, type IconName } from '../components/Icon';
import { useUser } from '../context/AuthContext';
import { useWide } from '../hooks/useWide';
import { AdminStatsScreen } from '../screens/admin/AdminStatsScreen';
import { PeopleScreen } from '../screens/admin/PeopleScreen';
import { BookingListScreen } from '../screens/customer/BookingListScreen';
import { NotificationsScreen } from '../screens/shared/NotificationsScreen';
import { ProfileScreen } from '../screens/shared/ProfileScreen';
import { AllBookingsScreen } from '../screens/staff/AllBookingsScreen';
import { JobsScreen } from '../screens/staff/JobsScreen';
import { useUnread } from '../state/queries/notifications';
import { en } from '../strings/en';
import { useTheme } from '../theme/ThemeContext';
import { type } from '../theme/type';
import type { TabParams } from './routes';

const Navigator = createBottomTabNavigator<TabParams>();

interface Tab {
  name: keyof TabParams;
  title: string;
  icon: IconName;
  screen: ComponentType;
}

const notifications: Tab = { name: 'Notifications', title: en.desk.notifications, icon: 'bell', screen: NotificationsScreen };
const profile: Tab = { name: 'Profile', title: en.desk.profile, icon: 'person', screen: ProfileScreen };
const all: Tab = { name: 'AllBookings', title: en.bookings.all, icon: 'list', screen: AllBookingsScreen };

const tabs: Record<Role, Tab[]> = {
  customer: [{ name: 'MyBookings', title: en.bookings.mine, icon: 'list', screen: BookingListScreen }, notifications, profile],
  staff: [{ name: 'Jobs', title: en.bookings.jobs, icon: 'tools', screen: JobsScreen }, all, notifications, profile],
  admin: [
    { name: 'Dashboard', title: en.desk.dashboard, icon: 'chart', screen: AdminStatsScreen },
    all,
    { name: 'People', title: en.desk.people, icon: 'people', screen: PeopleScreen },
    notifications,
    profile,
  ],
};

// Tabs is the menu: below on a phone, at the side of a desk's screen.
export function Tabs() {
  const { role } = useUser();
  const { colors } = useTheme();
  const isWide = useWide();
  const unread = useUnread();
  return (
    <Navigator.Navigator
      screenOptions={{
        headerShown: false,
        tabBarPosition: isWide ? 'left' : 'bottom',
        tabBarLabelPosition: isWide ? 'beside-icon' : 'below-icon',
        tabBarButton: TabButton,
        tabBarActiveTintColor: isWide ? colors.accentSoft.text : colors.link,
        tabBarActiveBackgroundColor: isWide ? colors.accentSoft.ground : undefined,
        tabBarInactiveTintColor: colors.muted,
        tabBarStyle: { backgroundColor: colors.surface, borderColor: colors.line, ...(isWide ? { minWidth: 230, width: 230, maxWidth: 230 } : {}) },
        // Below there is room for one line under the icon and no more: it was pressed together, and its feet were cut off.
        tabBarLabelStyle: isWide ? type.caption : { ...type.small, lineHeight: undefined, flexShrink: 0 },
        tabBarBadgeStyle: { backgroundColor: colors.danger, color: colors.onDanger },
      }}
    >
      {tabs[role].map(({ name, title, icon, screen }) => (
        <Navigator.Screen
          key={name}
          name={name}
          component={screen}
          options={{
            title,
            tabBarIcon: ({ color }) => <Icon name={icon} color={color} />,
            ...(name === 'Notifications' && unread > 0
              ? { tabBarBadge: unread > 99 ? '99+' : unread, tabBarAccessibilityLabel: `${title}, ${en.desk.unreadCount(unread)}` }
              : {}),
          }}
        />
      ))}
    </Navigator.Navigator>
  );
}

// TabButton is a button of the menu. The navigator's own brings a style element of its own, which the page's policy forbids.
function TabButton({ children, style, onPress, onLongPress, testID, 'aria-label': label, 'aria-selected': selected }: BottomTabBarButtonProps) {
  return (
    <Pressable
      role="tab"
      aria-label={label}
      aria-selected={selected}
      testID={testID}
      onPress={(event) => onPress?.(event as never)}
      onLongPress={onLongPress}
      style={({ pressed }) => [style as object, pressed && { opacity: 0.7 }]}
    >
      {children}
    </Pressable>
  );
}
