// Package clienttest drives the real server with the stock Socket.IO client for Node, as a customer's phone would: by
// each of its transports, through everything that CONTRACT.md promises to clients. The scenarios are the *.test.mjs
// files; the Go test builds and starts the server for them, and reads its log afterwards.
package clienttest
