package booking

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func details() Details {
	at := At(noon().Add(48 * time.Hour))
	return Details{
		CustomerName: "Olga Iyer", Email: "olga@example.com", ContactNumber: "555 0101", Address: "1 Old Road",
		Brand: "Miele", Model: "W1", InvoiceNumber: "INV-1", PreferredDateTime: &at,
	}
}

// TestCreate: every required field that is missing is named. Decide used to name one of them, another one each time, since
// it looked through a map: it was neither a pure function nor told a person with an empty form more than one field.
func TestCreate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		by      Role
		change  func(*Details)
		missing []string
	}{
		{"everything by a customer", Customer, func(*Details) {}, nil},
		{"everything by staff", Staff, func(*Details) {}, nil},
		{"everything by an admin", Admin, func(*Details) {}, nil},
		{"without the optional ones", Customer, func(d *Details) { d.Email, d.InvoiceNumber, d.PreferredDateTime = "", "", nil }, nil},
		{"no name", Customer, func(d *Details) { d.CustomerName = "" }, []string{"name"}},
		{"a name of spaces", Customer, func(d *Details) { d.CustomerName = " \t" }, []string{"name"}},
		{"no phone", Customer, func(d *Details) { d.ContactNumber = "" }, []string{"phone"}},
		{"no address", Customer, func(d *Details) { d.Address = "" }, []string{"address"}},
		{"no brand", Customer, func(d *Details) { d.Brand = "" }, []string{"brand"}},
		{"no model", Customer, func(d *Details) { d.Model = "" }, []string{"model"}},
		{"two missing", Customer, func(d *Details) { d.Brand, d.Model = "", " " }, []string{"brand", "model"}},
		{"nothing", Customer, func(d *Details) { *d = Details{} }, []string{"address", "brand", "model", "name", "phone"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := details()
			tt.change(&d)
			c := ask(by(tt.by, olga), Create{Code: "Q7XK4M", Details: d})
			event, err := Decide(Booking{}, c, noon())
			if tt.missing != nil {
				wantCode(t, err, CodeInvalid)
				var e *Error
				if !errors.As(err, &e) || !slices.Equal(slices.Sorted(maps.Keys(e.Fields)), tt.missing) || event != nil {
					t.Fatalf("event %v, error %+v, want the fields %q", event, err, tt.missing)
				}
				return
			}
			want := Created{Booking{
				ID: "b1", Code: "Q7XK4M", CustomerName: d.CustomerName, Email: d.Email, ContactNumber: d.ContactNumber, Address: d.Address,
				Brand: d.Brand, Model: d.Model, InvoiceNumber: d.InvoiceNumber, PreferredDateTime: d.PreferredDateTime,
				Status: Pending, CreatedBy: olga, Updates: []Entry{}, Version: 1, Revision: 1, CreatedAt: At(noon()), UpdatedAt: At(noon()),
			}}
			if err != nil || !reflect.DeepEqual(event, want) {
				t.Fatalf("%+v, %v\n want %+v", event, err, want)
			}
			if after := Apply(Booking{}, event); !reflect.DeepEqual(after, want.Booking) {
				t.Errorf("after it: %+v", after)
			}
		})
	}
	_, err := Decide(Booking{}, ask(by("", olga), Create{Details: details()}), noon())
	wantCode(t, err, CodeForbidden)
}

