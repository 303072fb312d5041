// What is no component runs in plain Node, against a real server where it talks to one; screens run as on a phone.
const shared = { rootDir: __dirname };

module.exports = {
  globalSetup: '<rootDir>/test/build-server.js',
  projects: [
    {
      ...shared,
      displayName: 'services',
      testEnvironment: 'node',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      transform: { '\\.[jt]sx?$': ['babel-jest', { presets: ['babel-preset-expo'] }] },
    },
    {
      ...shared,
      displayName: 'screens',
      preset: 'jest-expo',
      testMatch: ['<rootDir>/test/**/*.test.tsx'],
      setupFiles: ['<rootDir>/test/setup.js'],
    },
  ],
};
