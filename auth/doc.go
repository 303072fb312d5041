// Package auth knows who asks: accounts, passwords, tokens and sessions over booking.Users. REST and the Socket.IO
// handshake both ask Service.Authenticate, so that both answer alike.
//
// A token says who its owner is and under which rights it was made, never what its owner may do: role and rights are read
// from the store, through a cache that forgets a user when a booking.Revocation arrives (Service.Invalidate) and anyway
// after a short while.
//
// Every error is an *Error where a token is not good, a *Limited where somebody tried too often, a *booking.Error where
// the request is not right, and the store's own otherwise.
package auth
