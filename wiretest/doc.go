// Package wiretest holds the tests of the wire, row by row: docs/protocol.md says which row is whose. They drive raw
// bytes over real connections, never the codec that the server uses, so that a mistake on both ends shows.
package wiretest
