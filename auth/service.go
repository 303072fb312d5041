package auth

import (
	"context"
	"fmt"

	"kapoor.example/desk/booking"
)

// Service signs people in and knows them again. Its methods may be called from any goroutine.
type Service struct {
	opts      Options
	store     booking.Users
	passwords *Passwords
	tokens    *tokens
	users     *remember[booking.User] // by id, without password hashes
	ended     *remember[bool]         // by token id: whether it was revoked
	guesses   *guesses
	signups   *buckets
	// nobody is the hash that a login for an unknown e-mail is checked against, so that it takes as long as any other.
	nobody string
}

// New returns a service. It fails when the options make no sense. It hashes one password: that takes a moment.
func New(ctx context.Context, opts Options) (*Service, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	s := &Service{opts: opts, store: opts.Store, passwords: opts.Passwords}
	var err error
	if s.tokens, err = newTokens(opts); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if s.users, err = newRemember(opts.CacheSize, opts.CacheTTL, opts.Now, s.readUser); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if s.ended, err = newRemember(opts.CacheSize, opts.CacheTTL, opts.Now, s.store.TokenRevoked); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	others := newOthers(opts.Shared)
	if s.guesses, err = newGuesses(opts, others); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if s.signups, err = newBuckets(opts, others, "register-address", opts.RegisterPerAddress); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if s.nobody, err = s.passwords.Hash(ctx, "the password of nobody"); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return s, nil
}

// readUser reads an account without what the cache need not know.
func (s *Service) readUser(ctx context.Context, id string) (booking.User, error) {
	u, err := s.store.User(ctx, id)
	u.PasswordHash = ""
	return u, err
}
