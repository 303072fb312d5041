package sqlite

import (
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"kapoor.example/desk/booking"
)

// Words are runs of letters, digits and the marks that belong to them, in lower case. The search index holds every
// beginning of every word as a term: "Kapoor" as k, ka, kap, kapo, kapoo, kapoor. A search for "kap" is then one look-up of
// a term that lists its bookings in order, whereas SQLite's own prefix search first gathers the bookings of all words that
// begin so, however many they are.

// maxWord is the number of characters by which words are told apart.
const maxWord = 64

// words returns the words of a text, each once, in the order of the text.
func words(text string) []string {
	fields := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N, unicode.M)
	})
	var found []string
	for _, word := range fields {
		if runes := []rune(word); len(runes) > maxWord {
			word = string(runes[:maxWord])
		}
		if !slices.Contains(found, word) {
			found = append(found, word)
		}
	}
	return found
}

// wordsOf returns the words by which a booking is found.
func wordsOf(name, brand, model, code, invoice string) []string {
	return words(name + " " + brand + " " + model + " " + code + " " + invoice)
}

// matches reports whether every term begins one of the words.
func matches(words, terms []string) bool {
	for _, term := range terms {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, term) }) {
			return false
		}
	}
	return true
}

// beginnings returns every beginning of every word, each once.
func beginnings(words []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, word := range words {
		for i := range word {
			if i > 0 && !seen[word[:i]] {
				seen[word[:i]] = true
				all = append(all, word[:i])
			}
		}
		if !seen[word] {
			seen[word] = true
			all = append(all, word)
		}
	}
	return all
}

// What lists filter by is a term, too, so that a search within a filter costs what both have in common. A colon keeps it
// apart from words.
func ownerTerm(id string) string              { return "o:" + hex.EncodeToString([]byte(id)) }
func assigneeTerm(id string) string           { return "a:" + hex.EncodeToString([]byte(id)) }
func brandTerm(brand string) string           { return "b:" + hex.EncodeToString([]byte(strings.ToLower(brand))) }
func statusTerm(status booking.Status) string { return "s:" + strings.ToLower(string(status)) }

// termsOf returns the terms of a booking, as the index's tokenizer reads them: separated by spaces.
func termsOf(b booking.Booking) string {
	terms := beginnings(wordsOf(b.CustomerName, b.Brand, b.Model, b.Code, b.InvoiceNumber))
	terms = append(terms, ownerTerm(b.CreatedBy), brandTerm(b.Brand), statusTerm(b.Status))
	if id := b.AssigneeID(); id != "" {
		terms = append(terms, assigneeTerm(id))
	}
	return strings.Join(terms, " ")
}

// expression returns what the index is asked for: all of the terms. None of them holds a quote.
func expression(terms []string) string { return `"` + strings.Join(terms, `" "`) + `"` }

// indexing is a booking that the search index is to take in.
type indexing struct {
	n     int64
	terms string
	again bool // it is there, with other terms
}

// index notes a booking for finish, which writes the search index. Of several changes of a booking the last one counts.
func (b *batch) index(n int64, k booking.Booking, again bool) {
	if noted, ok := b.indexing[n]; ok {
		again = noted.again
	}
	if b.indexing == nil {
		b.indexing = map[int64]indexing{}
	}
	b.indexing[n] = indexing{n, termsOf(k), again}
}

func (doc indexing) write(b *batch) error {
	if doc.again {
		if err := b.exec(`DELETE FROM search WHERE rowid = ?`, doc.n); err != nil {
			return err
		}
	}
	return b.exec(`INSERT INTO search (rowid, terms) VALUES (?, ?)`, doc.n, doc.terms)
}