func TestEdit(t *testing.T) {
	later := At(noon().Add(96 * time.Hour))
	same := *booked(Pending, "").PreferredDateTime
	for _, tt := range []struct {
		name    string
		status  Status
		by      Principal
		do      Edit
		code    Code // stays: no event
		changed []string
		message string
	}{
		{"address", Pending, by(Customer, olga), Edit{Address: new("2 New Road")}, "", []string{"address"}, "Changed address"},
		{"phone", Pending, by(Customer, olga), Edit{ContactNumber: new("555 0202")}, "", []string{"contactNumber"}, "Changed phone"},
		{"e-mail", Pending, by(Customer, olga), Edit{Email: new("o@example.com")}, "", []string{"email"}, "Changed e-mail"},
		{"e-mail cleared", Pending, by(Customer, olga), Edit{Email: new("")}, "", []string{"email"}, "Changed e-mail"},
		{"invoice", Pending, by(Customer, olga), Edit{InvoiceNumber: new("INV-2")}, "", []string{"invoiceNumber"}, "Changed invoice number"},
		{"invoice cleared", Pending, by(Customer, olga), Edit{InvoiceNumber: new("")}, "", []string{"invoiceNumber"}, "Changed invoice number"},
		{"time", Pending, by(Customer, olga), Edit{PreferredDateTime: &later}, "", []string{"preferredDateTime"}, "Changed preferred time"},
		{"time cleared", Pending, by(Customer, olga), Edit{PreferredDateTime: &Time{}}, "", []string{"preferredDateTime"}, "Changed preferred time"},
		{"time of a scheduled one by staff", Scheduled, by(Staff, sam), Edit{PreferredDateTime: &later}, "", []string{"preferredDateTime"}, "Changed preferred time"},
		{
			"everything at once", Scheduled, by(Admin, ada),
			Edit{Address: new("2 New Road"), ContactNumber: new("555 0202"), Email: new(""), InvoiceNumber: new("INV-2"), PreferredDateTime: &later},
			"", []string{"address", "contactNumber", "email", "invoiceNumber", "preferredDateTime"},
			"Changed address, phone, e-mail, invoice number, preferred time",
		},
		{"one of two differs", Pending, by(Customer, olga), Edit{Address: new("1 Old Road"), Email: new("o@example.com")}, "", []string{"email"}, "Changed e-mail"},
		{"address of a closed one by staff", Completed, by(Staff, sam), Edit{Address: new("2 New Road")}, "", []string{"address"}, "Changed address"},

		{"nothing asked", Pending, by(Customer, olga), Edit{}, stays, nil, ""},
		{"everything as it is", Pending, by(Customer, olga), Edit{Address: new("1 Old Road"), ContactNumber: new("555 0101"), Email: new("olga@example.com"), InvoiceNumber: new("INV-1"), PreferredDateTime: &same}, stays, nil, ""},
		{"the same time of a closed one", Completed, by(Staff, sam), Edit{PreferredDateTime: &same}, stays, nil, ""},
		{"nothing asked of a closed one", Cancelled, by(Staff, sam), Edit{}, stays, nil, ""},

		{"address cleared", Pending, by(Customer, olga), Edit{Address: new("")}, CodeInvalid, nil, ""},
		{"phone cleared", Pending, by(Staff, sam), Edit{ContactNumber: new("")}, CodeInvalid, nil, ""},
		{"time of a completed one", Completed, by(Staff, sam), Edit{PreferredDateTime: &later}, CodeInvalidTransition, nil, ""},
		{"time of a cancelled one", Cancelled, by(Admin, ada), Edit{PreferredDateTime: &later}, CodeInvalidTransition, nil, ""},
		{"time of a completed one cleared", Completed, by(Admin, ada), Edit{PreferredDateTime: &Time{}}, CodeInvalidTransition, nil, ""},
		{"by the customer once scheduled", Scheduled, by(Customer, olga), Edit{Address: new("2 New Road")}, CodeForbidden, nil, ""},
		{"by the customer once completed", Completed, by(Customer, olga), Edit{PreferredDateTime: &later}, CodeForbidden, nil, ""},
		{"by the customer once cancelled", Cancelled, by(Customer, olga), Edit{Email: new("")}, CodeForbidden, nil, ""},
		{"by another customer", Pending, by(Customer, carl), Edit{Address: new("2 New Road")}, CodeNotFound, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := booked(tt.status, sam)
			event, err := Decide(b, ask(tt.by, tt.do), noon())
			if tt.code == stays {
				if event != nil || err != nil {
					t.Fatalf("%+v, %v; want no change", event, err)
				}
				return
			}
			wantCode(t, err, tt.code)
			if tt.code != "" {
				return
			}
			edited, ok := event.(Edited)
			if !ok || !slices.Equal(edited.Changed, tt.changed) || edited.Entry.Kind != EntryEdit || edited.Entry.Message != tt.message {
				t.Fatalf("event %+v", event)
			}
			want := b
			set := func(field, to *string) {
				if to != nil {
					*field = *to
				}
			}
			set(&want.Address, tt.do.Address)
			set(&want.ContactNumber, tt.do.ContactNumber)
			set(&want.Email, tt.do.Email)
			set(&want.InvoiceNumber, tt.do.InvoiceNumber)
			if to := tt.do.PreferredDateTime; to != nil {
				want.PreferredDateTime = to
				if to.IsZero() {
					want.PreferredDateTime = nil
				}
			}
			want.Updates = append(slices.Clone(b.Updates), edited.Entry)
			want.Version, want.Revision, want.UpdatedAt = b.Version+1, b.Revision+1, At(noon())
			if after := Apply(b, event); !reflect.DeepEqual(after, want) {
				t.Errorf("after it %+v\n want %+v", after, want)
			}
		})
	}
}

