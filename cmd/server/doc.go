// Command server is the Kapoor & Sons booking desk: REST and Socket.IO on one port.
//
// It is where everything is wired and the only place that reads flags and the environment. Its subcommands are serve
// (what it does when none is named), seed, admin create, logs and version; each has its own --help.
//
// It exits with 0 when it was told to stop and did, 1 when something went wrong on the way, 2 when a flag or a variable
// is not what it may be (one sentence on stderr says which), and 130 when a signal made it stop at once.
package main
