const { getDefaultConfig } = require('expo/metro-config');

const config = getDefaultConfig(__dirname);

// What runs in Node only, and would be watched for nothing.
config.resolver.blockList = [/\/mobile\/(e2e|test|scripts)\/.*/];

module.exports = config;
