package clienttest

import (
	"regexp"
	"slices"
	"testing"
)

// private is what no line may hold. All that is personal in the scenarios has a word or a number of its own (see
// desk.mjs); the demo's people and bookings have theirs.
var private = map[string]*regexp.Regexp{
	"a name, an address or a message": regexp.MustCompile(`(?i)zoulqui`),
	"a telephone number":              regexp.MustCompile(`50977 ?\d{5}|50000 ?0000\d`),
	"an e-mail address":               regexp.MustCompile(`[\w.+-]+@[\w-]+\.\w+`),
	"a demo account's name":           regexp.MustCompile(`Asha Kapoor|Vikram Rao|Meera Nair`),
	"a demo booking's address":        regexp.MustCompile(`Carter Road`),
	"a password":                      regexp.MustCompile(`admin123|staff123|password123|correct horse|battery staple`),
	"a token":                         regexp.MustCompile(`eyJhbGciOi|eyJ[\w-]+\.eyJ`),
	"the secret":                      regexp.MustCompile(regexp.QuoteMeta(secret)),
}

// checkLog reads a log after the scenarios: the lines operators look for are there, and nothing that has no place in it.
func checkLog(t *testing.T, log []line, says []string) {
	t.Helper()
	for _, message := range says {
		if !slices.ContainsFunc(log, func(l line) bool { return l.message == message }) {
			t.Errorf("the log has no line %q", message)
		}
	}
	for _, l := range log {
		if !slices.Contains([]string{"debug", "info", "warn"}, l.level) {
			t.Errorf("somebody would have to act: %s", l.text)
		}
		for what, pattern := range private {
			if found := pattern.FindString(l.text); found != "" {
				t.Errorf("the log holds %s, %q: %s", what, found, l.text)
			}
		}
	}
}
