import { createContext, useContext } from 'react';

import type { Services } from '../services/services';

const Context = createContext<Services | null>(null);

export const ServicesProvider = Context.Provider;

export function useServices(): Services {
  const services = useContext(Context);
  if (services === null) {
    throw new Error('useServices outside of ServicesProvider');
  }
  return services;
}