// TestEditTimeOfBookingWithout: a time that is not there is neither cleared nor mistaken for the zero time.
func TestEditTimeOfBookingWithout(t *testing.T) {
	later := At(noon().Add(96 * time.Hour))
	b := booked(Pending, "")
	b.PreferredDateTime = nil
	if event, err := Decide(b, ask(by(Customer, olga), Edit{PreferredDateTime: &Time{}}), noon()); event != nil || err != nil {
		t.Errorf("cleared: %+v, %v", event, err)
	}
	event, err := Decide(b, ask(by(Customer, olga), Edit{PreferredDateTime: &later}), noon())
	if err != nil || Apply(b, event).PreferredDateTime == nil {
		t.Errorf("set: %+v, %v", event, err)
	}
}

// TestEditKeepsValuesOutOfTimeline: the timeline outlives an address, so it names fields and no values.
func TestEditKeepsValuesOutOfTimeline(t *testing.T) {
	event, err := Decide(booked(Pending, ""), ask(by(Customer, olga), Edit{Address: new("2 Secret Lane"), Email: new("secret@example.com")}), noon())
	edited, ok := event.(Edited)
	if err != nil || !ok || strings.Contains(strings.ToLower(edited.Entry.Message), "secret") {
		t.Errorf("%+v, %v", event, err)
	}
}

func TestVersion(t *testing.T) {
	operations := map[string]Operation{
		"status":  ChangeStatus{Status: Scheduled},
		"edit":    Edit{Address: new("2 New Road")},
		"message": AddMessage{Message: "Hello"},
		"read":    MarkRead{EntryID: "e2"},
		"nothing": ChangeStatus{},
	}
	for _, tt := range []struct {
		name    string
		version uint64
		code    Code
	}{
		{"none named", 0, ""}, {"the present one", 3, ""}, {"an older one", 2, CodeConflict}, {"one to come", 4, CodeConflict},
		{"the revision instead", 5, CodeConflict},
	} {
		for what, do := range operations {
			t.Run(tt.name+", "+what, func(t *testing.T) {
				b := booked(Pending, "")
				c := ask(by(Staff, sam), do)
				c.Version = tt.version
				event, err := Decide(b, c, noon())
				wantCode(t, err, tt.code)
				if tt.code == "" {
					return
				}
				var e *Error
				if !errors.As(err, &e) || e.Booking == nil || !reflect.DeepEqual(*e.Booking, b) || event != nil {
					t.Errorf("the conflict carries %+v", e)
				}
			})
		}
	}
	// Nobody learns of a booking that is not theirs by guessing versions.
	c := ask(by(Customer, carl), Edit{})
	c.Version = 2
	_, err := Decide(booked(Pending, ""), c, noon())
	wantCode(t, err, CodeNotFound)
}

