// Command compare runs the limit server, Node's Socket.IO and ours against the same load, one after the other, round after
// round, and writes what each costs and how that relates to the limit of the same round: go run ./bench/compare. README.md
// of bench/ says how to read it.
//
// It exits with 0 when all runs were made; 1 when one was not, or came to an end with losses (the report is written all the
// same, and says which); 2 when a flag is not what it may be; 130 when it was interrupted (the report holds what was
// finished by then).
package main
