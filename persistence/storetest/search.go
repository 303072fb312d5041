package storetest

import (
	"slices"
	"testing"

	"kapoor.example/desk/booking"
)

func (s suite) searches(t *testing.T) {
	d := s.desk(t)
	book := func(by booking.Principal, name, brand, model, code, invoice string) booking.Booking {
		return d.create(by, func(c *booking.Create) {
			c.Code = code
			c.Details.CustomerName, c.Details.Brand, c.Details.Model, c.Details.InvoiceNumber = name, brand, model, invoice
			c.Details.Address = "Secret Lane"
		})
	}
	names := map[string]string{} // by id
	for name, b := range map[string]booking.Booking{
		"ravi":  book(d.alice, "Ravi Kumar", "Samsung", "The Frame 55", "ABC234", "INV-2026/17"),
		"meera": book(d.alice, "Meera O'Brien", "LG", "OLED C4", "DEF346", ""),
		"uwe":   book(d.alice, "Ülkü Öz-Größe", "Sony", "Bravia 7", "GHJ467", "R 99"),
		"dev":   book(d.alice, "देव शर्मा", "Samsung", "QN90", "KMN789", "इनव-5"),
		"ops":   book(d.alice, "AND OR NOT NEAR", "Brand*", "-model ^x", "PQR234", `"quoted"`),
		"other": book(d.bob, "Ravi Kumar", "Samsung", "The Frame 55", "TWX234", "INV-2026/18"),
	} {
		names[b.ID] = name
	}
	find := func(t *testing.T, q booking.Query) []string {
		t.Helper()
		page, err := d.store.List(d.ctx, q)
		must(t, "List", err)
		if page.Total != len(page.Bookings) {
			t.Fatalf("total %d of %d", page.Total, len(page.Bookings))
		}
		found := []string{}
		for _, b := range page.Bookings {
			found = append(found, names[b.ID])
		}
		slices.Sort(found)
		return found
	}
	alices := []string{"dev", "meera", "ops", "ravi", "uwe"}
	tests := []struct {
		name, search string
		want         []string // of alice's
	}{
		{"a word of the name", "Ravi", []string{"ravi"}},
		{"of the brand", "Samsung", []string{"dev", "ravi"}},
		{"of the model", "Bravia", []string{"uwe"}},
		{"of the code", "ABC234", []string{"ravi"}},
		{"of the invoice number", "2026", []string{"ravi"}},
		{"of the address", "Secret", nil},
		{"of the assignee or owner", "Alice", nil},
		{"lower case", "ravi", []string{"ravi"}},
		{"upper case", "RAVI", []string{"ravi"}},
		{"the beginning of a word", "sam", []string{"dev", "ravi"}},
		{"one letter", "b", []string{"meera", "ops", "uwe"}},
		{"the beginning of a code", "abc", []string{"ravi"}},
		{"the middle of a word", "amsung", nil},
		{"two words", "kumar frame", []string{"ravi"}},
		{"two beginnings", "fra kum", []string{"ravi"}},
		{"a word twice", "ravi ravi", []string{"ravi"}},
		{"one of two words", "ravi sony", nil},
		{"spaces around", "  ravi\t\n", []string{"ravi"}},
		{"an apostrophe", "O'Brien", []string{"meera"}},
		{"an invoice number as written", "INV-2026/17", []string{"ravi"}},
		{"quotes", `"ravi"`, []string{"ravi"}},
		{"an open quote", `"ravi`, []string{"ravi"}},
		{"single quotes", `'ravi' --`, []string{"ravi"}},
		{"a phrase is words", `"kumar ravi"`, []string{"ravi"}},
		{"a star", "rav*", []string{"ravi"}},
		{"a percent sign", "r%v", nil},
		{"a dot", "r.vi", nil},
		{"an operator", "ravi OR meera", nil},
		{"operators that are words there", "NOT near and", []string{"ops"}},
		{"a function", "NEAR(ravi kumar)", nil},
		{"a minus is none", "-ravi", []string{"ravi"}},
		{"a column", "brand:samsung", nil},
		{"a caret", "^ravi", []string{"ravi"}},
		{"brackets", "(ravi) [kumar] {frame}", []string{"ravi"}},
		{"an operator of a database", `{"$ne":null}`, nil},
		{"a regular expression", "/ra.*/", []string{"ravi"}},
		{"an umlaut", "ülkü", []string{"uwe"}},
		{"an upper-case umlaut", "ÖZ", []string{"uwe"}},
		{"a sharp s", "größe", []string{"uwe"}},
		{"devanagari", "देव", []string{"dev"}},
		{"a NUL between words", "ravi\x00kumar", []string{"ravi"}},
		{"control characters", "\x01ravi\x7f \u2028kumar", []string{"ravi"}},
		{"nothing", "", alices},
		{"spaces", "   ", alices},
		{"signs only", `"'*%-()`, alices},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			equal(t, "found", find(t, booking.Query{Owner: d.alice.ID, Search: tt.search}), append([]string{}, tt.want...))
		})
	}

	t.Run("never shows what another filter leaves out", func(t *testing.T) {
		equal(t, "bob", find(t, booking.Query{Owner: d.bob.ID, Search: "ravi"}), []string{"other"})
		equal(t, "everybody's", find(t, booking.Query{Search: "ravi"}), []string{"other", "ravi"})
		equal(t, "brand", find(t, booking.Query{Brand: "sony", Search: "ravi"}), []string{})
		equal(t, "status", find(t, booking.Query{Status: booking.Completed, Search: "ravi"}), []string{})
	})

	t.Run("hostile text finds nothing and breaks nothing", func(t *testing.T) {
		for _, text := range hostile() {
			if _, err := d.store.List(d.ctx, booking.Query{Search: text, Owner: d.bob.ID}); err != nil {
				t.Fatalf("List %q: %v", text[:min(len(text), 40)], err)
			}
		}
	})

	t.Run("orders and pages", func(t *testing.T) {
		for _, sort := range sorts() {
			sort.Search, sort.Limit = "samsung", 1
			if got := d.walk(sort, func() {}); len(got) != 3 {
				t.Fatalf("%d found", len(got))
			}
		}
	})

	t.Run("follows an edit", func(t *testing.T) {
		d := s.desk(t)
		b := d.create(d.alice, func(c *booking.Create) { c.Details.InvoiceNumber = "OLD77" })
		b = d.do(b, d.sam, booking.Edit{InvoiceNumber: new("NEW88")})
		equal(t, "new", ids(d.list(booking.Query{Search: "new8"}).Bookings), []string{b.ID})
		equal(t, "old", ids(d.list(booking.Query{Search: "old7"}).Bookings), []string{})
		d.do(b, d.sam, booking.ChangeStatus{Status: booking.Completed})
		equal(t, "after another change", ids(d.list(booking.Query{Search: "new88 ravi"}).Bookings), []string{b.ID})
	})
}
