package auth

import (
	"fmt"
	"math"
	"time"

	"kapoor.example/desk/booking"
)

// Code says what is wrong with a token. The set is closed: clients decide by it whether to ask for a login.
type Code string

// What can be wrong with a token.
const (
	MissingToken Code = "missing_token"
	InvalidToken Code = "invalid_token" // not made here, or not a token at all
	ExpiredToken Code = "expired_token"
	RevokedToken Code = "revoked_token" // signed out, password or role changed, account deactivated or gone
)

// Error says that a token does not let its bearer in.
type Error struct{ Code Code }

// Error implements error. The text is a sentence for a person.
func (e *Error) Error() string {
	switch e.Code {
	case MissingToken:
		return "You are not signed in."
	case ExpiredToken:
		return "Your session has expired. Sign in again."
	case RevokedToken:
		return "Your session has ended. Sign in again."
	}
	return "This token is not valid. Sign in again."
}

// Limited says that somebody tried too often.
//
//nolint:errname // auth.Limited says what it is
type Limited struct {
	// RetryAfter is when the next try may be allowed.
	RetryAfter time.Duration
}

// Error implements error.
func (l *Limited) Error() string { return l.Unwrap().Error() }

// Unwrap returns the failure as the domain names it.
func (l *Limited) Unwrap() error {
	seconds := l.Seconds()
	if seconds == 1 {
		return booking.Errorf(booking.CodeRateLimited, "Too many attempts. Try again in a second.")
	}
	if seconds < 120 {
		return booking.Errorf(booking.CodeRateLimited, "Too many attempts. Try again in %d seconds.", seconds)
	}
	return booking.Errorf(booking.CodeRateLimited, "Too many attempts. Try again in %d minutes.", (seconds+59)/60)
}

// Seconds returns RetryAfter in whole seconds, at least one.
func (l *Limited) Seconds() int { return max(1, int(math.Ceil(l.RetryAfter.Seconds()))) }

// errCredentials is one for all reasons: it does not tell whether an account exists.
func errCredentials() error {
	return booking.Errorf(booking.CodeUnauthorized, "E-mail or password is wrong.")
}

func errBusy() error {
	return booking.Errorf(booking.CodeUnavailable, "Too many people are signing in right now. Try again in a moment.")
}

// invalid collects what is wrong with the fields of a request.
type invalid map[string]string

func (f invalid) add(field, why string) {
	if why != "" {
		f[field] = why
	}
}

func (f invalid) err() error {
	if len(f) == 0 {
		return nil
	}
	return &booking.Error{Code: booking.CodeInvalid, Message: "Some fields are not right.", Fields: f}
}

func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
