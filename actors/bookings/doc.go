// Package bookings runs the desk on actors: who changes a booking, who is told, who is there, who is typing.
//
// The Desk takes commands. Its supervisor owns one keeper per active booking; a keeper handles the commands of its
// booking one after the other: Plan, Append, Apply. It publishes nothing: what was committed reaches the sockets through
// the Notifier, which follows the store's log and hands every entry on in the order of positions, and nothing takes
// another way. What is not stored (typing, presence, statistics) is emitted as volatile and may be lost.
//
// Socket events come in through the event table (Events); who may connect is decided by the Gate.
package bookings
