// Package interop plays Socket.IO clients of other makers against cmd/conformance: the JavaScript client in two
// generations on Node and in Chromium, python-socketio with and without asyncio, and the Java client that Android apps
// use. The scenarios are written in each client's language; this package starts, kills, freezes and restarts the servers
// that they ask for, see [Control].
package interop
