const expo = require('eslint-config-expo/flat');

const node = { __dirname: 'readonly', Buffer: 'readonly', module: 'writable', process: 'readonly', require: 'readonly' };

module.exports = [
  ...expo,
  { ignores: ['node_modules', 'dist', '.expo'] },
  { files: ['*.config.js', 'test/*.js', 'scripts/*', 'e2e/*'], languageOptions: { globals: { ...node, jest: 'readonly' } } },
  // Services are no state of React: they are told things where something happens. The compiler these two are for is not used.
  { files: ['src/**'], rules: { 'react-hooks/immutability': 'off', 'react-hooks/set-state-in-effect': 'off' } },
];
