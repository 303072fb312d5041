// Package cluster is what the servers of a cluster say to each other: the messages, and the Bus that carries them. It knows
// no transport; package wire writes the messages the way Node's servers do, and package bustest says what a Bus promises.
//
// Two kinds of messages cross a bus. What has to reach every server goes through the log: broadcasts, joins, leaves and
// disconnects, in one order, each with a Position that clients may name later to get what came after it. What is asked of
// the other servers, or may be lost, goes straight to those that are there: requests, answers, volatile broadcasts, events
// between servers.
package cluster
