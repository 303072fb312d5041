package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kapoor.example/desk/booking"
)

// MaxToken is how many bytes a token may have. A longer one is not even parsed.
const MaxToken = 8 << 10

// claims is what a token says (RFC 7519). It names no role.
type claims struct {
	Rights uint64 `json:"rights"` // booking.User.Rights when it was made
	jwt.RegisteredClaims
}

// tokens makes and reads tokens.
type tokens struct {
	secret           []byte
	issuer, audience string
	ttl              time.Duration
	now              func() time.Time
	parser           *jwt.Parser
	proven           *proven
}

func newTokens(o Options) (*tokens, error) {
	known, err := newProven(o.CacheSize)
	if err != nil {
		return nil, err
	}
	return &tokens{
		proven: known, secret: o.Secret, issuer: o.Issuer, audience: o.Audience, ttl: o.TTL, now: o.Now,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithExpirationRequired(), jwt.WithIssuer(o.Issuer), jwt.WithAudience(o.Audience),
			jwt.WithTimeFunc(o.Now), jwt.WithStrictDecoding(),
		),
	}, nil
}

// issue makes a token for a user as it is now.
func (t *tokens) issue(u booking.User) (token string, expires booking.Time, err error) {
	now := t.now()
	end := now.Add(t.ttl).Truncate(time.Second) // tokens count in seconds
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Rights: u.Rights,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: t.issuer, Audience: jwt.ClaimStrings{t.audience}, Subject: u.ID, ID: booking.NewID(now),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(end),
		},
	}).SignedString(t.secret)
	if err != nil {
		return "", booking.Time{}, fmt.Errorf("sign token: %w", err)
	}
	return token, booking.At(end), nil
}

// parse returns what a token says once it has proved to be one of ours and not expired. Its errors are *Error.
func (t *tokens) parse(token string) (claims, error) {
	switch {
	case token == "":
		return claims{}, &Error{MissingToken}
	case len(token) > MaxToken:
		return claims{}, &Error{InvalidToken}
	}
	hash := sha256.Sum256([]byte(token))
	if c, ok := t.proven.look(hash); ok {
		if !t.now().Before(c.ExpiresAt.Time) {
			return claims{}, &Error{ExpiredToken}
		}
		return c, nil
	}
	var c claims
	_, err := t.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.secret, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenInvalidIssuer), errors.Is(err, jwt.ErrTokenInvalidAudience):
		return claims{}, &Error{InvalidToken}
	case errors.Is(err, jwt.ErrTokenExpired): // the signature is checked first
		return claims{}, &Error{ExpiredToken}
	case err != nil, !booking.ValidID(c.Subject), !booking.ValidID(c.ID):
		return claims{}, &Error{InvalidToken}
	}
	t.proven.keep(hash, c)
	return c, nil
}
