// Package redis lets several processes be one desk: the Bus between them on Redis Streams, in the wire format of
// @socket.io/redis-streams-adapter 0.3, and what they have to agree on besides (who is there, who is online, who sweeps, how
// often somebody has tried to log in).
//
// # Connections
//
// A Client knows the server and has a bounded pool of connections for short commands. A Bus has four of its own: one that
// reads the log and may block there, one that writes it, one that listens on channels and one that speaks on them. Each
// belongs to one goroutine, which dials again when it breaks. There are no others, however long Redis is gone.
//
// # The log
//
// Entries are written by a script, a batch at a time and one batch after the other. A batch has a number, and Redis remembers
// the last number of each writer: when the answer to a batch is lost with its connection, sending it again does nothing
// where it was done already. So what waits while Redis is gone stands in the log once and in order afterwards.
//
// Every entry also has the number that counts what its writer has put into the stream. Readers leave out what they have
// seen, and notice what is missing. That is for a Redis which comes back without its data, or with old data: writers then
// say where they stand, and readers tell their server when something in between will never come.
//
// # Epochs
//
// A key beside the log names its life. It goes with the log when Redis is emptied, and is changed by whoever notices that
// entries it had seen are gone. A position of an entry that is there is always known; any other is known only in its epoch.
//
// # Trimming
//
// Entries are kept for twice the recovery window. One of the servers, whoever gets the lease, takes the older ones out, and
// keeps for each room the position of the last of them. So a connection to which nothing was sent for hours is known to have
// missed nothing, although the entry it remembers is gone. Node's servers trim by length, and keep no such marks: what they
// have taken out is not known any more.
package redis
