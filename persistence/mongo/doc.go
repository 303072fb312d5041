// Package mongo keeps the desk in MongoDB. It needs neither transactions nor change streams, so a standalone server will
// do as well as a replica set; several processes may share one database.
//
// # One document, one write
//
// A booking is one document: its fields, its timeline, its idempotency key and its outbox. A command is one update of that
// document, filtered on its id and revision, so it is written whole or not at all. Writes are acknowledged by a majority
// and its journals. Accounts and revoked tokens are documents of the same kind.
//
// # Outbox and log
//
// A commit leaves a letter in the outbox of its document: the notices, the notifications, the receipt. The publisher, one
// goroutine per process, carries letters out: notifications to their collection, then the notices, as one document per
// commit, to the events collection, and only then it takes the letter out of the outbox. It is told of every commit of its
// own process at once, and looks for letters that a crash (or another process) left behind at the start and every few
// seconds. Every step of it may be done twice without harm: the events collection has one document per letter, by a unique
// index on the letter's key.
//
// The documents of the events collection are numbered without gaps, and the number is unique. Who wants to write number
// n+1 has seen n, and gives it a position above n's. So positions appear in their order, no matter how many processes
// publish, and no entry can become visible behind a later one. The loser of a race for a number reads on and tries again.
//
// # Collections
//
//	bookings       the bookings
//	users          the accounts
//	tokens         tokens that were revoked before they expired
//	events         the log, one document per commit
//	notifications  one document per user and entry
//	meta           the list of admins (see demote), imports under way
package mongo
