// Where the app finds its server when nobody says so.

export interface Surroundings {
  configured?: string; // EXPO_PUBLIC_SERVER_URL
  os: string; // "web", "android" or "ios"
  origin?: string; // of the page
  developing?: boolean; // the packager serves the app, on the web too
  isDevice?: boolean; // a phone in a hand rather than an emulator
  packager?: string; // host:port of who serves the app's script in development
}

const port = 4000;

// findServer returns the server's address without a slash at its end.
export function findServer(around: Surroundings): string {
  if (around.configured) {
    return around.configured.replace(/\/+$/, '');
  }
  if (around.os === 'web') {
    // The server serves the page, except in development: then the page is the packager's, with the server beside it.
    return around.origin !== undefined && !around.developing ? around.origin : `http://${hostOf(around.origin ?? 'localhost')}:${port}`;
  }
  if (around.isDevice && around.packager) {
    return `http://${hostOf(around.packager)}:${port}`; // who develops runs the server beside the packager
  }
  const host = around.os === 'android' ? '10.0.2.2' : 'localhost'; // the emulator's name for the machine it runs on
  return `http://${host}:${port}`;
}

// hostOf leaves out the scheme and the port. IPv6 addresses keep their brackets.
function hostOf(address: string): string {
  return address.replace(/^\w+:\/\//, '').replace(/:\d+$/, '');
}
