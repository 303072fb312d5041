package jsontext

import (
	"encoding/json"
	"testing"
)

func TestAppendString(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", `""`},
		{"plain", "bookingCreated", `"bookingCreated"`},
		{"quote and backslash", `a"b\c`, `"a\"b\\c"`},
		{"white space", "a\nb\rc\td", `"a\nb\rc\td"`},
		{"control characters", "\x00\x1f\x7f", `"\u0000\u001f` + "\x7f\""},
		{"what HTML would escape", "<a>&'", `"<a>&'"`},
		{"several bytes a character", "é€𝄞", `"é€𝄞"`},
		{"line separators", "\u2028\u2029", "\"\u2028\u2029\""},
		{"not UTF-8", "a\xffb\xe2\x82", "\"a\uFFFDb\uFFFD\uFFFD\""},
		{"the replacement character itself", "\uFFFD", "\"\uFFFD\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(AppendString([]byte("x"), tt.in)); got != "x"+tt.want {
				t.Errorf("got %s, want %s", got, "x"+tt.want)
			}
		})
	}
}

// FuzzAppendString reads the string back with encoding/json, which has to find in it what its own encoder would write.
func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "a\"\\\n", "é\xff\xe2\x82", "\u2028\x00\x1f", "𝄞"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		encoded, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var got, want string
		if err := json.Unmarshal(AppendString(nil, in), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(encoded, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}
