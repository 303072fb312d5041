// Package wire writes and reads the messages of a cluster as @socket.io/redis-streams-adapter 0.3 does, so that Node's
// servers, and programs that only emit, can share a cluster with us. Where the forms of that adapter differ from what is
// convenient here, they are followed to the byte; tests hold samples of what Node has written.
//
// A message of the log is an Entry: a few short texts, with the payload as JSON or, where bytes are in it, as msgpack in
// base64. Everything else is a message on a channel, all of it msgpack. A payload is text of the application, so keys keep
// their order and numbers their digits on the way through JSON.
//
// What others wrote may be anything: it is read without panic, with memory in proportion to its size, or refused with an
// error that says why.
package wire

import "errors"

// MaxSize bounds a message, in bytes as it is written.
const MaxSize = 16 << 20

// Why a message was refused. What is returned wraps one of them, or is cluster's ErrTooLarge.
var (
	// ErrMalformed says that it is not what this version of the adapter writes.
	ErrMalformed = errors.New("malformed message")
	// ErrForeign says that it is meant for older adapters: they tell each other that they are there.
	ErrForeign = errors.New("message of another adapter")
)
