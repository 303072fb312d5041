package booking

import (
	"errors"
	"fmt"
)

// Code names a failure for programs. The set is closed: http maps each to a status, socket acks carry it as it is.
type Code string

// The failures of the domain and of a Store.
const (
	CodeInternal          Code = "internal"           // nobody's fault outside; details are in the log only
	CodeInvalid           Code = "validation_failed"  // Error.Fields says what is wrong with which field
	CodeNotFound          Code = "not_found"          // unknown, or not for the caller to see
	CodeForbidden         Code = "forbidden"          // seen, but not the caller's to do
	CodeInvalidTransition Code = "invalid_transition" // the status does not lead there
	CodeConflict          Code = "conflict"           // made from an older version; Error.Booking is the present one
	CodeTimelineFull      Code = "timeline_full"      // the booking has MaxEntries entries
	CodeEmailTaken        Code = "email_taken"        // another account has this e-mail, whatever its case
	CodeLastAdmin         Code = "last_admin"         // the last active admin stays an active admin
	CodeKeyReused         Code = "idempotency_key_reused"
	CodeStale             Code = "stale" // Append: the stored revision is another; load again and decide again
	CodeUnavailable       Code = "unavailable"
	CodeTimeout           Code = "timeout"
	CodeRateLimited       Code = "rate_limited"
	CodeUnauthorized      Code = "unauthorized"
)

// Error is a failure that may be told to whoever asked. Message is a sentence for a person.
type Error struct {
	Code    Code
	Message string
	// Fields names what is wrong with each field of the request, by the name the client used. Only with CodeInvalid.
	Fields map[string]string
	// Booking is the present state, only with CodeConflict.
	Booking *Booking
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Errorf makes an Error with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes the Error of one field that is wrong.
func Invalid(field, why string) *Error {
	return &Error{Code: CodeInvalid, Message: "Some fields are not right.", Fields: map[string]string{field: why}}
}

// CodeOf returns the code of err: that of the Error in its chain, CodeInternal for any other error, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
