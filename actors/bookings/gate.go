package bookings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// Authenticator says whose a token is.
type Authenticator interface {
	// Authenticate checks a token, whatever its length and form. An error with a method Code() string that returns one of
	// the Token codes refuses the token; any other error says that it could not be checked. It may block until ctx ends.
	Authenticate(ctx context.Context, token string) (Session, error)
}

// Session is what a good token stands for.
type Session struct {
	Principal booking.Principal // by the store, not by the token
	TokenID   string
	Rights    uint64
	ExpiresAt time.Time
}

// Directory knows who users are now. It is asked at every event of a socket, and about who hears of a booking.
type Directory interface {
	// Cached returns a user's principal when it is known without waiting.
	Cached(user string) (booking.Principal, bool)
	// Principal returns a user's principal. CodeUnauthorized when there is no such user any more, or not an active one.
	Principal(ctx context.Context, user string) (booking.Principal, error)
}

// The codes of connect_error.
const (
	TokenMissing = "missing_token"
	TokenInvalid = "invalid_token"
	TokenExpired = "expired_token"
	TokenRevoked = "revoked_token"
)

// TokenCodes returns all of them. They are also the reasons for which CONNECTs are refused in realtime.Figures.
func TokenCodes() []string { return []string{TokenMissing, TokenInvalid, TokenExpired, TokenRevoked} }

// gate decides who may connect.
type gate struct {
	authenticator Authenticator
	anonymous     bool // nobody needs a token
	log           zerolog.Logger
}

// admit is a middleware of the namespace.
func (g *gate) admit(ctx context.Context, s *realtime.Socket) error {
	err := g.check(ctx, s)
	var refusal *realtime.ConnectError
	if errors.As(err, &refusal) {
		g.log.Info().Str("sid", s.ID()).Interface("reason", refusal.Data).Msg("Socket refused")
	}
	return err
}

// check finds out whose the socket is. A token that is refused is a final answer. One that could not be checked closes
// the connection instead: the client comes back by itself.
func (g *gate) check(ctx context.Context, s *realtime.Socket) error {
	token, err := tokenOf(s.Auth())
	if err != nil {
		return refusedToken(TokenInvalid)
	}
	if token == "" {
		if g.anonymous {
			return nil
		}
		return refusedToken(TokenMissing)
	}
	session, err := g.authenticator.Authenticate(ctx, token)
	if err != nil {
		var coded interface{ Code() string }
		if errors.As(err, &coded) && slices.Contains(TokenCodes(), coded.Code()) {
			return refusedToken(coded.Code())
		}
		return fmt.Errorf("%w: authenticate: %w", realtime.ErrClose, err)
	}
	if session.Principal.ID == "" {
		return fmt.Errorf("%w: a session without a user", realtime.ErrClose) // it must not pass for an anonymous one
	}
	s.Identify(realtime.User{
		ID: session.Principal.ID, Rooms: booking.RoomsOf(session.Principal),
		Rights: session.Rights, TokenID: session.TokenID, ExpiresAt: session.ExpiresAt,
	})
	return nil
}

// tokenOf returns the token of a CONNECT payload, "" when there is none.
func tokenOf(auth json.RawMessage) (string, error) {
	if len(auth) == 0 {
		return "", nil
	}
	var payload struct {
		Token *string `json:"token"`
	}
	if err := json.Unmarshal(auth, &payload); err != nil {
		return "", err
	}
	if payload.Token == nil {
		return "", nil
	}
	return *payload.Token, nil
}

func refusedToken(code string) error {
	return &realtime.ConnectError{Message: "Authentication error", Data: map[string]string{"code": code}, Reason: code}
}
