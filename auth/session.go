package auth

import (
	"context"
	"fmt"

	"kapoor.example/desk/booking"
)

// Session is what a good token comes to.
type Session struct {
	// Principal is the token's owner by the role the store has now.
	Principal booking.Principal
	TokenID   string
	Rights    uint64 // the token's; equal to the user's as long as the session lasts
	ExpiresAt booking.Time
}

// EndedBy reports whether a revocation ends the session.
func (s Session) EndedBy(r booking.Revocation) bool {
	if r.TokenID != "" {
		return r.TokenID == s.TokenID
	}
	return r.UserID == s.Principal.ID && s.Rights < r.Rights
}

// Authenticate returns the session of a token. The error is an *Error when the token is not good, and the store's when
// that could not be found out.
func (s *Service) Authenticate(ctx context.Context, token string) (Session, error) {
	c, err := s.tokens.parse(token)
	if err != nil {
		return Session{}, err
	}
	u, err := s.userOf(ctx, c)
	if err != nil {
		return Session{}, err
	}
	ended, err := s.ended.value(ctx, c.ID)
	if err != nil {
		return Session{}, fmt.Errorf("look for revoked token: %w", err)
	}
	if ended || !u.Active || u.Rights != c.Rights {
		return Session{}, &Error{RevokedToken}
	}
	return Session{Principal: u.Principal(), TokenID: c.ID, Rights: c.Rights, ExpiresAt: booking.At(c.ExpiresAt.Time)}, nil
}

// userOf returns a token's owner. A token made under higher rights than the cache knows proves that the cache is behind.
func (s *Service) userOf(ctx context.Context, c claims) (booking.User, error) {
	u, err := s.users.value(ctx, c.Subject)
	if err == nil && u.Rights < c.Rights {
		s.users.forget(c.Subject)
		u, err = s.users.value(ctx, c.Subject)
	}
	if booking.CodeOf(err) == booking.CodeNotFound {
		return u, &Error{RevokedToken}
	}
	return u, wrap("read the token's user", err)
}

// Invalidate makes the next Authenticate ask the store about what a revocation ended. Whoever follows the store's log
// calls it for every revocation there; this service's own are invalidated already when its methods return.
func (s *Service) Invalidate(r booking.Revocation) {
	if r.UserID != "" {
		s.users.forget(r.UserID)
	}
	if r.TokenID != "" {
		s.ended.forget(r.TokenID)
	}
}

// Logout ends the session's token, and no other.
func (s *Service) Logout(ctx context.Context, session Session) error {
	revocation := booking.Revocation{UserID: session.Principal.ID, TokenID: session.TokenID, ExpiresAt: session.ExpiresAt}
	err := s.store.RevokeToken(ctx, revocation)
	s.Invalidate(revocation) // also after an error: it may be stored
	return wrap("log out", err)
}
