package auth

import (
	"context"

	"kapoor.example/desk/booking"
)

// Principal returns who a user is now, by a cache that every change of rights invalidates. CodeUnauthorized when there is
// no such user any more, or not an active one.
func (s *Service) Principal(ctx context.Context, userID string) (booking.Principal, error) {
	u, err := s.users.value(ctx, userID)
	if booking.CodeOf(err) == booking.CodeNotFound {
		return booking.Principal{}, errNobody()
	}
	if err != nil {
		return booking.Principal{}, wrap("read the user", err)
	}
	return principal(u)
}

// Cached is Principal where it is known without asking the store; ok is false where it is not, or the user is not active.
func (s *Service) Cached(userID string) (p booking.Principal, ok bool) {
	u, ok := s.users.look(userID)
	if !ok {
		return p, false
	}
	p, err := principal(u)
	return p, err == nil
}

func principal(u booking.User) (booking.Principal, error) {
	if !u.Active {
		return booking.Principal{}, errNobody()
	}
	return u.Principal(), nil
}

func errNobody() error {
	return booking.Errorf(booking.CodeUnauthorized, "This account does not exist any more.")
}
