package socketio

// Error is a violation of the protocol, or a value that cannot be sent. The set is closed: the constants below are all
// there are, and == and errors.Is compare them.
type Error string

// Error returns the text, which is fit for a log and for a client.
func (e Error) Error() string { return string(e) }

// Violations that a Decoder finds. The connection has to be closed.
const (
	ErrEmpty              Error = "empty packet"
	ErrType               Error = "unknown packet type"
	ErrEncoding           Error = "packet is not UTF-8"
	ErrIllegalAttachments Error = "Illegal attachments"
	ErrTooManyAttachments Error = "too many attachments"
	ErrTooLarge           Error = "attachments too large"
	ErrJSON               Error = "payload is not JSON"
	ErrDepth              Error = "payload nested too deeply"
	ErrPayload            Error = "payload does not fit the packet type"
	ErrAckID              Error = "ack without an id"
	ErrPlaceholder        Error = "Illegal placeholder"
	ErrTextDuringBinary   Error = "text while attachments are due"
	ErrUnexpectedBinary   Error = "binary without a packet that announces it"
)

// ErrReserved is found by a Decoder and returned by EncodeEvent: the name belongs to the library on both sides.
const ErrReserved Error = "reserved event name"

// What callers of this package do wrong.
const (
	ErrNotEvent   Error = "packet is not an event"
	ErrNotAck     Error = "packet is not an ack"
	ErrNoArgument Error = "no such argument"
	ErrNotBinary  Error = "binary where the destination takes none"
	ErrNesting    Error = "value is cyclic or nested too deeply"
	ErrHidden     Error = "binary in an embedded pointer to an unexported struct"
)
