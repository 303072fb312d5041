package mongo

import (
	"slices"
	"strings"
	"unicode"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
)

// mostWords is more than any booking has that can be searched for.
const mostWords = 100

// words returns the words of s in lower case, sorted, each once. A word is a run of letters, digits and the marks that
// belong to them; everything else separates.
func words(s string) []string {
	found := strings.FieldsFunc(strings.ToLower(text(s)), func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.M)
	})
	slices.Sort(found)
	return slices.Compact(found)
}

// wordsOf returns what a booking is found by. Each is in an index of its own, which answers "begins with".
func wordsOf(b booking.Booking) []string {
	w := words(strings.Join([]string{b.CustomerName, b.Brand, b.Model, b.Code, b.InvoiceNumber}, " "))
	if w == nil {
		return []string{}
	}
	return w
}

// searched returns the filters of a full-text search, and false when nothing can match.
func searched(search string) (filters bson.A, possible bool) {
	asked := words(search)
	// What begins another word is asked with that one. Of the rest no two can begin the same word of a booking, so there
	// cannot be more of them than a booking has words.
	var need []string
	for i, w := range asked {
		if i+1 == len(asked) || !strings.HasPrefix(asked[i+1], w) {
			need = append(need, w)
		}
	}
	if len(need) > mostWords {
		return nil, false
	}
	for _, w := range need {
		if len(w) > maxWord {
			return nil, false
		}
		// A word has no character that means something in a pattern.
		filters = append(filters, bson.D{{Key: "words", Value: bson.Regex{Pattern: "^" + w}}})
	}
	return filters, true
}

// maxWord is the most bytes of a word that is searched for; patterns have a limit.
const maxWord = 1000
