package booking

import (
	"encoding/base64"
	"errors"
	"math"
	"net/url"
	"strings"
	"testing"
)

func TestCursorRoundTrip(t *testing.T) {
	id := NewID(noon())
	for _, tt := range []struct {
		name string
		c    Cursor
	}{
		{"newest first", Cursor{Sort: SortCreatedAt, Value: noon().UnixMilli(), ID: id}},
		{"oldest first", Cursor{Sort: SortUpdatedAt, Asc: true, Value: 0, ID: id}},
		{"without a preferred time", Cursor{Sort: SortPreferredDateTime, Value: NoValue, ID: id}},
		{"before 1970", Cursor{Sort: SortPreferredDateTime, Value: -1, ID: id}},
		{"the largest value", Cursor{Sort: SortPreferredDateTime, Value: math.MaxInt64, ID: id}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.c.Encode()
			got, err := ParseCursor(text)
			if err != nil || *got != tt.c || url.QueryEscape(text) != text {
				t.Errorf("%s: %+v, %v", text, got, err)
			}
		})
	}
}

// TestParseCursorBad: what Encode did not write is refused. Line breaks inside, bits after the end and other spellings of
// the same JSON used to be taken, since base64 and encoding/json pass over them: one page had many cursors.
func TestParseCursorBad(t *testing.T) {
	id := NewID(noon())
	good := Cursor{Sort: SortCreatedAt, Value: 5, ID: id}.Encode()
	as := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	if len(good)%4 == 0 {
		t.Fatal("the cursor has no spare bits to set") // its last character would carry none
	}
	for _, tt := range []struct{ name, in string }{
		{"empty", ""},
		{"no base64", "!!!"},
		{"the other base64", "+/+/"},
		{"padded", good + "="},
		{"cut", good[:len(good)-5]},
		{"a character more", good + "A"},
		{"no JSON", as("hello")},
		{"null", as("null")},
		{"an array", as("[]")},
		{"an empty object", as("{}")},
		{"no sort", as(`{"v":5,"i":"` + id + `"}`)},
		{"an unknown sort", as(`{"s":"passwordHash","v":5,"i":"` + id + `"}`)},
		{"a malformed id", as(`{"s":"createdAt","v":5,"i":"x"}`)},
		{"an object for the id", as(`{"s":"createdAt","v":5,"i":{"$gt":""}}`)},
		{"a text for the value", as(`{"s":"createdAt","v":"5","i":"` + id + `"}`)},
		{"a fraction for the value", as(`{"s":"createdAt","v":5.5,"i":"` + id + `"}`)},
		{"a value out of range", as(`{"s":"createdAt","v":9223372036854775808,"i":"` + id + `"}`)},
		{"two objects", as(`{"s":"createdAt","v":5,"i":"` + id + `"}{}`)},
		{"very long", strings.Repeat("A", 513)},
		{"a megabyte", strings.Repeat("A", 1<<20)},
		{"a line break inside", good[:8] + "\n" + good[8:]},
		{"spare bits set", good[:len(good)-1] + next(good[len(good)-1])},
		{"spaces in the JSON", as(`{"s":"createdAt", "v":5,"i":"` + id + `"}`)},
		{"an unknown key", as(`{"s":"createdAt","v":5,"i":"` + id + `","x":1}`)},
		{"keys in capitals", as(`{"S":"createdAt","V":5,"I":"` + id + `"}`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ParseCursor(tt.in)
			wantCode(t, err, CodeInvalid)
			var e *Error
			if !errors.As(err, &e) || e.Fields["cursor"] == "" || c != nil {
				t.Errorf("%+v, %+v", c, e)
			}
		})
	}
}

// next returns the character that follows c in the base64 alphabet.
func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)+1])
}

func TestSize(t *testing.T) {
	for _, tt := range []struct{ in, want int }{
		{math.MinInt, 20}, {-1, 20}, {0, 20}, {1, 1}, {20, 20}, {100, 100}, {101, 100}, {math.MaxInt, 100},
	} {
		if got := Size(tt.in); got != tt.want {
			t.Errorf("Size(%d) = %d, want %d", tt.in, got, tt.want)
		}
	}
}
