package booking

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNewID(t *testing.T) {
	const each = 200
	seen := map[string]bool{}
	var previous []string
	at := noon()
	for step := range 50 {
		var ids []string
		for range each {
			id := NewID(at)
			if !ValidID(id) || seen[id] {
				t.Fatalf("id %q: valid %v, seen %v", id, ValidID(id), seen[id])
			}
			seen[id] = true
			ids = append(ids, id)
		}
		if len(previous) > 0 && slices.Min(ids) <= slices.Max(previous) {
			t.Fatalf("ids of step %d do not sort after those before", step)
		}
		previous = ids
		at = at.Add(time.Millisecond << (step % 30)) // also over places where another character of the id changes
	}
	if a, b := NewID(time.UnixMilli(0)), NewID(time.UnixMilli(1<<48-1)); !ValidID(a) || !ValidID(b) || a >= b {
		t.Errorf("first %q, last %q", a, b)
	}
}

func TestValidID(t *testing.T) {
	good := NewID(noon())
	for _, tt := range []struct {
		name, in string
		want     bool
	}{
		{"a fresh one", good, true},
		{"all zeros", strings.Repeat("0", 26), true},
		{"empty", "", false},
		{"too short", good[:25], false},
		{"too long", good + "0", false},
		{"upper case", strings.Repeat("A", 26), false},
		{"an i", good[:25] + "i", false},
		{"an l", good[:25] + "l", false},
		{"an o", good[:25] + "o", false},
		{"a u", "u" + good[1:], false},
		{"before the digits", good[:25] + "/", false},
		{"behind the digits", good[:25] + ":", false},
		{"before the letters", good[:25] + "`", false},
		{"behind the letters", good[:25] + "{", false},
		{"a NUL", good[:25] + "\x00", false},
		{"a line break", good[:25] + "\n", false},
		{"26 bytes of other letters", strings.Repeat("é", 13), false},
		{"a path", "../../../../../etc/passwd0", false},
		{"an object", `{"$gt":""}` + good[:16], false},
		{"a megabyte", strings.Repeat("0", 1<<20), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ValidID(tt.in); got != tt.want {
				t.Errorf("ValidID(%.40q) = %v", tt.in, got)
			}
		})
	}
}

func TestNewCode(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		code := NewCode()
		if normal, ok := NormalCode(code); !ok || normal != code || strings.ContainsAny(code, "01ILOUVSB5") {
			t.Fatalf("code %q", code)
		}
		seen[code] = true
	}
	if len(seen) < 990 { // of 309 million
		t.Errorf("%d different ones of 1000", len(seen))
	}
}

func TestNormalCode(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
	}{
		{"as it is stored", "Q7XK4M", "Q7XK4M"},
		{"lower case", "q7xk4m", "Q7XK4M"},
		{"mixed", "q7Xk4M", "Q7XK4M"},
		{"empty", "", ""},
		{"too short", "Q7XK4", ""},
		{"too long", "Q7XK4MM", ""},
		{"a space", "Q7XK4 ", ""},
		{"a dash", "Q7X-4M", ""},
		{"before the digits", "Q7XK4/", ""},
		{"behind the digits", "Q7XK4:", ""},
		{"before the capitals", "Q7XK4@", ""},
		{"behind the capitals", "Q7XK4[", ""},
		{"before the small letters", "Q7XK4`", ""},
		{"behind the small letters", "Q7XK4{", ""},
		{"six bytes of three letters", "éüß", ""},
		{"a NUL", "Q7XK4\x00", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := NormalCode(tt.in); got != tt.want || ok != (tt.want != "") {
				t.Errorf("NormalCode(%q) = %q, %v", tt.in, got, ok)
			}
		})
	}
}
