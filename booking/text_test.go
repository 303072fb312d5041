package booking

import (
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		limit    int
		want     string
		ok       bool
	}{
		{"plain", "Asha Kapoor", 100, "Asha Kapoor", true},
		{"spaces around it", "  Asha \t", 100, "Asha", true},
		{"nothing", "", 10, "", true},
		{"only spaces", "   ", 10, "", true},
		{"as long as it may be", strings.Repeat("ü", 10), 10, strings.Repeat("ü", 10), true},
		{"one too long", strings.Repeat("ü", 11), 10, "", false},
		{"much too long", strings.Repeat("x", 1_000_000), 10, "", false},
		{"joiners of Indian scripts", "क्\u200dष", 10, "क्\u200dष", true},
		{"line break inside", "a\nb", 10, "", false},
		{"carriage return inside", "a\rb", 10, "", false},
		{"NUL", "a\x00b", 10, "", false},
		{"escape", "a\x1b[31mb", 10, "", false},
		{"C1 control", "a\u0085b", 10, "", false},
		{"line separator", "a\u2028b", 10, "", false},
		{"not UTF-8", "a\xffb", 10, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, why := Line(tt.in, tt.limit)
			if ok := why == ""; ok != tt.ok || ok && got != tt.want {
				t.Errorf("Line(%.40q) = %q, %q", tt.in, got, why)
			}
		})
	}
}

func TestProse(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		ok       bool
	}{
		{"lines and tabs", "one\r\n\ttwo", true},
		{"too long", strings.Repeat("x", 21), false},
		{"bell", "ding\a", false},
		{"not UTF-8", "\xc3\x28", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, why := Prose(tt.in, 20); (why == "") != tt.ok {
				t.Errorf("Prose(%q): %q", tt.in, why)
			}
		})
	}
}

func TestEmail(t *testing.T) {
	for _, tt := range []struct {
		in string
		ok bool
	}{
		{"", true}, {"asha@example.com", true}, {" Asha@Example.com ", true}, {"a+b@example.co.in", true},
		{"asha", false}, {"@example.com", false}, {"asha@", false}, {"a b@example.com", false},
		{"Asha <asha@example.com>", false}, {"a@example.com, b@example.com", false}, {"a@example.com\nb", false},
		{strings.Repeat("a", 250) + "@example.com", false},
	} {
		t.Run(tt.in, func(t *testing.T) {
			if _, why := Email(tt.in); (why == "") != tt.ok {
				t.Errorf("Email(%q): %q", tt.in, why)
			}
		})
	}
}
