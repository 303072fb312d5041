import { NavigationContainer } from '@react-navigation/native';
import { createNativeStackNavigator } from '@react-navigation/native-stack';
import { createBottomTabNavigator } from '@react-navigation/bottom-tabs';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { FlatList, Text } from 'react-native';
import { io } from 'socket.io-client';
import { SafeAreaProvider } from 'react-native-safe-area-context';
import Svg, { Path } from 'react-native-svg';
const S = createNativeStackNavigator();
const T = createBottomTabNavigator();
const q = new QueryClient();
function A() {
  return <><Text>Hello {String(io)}</Text><FlatList data={[1,2]} renderItem={() => <Svg><Path d="M0 0"/></Svg>} /></>;
}
function B() { return <T.Navigator><T.Screen name="a" component={A} /></T.Navigator>; }
export function App() {
  return <SafeAreaProvider><QueryClientProvider client={q}><NavigationContainer><S.Navigator><S.Screen name="b" component={B} /></S.Navigator></NavigationContainer></QueryClientProvider></SafeAreaProvider>;
}