func TestAddMessage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status Status
		by     Principal
		do     AddMessage
		code   Code // stays: no event
		text   string
		entry  string // the entry of the outcome, c1 for a new one
	}{
		{"by the owner", Pending, by(Customer, olga), AddMessage{Message: "Hello"}, "", "Hello", "c1"},
		{"by staff", Scheduled, by(Staff, sam), AddMessage{Message: "Hello"}, "", "Hello", "c1"},
		{"on a closed one", Completed, by(Customer, olga), AddMessage{Message: "Thanks"}, "", "Thanks", "c1"},
		{"spaces around it", Pending, by(Customer, olga), AddMessage{Message: " \nHello\t"}, "", "Hello", "c1"},
		{"2,000 characters", Pending, by(Customer, olga), AddMessage{Message: strings.Repeat("x", 2000)}, "", strings.Repeat("x", 2000), "c1"},
		{"2,000 characters of three bytes", Pending, by(Customer, olga), AddMessage{Message: strings.Repeat("क", 2000)}, "", strings.Repeat("क", 2000), "c1"},
		{"2,000 characters of four bytes", Pending, by(Customer, olga), AddMessage{Message: strings.Repeat("🔧", 2000)}, "", strings.Repeat("🔧", 2000), "c1"},
		{"2,000 characters and spaces", Pending, by(Customer, olga), AddMessage{Message: strings.Repeat("x", 2000) + "  "}, "", strings.Repeat("x", 2000), "c1"},
		{"2,001 characters", Pending, by(Customer, olga), AddMessage{Message: strings.Repeat("x", 2001)}, CodeInvalid, "", ""},
		{"2,001 characters of four bytes", Pending, by(Customer, olga), AddMessage{Message: strings.Repeat("🔧", 2001)}, CodeInvalid, "", ""},
		{"nothing", Pending, by(Customer, olga), AddMessage{}, CodeInvalid, "", ""},
		{"spaces only", Pending, by(Customer, olga), AddMessage{Message: " \n\t "}, CodeInvalid, "", ""},
		{"by another customer", Pending, by(Customer, carl), AddMessage{Message: "Hello"}, CodeNotFound, "", ""},
		{"a new client id", Pending, by(Customer, olga), AddMessage{Message: "Hello", ClientID: "k9"}, "", "Hello", "c1"},
		{"the same client id again", Pending, by(Customer, olga), AddMessage{Message: "There is.", ClientID: "k2"}, stays, "", "e2"},
		{"the same client id, other words", Pending, by(Customer, olga), AddMessage{Message: "There is not.", ClientID: "k2"}, stays, "", "e2"},
		{"another author's client id", Pending, by(Customer, olga), AddMessage{Message: "Hello", ClientID: "k1"}, "", "Hello", "c1"},
		{"another author's client id, by staff", Pending, by(Staff, sam), AddMessage{Message: "Hello", ClientID: "k2"}, "", "Hello", "c1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, c := booked(tt.status, ""), ask(tt.by, tt.do)
			event, err := Decide(b, c, noon())
			after := b
			if tt.code == stays {
				if event != nil || err != nil {
					t.Fatalf("%+v, %v; want no change", event, err)
				}
			} else {
				wantCode(t, err, tt.code)
				if tt.code != "" {
					return
				}
				want := MessageAdded{Entry{
					ID: "c1", Kind: EntryMessage, Message: tt.text, Timestamp: At(noon()), UpdatedBy: tt.by.ID,
					UpdatedByName: tt.by.Name, ReadBy: []Receipt{}, ClientID: tt.do.ClientID,
				}}
				if !reflect.DeepEqual(event, want) {
					t.Fatalf("event %+v", event)
				}
				after = Apply(b, event)
			}
			o := OutcomeOf(c, after, event != nil)
			if o.Entry == nil || o.Entry.ID != tt.entry || o.Changed != (event != nil) || !reflect.DeepEqual(o.Booking, after) {
				t.Errorf("outcome %+v", o)
			}
		})
	}
}

