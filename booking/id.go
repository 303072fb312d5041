package booking

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// crockford is the alphabet of ids: in ASCII order, so that ids sort as their bytes do, and without i, l, o and u.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

var idEncoding = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)

// codeAlphabet leaves out what people mishear or misread: 0/O, 1/I/L, 5/S, 8/B, U/V.
const codeAlphabet = "2346789ACDEFGHJKMNPQRTWXYZ"

// CodeLength is the number of characters of a booking's code.
const CodeLength = 6

// NewID returns a fresh id of 26 characters: 48 bits of milliseconds and 80 random bits, so that ids sort by the time
// they were made and cannot be guessed.
func NewID(now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // crypto/rand.Read never fails
	return idEncoding.EncodeToString(b[:])
}

// ValidID reports whether s has the form of an id. A malformed id is an unknown one: it needs no look-up.
func ValidID(s string) bool {
	if len(s) != 26 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > 'z' || c > '9' && c < 'a' || c == 'i' || c == 'l' || c == 'o' || c == 'u' {
			return false
		}
	}
	return true
}

// NewCode returns a random code of CodeLength characters for people to read out. Codes are unique in a store: where one
// is taken, another is drawn.
func NewCode() string {
	var b [CodeLength]byte
	_, _ = rand.Read(b[:])
	for i, c := range b {
		b[i] = codeAlphabet[int(c)%len(codeAlphabet)]
	}
	return string(b[:])
}

// NormalCode returns s in the form codes are stored in (upper case) and whether it has a code's form at all.
func NormalCode(s string) (string, bool) {
	if len(s) != CodeLength {
		return "", false
	}
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		} else if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return "", false
		}
	}
	return string(b), true
}
