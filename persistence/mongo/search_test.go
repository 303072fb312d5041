package mongo

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"none", "", nil},
		{"signs only", ` "'*%$-()` + "\x00\t", nil},
		{"lower case, sorted", "Samsung The FRAME", []string{"frame", "samsung", "the"}},
		{"each once", "a b A", []string{"a", "b"}},
		{"separated by signs", "INV-2026/17_b", []string{"17", "2026", "b", "inv"}},
		{"other scripts, with their marks", "Größe कपूर", []string{"größe", "कपूर"}},
		{"invalid UTF-8 separates", "a\xffb", []string{"a", "b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := words(tt.text); !slices.Equal(got, tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSearched(t *testing.T) {
	many := make([]string, mostWords+1)
	for i := range many {
		many[i] = fmt.Sprintf("w%03d", i)
	}
	for _, tt := range []struct {
		name, search string
		filters      int
		possible     bool
	}{
		{"nothing", "", 0, true},
		{"two words", "ravi kumar", 2, true},
		{"a word that begins another", "ra ravi", 1, true},
		{"words that begin one another", "a aa aaa aaaa b", 2, true},
		{"as many as there may be", strings.Join(many[1:], " "), mostWords, true},
		{"more", strings.Join(many, " "), 0, false},
		{"very many that begin one another", strings.Repeat("a ", 10_000), 1, true},
		{"an endless word", strings.Repeat("a", maxWord+1), 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			filters, possible := searched(tt.search)
			if len(filters) != tt.filters || possible != tt.possible {
				t.Fatalf("%d filters, possible %v", len(filters), possible)
			}
		})
	}
}