// TestOutcomeWithoutEntry: what makes no entry has none, and an empty client id finds none.
func TestOutcomeWithoutEntry(t *testing.T) {
	for name, do := range map[string]Operation{
		"create": Create{}, "read": MarkRead{EntryID: "e1"}, "nothing": ChangeStatus{}, "no client id": AddMessage{Message: "Hello"},
	} {
		t.Run(name, func(t *testing.T) {
			if o := OutcomeOf(ask(by(Customer, olga), do), booked(Pending, ""), false); o.Entry != nil || o.Changed {
				t.Errorf("outcome %+v", o)
			}
		})
	}
}

func TestMarkRead(t *testing.T) {
	for _, tt := range []struct {
		name  string
		by    Principal
		entry string
		code  Code // stays: no event
	}{
		{"another's entry", by(Customer, olga), "e1", ""},
		{"the owner's entry by staff", by(Staff, sam), "e2", ""},
		{"read by somebody else before", by(Staff, sue), "e1", ""},
		{"the own entry", by(Customer, olga), "e2", stays},
		{"twice", by(Admin, ada), "e1", stays},
		{"no such entry", by(Customer, olga), "e9", CodeNotFound},
		{"no entry named", by(Customer, olga), "", CodeNotFound},
		{"the booking's own id", by(Customer, olga), "b1", CodeNotFound},
		{"by another customer", by(Customer, carl), "e1", CodeNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := booked(Scheduled, sam)
			event, err := Decide(b, ask(tt.by, MarkRead{EntryID: tt.entry}), noon())
			if tt.code == stays {
				if event != nil || err != nil {
					t.Fatalf("%+v, %v; want no change", event, err)
				}
				return
			}
			wantCode(t, err, tt.code)
			if tt.code != "" {
				return
			}
			receipt := Receipt{UserID: tt.by.ID, ReadAt: At(noon())}
			if want := (EntryRead{EntryID: tt.entry, Author: b.Entry(tt.entry).UpdatedBy, Receipt: receipt}); event != want {
				t.Fatalf("event %+v, want %+v", event, want)
			}
			after := Apply(b, event)
			readBy := append(slices.Clone(b.Entry(tt.entry).ReadBy), receipt)
			if !slices.Equal(after.Entry(tt.entry).ReadBy, readBy) || after.Version != b.Version || after.Revision != b.Revision+1 || after.UpdatedAt != b.UpdatedAt {
				t.Errorf("after it %+v", after)
			}
			if again, err := Decide(after, ask(tt.by, MarkRead{EntryID: tt.entry}), noon()); again != nil || err != nil {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
}

// TestTimelineFull: at 500 entries nothing more is written; reading, repeating and asking for nothing still work, and what
// would be refused anyway is refused for its own reason.
func TestTimelineFull(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   Operation
		code Code // stays: no event
	}{
		{"a message", AddMessage{Message: "Hello"}, CodeTimelineFull},
		{"a status", ChangeStatus{Status: Completed}, CodeTimelineFull},
		{"an assignee", ChangeStatus{Assignee: &Assignment{}}, CodeTimelineFull},
		{"an edit", Edit{Address: new("2 New Road")}, CodeTimelineFull},
		{"a receipt", MarkRead{EntryID: "e2"}, ""},
		{"the same client id again", AddMessage{Message: "Is there a lift?", ClientID: "k1"}, stays},
		{"the same status", ChangeStatus{Status: Scheduled}, stays},
		{"no message", AddMessage{}, CodeInvalid},
		{"no such entry", MarkRead{EntryID: "e9"}, CodeNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			event, err := Decide(full(booked(Scheduled, sam)), ask(by(Staff, sam), tt.do), noon())
			want := tt.code
			if want == stays {
				want = ""
			}
			wantCode(t, err, want)
			if (event != nil) != (tt.code == "") {
				t.Errorf("event %+v", event)
			}
		})
	}
	t.Run("the last one fits", func(t *testing.T) {
		b := full(booked(Scheduled, sam))
		b.Updates = b.Updates[:MaxEntries-1]
		after := mustPlan(t, b, ask(by(Staff, sam), AddMessage{Message: "Hello"}), Policy{}).After
		if len(after.Updates) != MaxEntries {
			t.Errorf("%d entries", len(after.Updates))
		}
	})
}

// everyOperation returns, by name, an operation of each kind that changes booked(Scheduled, sam) when staff asks for it.
func everyOperation() map[string]Operation {
	later := At(noon().Add(96 * time.Hour))
	return map[string]Operation{
		"status":     ChangeStatus{Status: Completed, Message: "Done.", Assignee: &Assignment{To: person(sue)}},
		"assignment": ChangeStatus{Assignee: &Assignment{}},
		"edit":       Edit{Address: new("2 New Road"), Email: new(""), PreferredDateTime: &later},
		"message":    AddMessage{Message: "Hello", ClientID: "k9"},
		"read":       MarkRead{EntryID: "e1"},
	}
}

// roomy returns b with room behind its slices, where a careless append would write.
func roomy(b Booking) Booking {
	b.Updates = append(make([]Entry, 0, 16), b.Updates...)
	for i := range b.Updates {
		b.Updates[i].ReadBy = append(make([]Receipt, 0, 16), b.Updates[i].ReadBy...)
	}
	return b
}

// spelled writes all of b, what lies behind its slices included, so that two moments of it can be compared.
func spelled(tb testing.TB, b Booking) string {
	tb.Helper()
	b.Updates = slices.Clone(b.Updates[:cap(b.Updates)])
	for i, e := range b.Updates {
		b.Updates[i].ReadBy = e.ReadBy[:cap(e.ReadBy)]
	}
	text, err := json.Marshal(struct {
		Booking  Booking
		Revision uint64
	}{b, b.Revision})
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// TestPure: deciding and applying leave the booking as it was, decide the same twice, and two events applied to one
// booking do not see each other.
func TestPure(t *testing.T) {
	for name, do := range everyOperation() {
		t.Run(name, func(t *testing.T) {
			b := roomy(booked(Scheduled, sam))
			was := spelled(t, b)
			c := ask(by(Staff, sue), do)
			event, err := Decide(b, c, noon())
			if event == nil || err != nil {
				t.Fatalf("%+v, %v", event, err)
			}
			if spelled(t, b) != was {
				t.Fatal("Decide changed the booking")
			}
			if again, err := Decide(b, c, noon()); err != nil || !reflect.DeepEqual(again, event) {
				t.Errorf("decided again: %+v, %v", again, err)
			}
			first := roomy(Apply(b, event))
			firstWas := spelled(t, first)
			for other, do := range everyOperation() {
				c := Command{ID: "c2", BookingID: "b1", By: by(Staff, sue), Do: do}
				second := mustPlan(t, b, c, Policy{}).After
				third, err := Decide(first, c, noon())
				if err == nil && third != nil {
					_ = Apply(first, third)
				}
				if len(second.Updates) > len(b.Updates) && second.Updates[len(b.Updates)].ID != "c2" {
					t.Errorf("%s beside it wrote %+v", other, second.Updates[len(b.Updates)])
				}
			}
			if spelled(t, b) != was {
				t.Error("Apply changed the booking it was given, or what lies behind its slices")
			}
			if spelled(t, first) != firstWas {
				t.Error("Apply changed an earlier outcome")
			}
		})
	}
}

// TestUnknownOperation: a program's mistake is an error, not a panic and not a change.
func TestUnknownOperation(t *testing.T) {
	event, err := Decide(booked(Pending, ""), ask(by(Admin, ada), nil), noon())
	if event != nil {
		t.Errorf("event %+v", event)
	}
	wantCode(t, err, CodeInternal)
}
