import { QueryClientProvider } from '@tanstack/react-query';
import { StatusBar } from 'expo-status-bar';
import { useState } from 'react';
import { SafeAreaProvider } from 'react-native-safe-area-context';

import { AuthProvider } from './context/AuthContext';
import { ServicesProvider } from './context/ServicesContext';
import { ToastProvider } from './context/ToastContext';
import { Root } from './navigation/Root';
import { createServices, type Services } from './services/services';
import { ThemeProvider, useTheme } from './theme/ThemeContext';

// App is the whole app on a set of services: the real ones, or a test's.
export function App({ services: given }: { services?: Services }) {
  const [services] = useState(() => given ?? createServices());
  return (
    <SafeAreaProvider>
      <ServicesProvider value={services}>
        <ThemeProvider>
          <QueryClientProvider client={services.queryClient}>
            <AuthProvider>
              <ToastProvider>
                <Clock />
                <Root />
              </ToastProvider>
            </AuthProvider>
          </QueryClientProvider>
        </ThemeProvider>
      </ServicesProvider>
    </SafeAreaProvider>
  );
}

// Clock keeps the phone's own bar readable on the ground that was chosen, whatever the phone's appearance is.
function Clock() {
  return <StatusBar style={useTheme().dark ? 'light' : 'dark'} />;
}
