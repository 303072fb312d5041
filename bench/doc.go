// Command bench drives a Socket.IO server with thousands of clients and says what that cost and what was lost: go run
// ./bench <scenario>. Each scenario is a subcommand with its own --help.
//
// It exits with 0 when everything that was expected came, once and in order; 1 when not, or when the run could not be
// made; 2 when a flag is not what it may be (one sentence on stderr says which); 130 when it was interrupted.
package main
