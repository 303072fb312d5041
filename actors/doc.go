// Package actors runs Hollywood actors so that a panic ends at most the actor it happened in.
//
// Every actor of the desk is spawned through System.Spawn, which puts a guard in front of it: Hollywood never sees a
// panic (its own restarts sleep on the actor, replay messages and, beyond their limit, end the process). The guard
// recovers, logs the kind and the id, counts, and does what the kind's Directive says. Too many failures of one actor
// within a window end that actor, or begin it anew where the kind is one the server cannot be without.
//
// Inboxes are unbounded in Hollywood: whoever sends brings the limit (credits of a session, a bounded feed).
package actors
