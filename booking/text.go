package booking

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the texts of a booking and of an account, in characters (not bytes).
const (
	MaxName     = 100
	MaxEmail    = 254
	MaxPhone    = 32
	MaxAddress  = 500
	MaxBrand    = 100
	MaxModel    = 100
	MaxInvoice  = 64
	MaxClientID = 64
)

// Line takes a text of one line from outside. It returns the text without the spaces around it and, where it cannot be
// taken, why not, as the value of an Error's field: it is longer than limit characters, is not UTF-8, or has characters that
// would break a line or command a terminal. An empty text is taken: who requires one says so.
func Line(s string, limit int) (line, why string) {
	line = strings.TrimSpace(s)
	if why = checkText(line, limit); why == "" && strings.ContainsFunc(line, breaks) {
		why = "must be one line without control characters"
	}
	return line, why
}

// Prose is Line for a text that may have line breaks and tabs.
func Prose(s string, limit int) (text, why string) {
	text = strings.TrimSpace(s)
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
	if why = checkText(text, limit); why == "" && strings.ContainsFunc(text, control) {
		why = "must not contain control characters"
	}
	return text, why
}

// Email is Line for an e-mail address. It may be empty.
func Email(s string) (email, why string) {
	email, why = Line(s, MaxEmail)
	if email == "" || why != "" {
		return email, why
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Name != "" || address.Address != email {
		return email, "must be an e-mail address"
	}
	return email, ""
}

// checkText tells bytes first: nobody counts the characters of a megabyte.
func checkText(s string, limit int) string {
	switch {
	case len(s) > utf8.UTFMax*limit:
	case !utf8.ValidString(s):
		return "must be UTF-8"
	case utf8.RuneCountInString(s) <= limit:
		return ""
	}
	return fmt.Sprintf("must have at most %d characters", limit)
}

// breaks reports whether r ends a line somewhere, or is a control character.
func breaks(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
