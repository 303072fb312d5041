package engineio

import (
	"strconv"

	"kapoor.example/desk/protocol/internal/jsontext"
)

// RequestError is the answer to a request the engine refuses. Values are comparable, so errors.Is works with the ones
// below; a refusal with a text of its own is RequestError{Code: 4, Message: text}.
type RequestError struct {
	Code    int
	Message string
}

// The refusals of the protocol. Clients know them by their code.
var (
	ErrTransportUnknown   = RequestError{0, "Transport unknown"}
	ErrUnknownSid         = RequestError{1, "Session ID unknown"}
	ErrBadMethod          = RequestError{2, "Bad handshake method"}
	ErrBadRequest         = RequestError{3, "Bad request"}
	ErrForbidden          = RequestError{4, "Forbidden"}
	ErrUnsupportedVersion = RequestError{5, "Unsupported protocol version"}
)

// Error returns the message.
func (e RequestError) Error() string { return e.Message }

// JSON returns the body of the HTTP answer, {"code":…,"message":…}.
func (e RequestError) JSON() []byte {
	body := strconv.AppendInt([]byte(`{"code":`), int64(e.Code), 10)
	body = append(body, `,"message":`...)
	return append(jsontext.AppendString(body, e.Message), '}')
}

// Status returns the HTTP status: 403 for a refusal of code 4, else 400.
func (e RequestError) Status() int {
	if e.Code == ErrForbidden.Code {
		return 403
	}
	return 400
}
