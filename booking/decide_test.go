package booking

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	noon     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	owner1   = Principal{ID: "owner", Name: "Olga Owner", Role: Customer}
	stranger = Principal{ID: "stranger", Name: "Sven", Role: Customer}
	worker   = Principal{ID: "worker", Name: "Wim", Role: Staff}
	boss     = Principal{ID: "boss", Name: "Bea", Role: Admin}
	wim      = &Person{ID: "worker", Name: "Wim"}
	bea      = &Person{ID: "boss", Name: "Bea"}
)

// sample returns a booking of owner1 with one message of the worker in its timeline.
func sample(s Status) Booking {
	at := At(noon.Add(-time.Hour))
	return Booking{
		ID: "b", Code: "ABC234", CustomerName: "Olga", ContactNumber: "1", Address: "Street 1", Brand: "LG", Model: "X", Status: s,
		CreatedBy: "owner", Version: 2, Revision: 2, CreatedAt: at, UpdatedAt: at,
		Updates: []Entry{{ID: "m1", Kind: EntryMessage, Message: "hi", UpdatedBy: "worker", ReadBy: []Receipt{}, Timestamp: at, ClientID: "c1"}},
	}
}

func plan(b Booking, by Principal, do Operation) (Commit, error) {
	return Plan(b, Command{ID: "cmd", BookingID: "b", By: by, Do: do}, noon, Policy{})
}

// TestTransitions is the table of CONTRACT in full: every status to every status, for every role.
func TestTransitions(t *testing.T) {
	const change, none = "change", "nothing"
	for _, from := range Statuses() {
		for _, to := range Statuses() {
			for _, by := range []Principal{owner1, stranger, worker, boss} {
				want := map[bool]string{true: change, false: string(CodeInvalidTransition)}[slices.Contains(map[Status][]Status{
					Pending: {Scheduled, Completed, Cancelled}, Scheduled: {Pending, Completed, Cancelled}, Cancelled: {Pending},
				}[from], to)]
				switch {
				case by == stranger:
					want = string(CodeNotFound)
				case from == Cancelled && to != Cancelled && by != boss: // reopening is an admin's
					want = string(CodeForbidden)
				case by == owner1 && to != Cancelled:
					want = string(CodeForbidden)
				case from == to:
					want = none
				}
				t.Run(fmt.Sprintf("%s to %s by %s", from, to, by.ID), func(t *testing.T) {
					c, err := plan(sample(from), by, ChangeStatus{Status: to})
					got := string(CodeOf(err))
					if err == nil {
						got = map[bool]string{true: change, false: none}[c.Event != nil]
					}
					if got != want {
						t.Errorf("got %s, want %s", got, want)
					}
					if got == change && (c.After.Status != to || c.After.Version != 3 || c.After.Revision != 3) {
						t.Errorf("after: %+v", c.After)
					}
				})
			}
		}
	}
}

func TestSameStatus(t *testing.T) {
	for _, s := range Statuses() {
		for name, do := range map[string]ChangeStatus{"message": {Message: "hello"}, "assignee": {Assignee: &Assignment{To: wim}}, "message with status": {Status: s, Message: "hello"}} {
			_, err := plan(sample(s), worker, do)
			if want := map[bool]Code{true: "", false: CodeInvalidTransition}[s.Open()]; CodeOf(err) != want {
				t.Errorf("%s of a %s booking: %v, want %q", name, s, err, want)
			}
		}
	}
	assigned := sample(Scheduled)
	assigned.AssignedTo = wim
	for name, row := range map[string]struct {
		do      ChangeStatus
		changes bool
	}{
		"the same assignee": {ChangeStatus{Assignee: &Assignment{To: &Person{ID: "worker", Name: "Renamed"}}}, false},
		"another one":       {ChangeStatus{Assignee: &Assignment{To: bea}}, true},
		"nobody":            {ChangeStatus{Assignee: &Assignment{}}, true},
		"nothing at all":    {ChangeStatus{}, false},
		"blank message":     {ChangeStatus{Message: " \n "}, false},
	} {
		c, err := plan(assigned, worker, row.do)
		if err != nil || (c.Event != nil) != row.changes {
			t.Errorf("%s: %v, event %v", name, err, c.Event)
		}
	}
}

func text(s string) *string { return &s }

func TestDecide(t *testing.T) {
	when, never := At(noon.Add(48*time.Hour)), Time{}
	details := Details{CustomerName: "A", ContactNumber: "1", Address: "S", Brand: "B", Model: "M"}
	full := sample(Pending)
	for range MaxEntries - 1 {
		full.Updates = append(full.Updates, Entry{ID: "x", UpdatedBy: "worker", ReadBy: []Receipt{}})
	}
	read := sample(Pending)
	read.Updates[0].ReadBy = []Receipt{{UserID: "owner", ReadAt: At(noon)}}
	for name, row := range map[string]struct {
		b       Booking
		by      Principal
		do      Operation
		version uint64
		code    Code // of the error
		event   bool
	}{
		"create":                          {Booking{}, owner1, Create{"ABC234", details}, 0, "", true},
		"create without a model":          {Booking{}, owner1, Create{"ABC234", Details{CustomerName: "A", ContactNumber: "1", Address: "S", Brand: "B"}}, 0, CodeInvalid, false},
		"create by nobody":                {Booking{}, Principal{}, Create{"ABC234", details}, 0, CodeForbidden, false},
		"edit by the owner":               {sample(Pending), owner1, Edit{Address: text("Street 2")}, 0, "", true},
		"edit by the owner, too late":     {sample(Scheduled), owner1, Edit{Address: text("Street 2")}, 0, CodeForbidden, false},
		"edit by staff later":             {sample(Scheduled), worker, Edit{Address: text("Street 2")}, 0, "", true},
		"edit of another's":               {sample(Pending), stranger, Edit{Address: text("Street 2")}, 0, CodeNotFound, false},
		"edit to the same":                {sample(Pending), owner1, Edit{Address: text("Street 1")}, 0, "", false},
		"edit to nothing":                 {sample(Pending), owner1, Edit{Address: text("")}, 0, CodeInvalid, false},
		"edit clears":                     {sample(Pending), owner1, Edit{Email: text("")}, 0, "", false},
		"reschedule":                      {sample(Pending), owner1, Edit{PreferredDateTime: &when}, 0, "", true},
		"reschedule to never, was never":  {sample(Pending), owner1, Edit{PreferredDateTime: &never}, 0, "", false},
		"reschedule when completed":       {sample(Completed), worker, Edit{PreferredDateTime: &when}, 0, CodeInvalidTransition, false},
		"old version":                     {sample(Pending), worker, Edit{Address: text("Street 2")}, 1, CodeConflict, false},
		"present version":                 {sample(Pending), worker, Edit{Address: text("Street 2")}, 2, "", true},
		"old version, nothing to see":     {sample(Pending), stranger, Edit{Address: text("Street 2")}, 1, CodeNotFound, false},
		"message":                         {sample(Completed), owner1, AddMessage{Message: "thanks"}, 0, "", true},
		"message of 2,000 characters":     {sample(Pending), owner1, AddMessage{Message: strings.Repeat("é", 2000)}, 0, "", true},
		"message of 2,001 characters":     {sample(Pending), owner1, AddMessage{Message: strings.Repeat("é", 2001)}, 0, CodeInvalid, false},
		"empty message":                   {sample(Pending), owner1, AddMessage{Message: " "}, 0, CodeInvalid, false},
		"message sent again":              {sample(Pending), worker, AddMessage{Message: "hi", ClientID: "c1"}, 0, "", false},
		"another author's client id":      {sample(Pending), owner1, AddMessage{Message: "hi", ClientID: "c1"}, 0, "", true},
		"read":                            {sample(Pending), owner1, MarkRead{"m1"}, 0, "", true},
		"read again":                      {read, owner1, MarkRead{"m1"}, 0, "", false},
		"read one's own":                  {sample(Pending), worker, MarkRead{"m1"}, 0, "", false},
		"read what is not there":          {sample(Pending), owner1, MarkRead{"m2"}, 0, CodeNotFound, false},
		"read by a stranger":              {sample(Pending), stranger, MarkRead{"m1"}, 0, CodeNotFound, false},
		"a full timeline takes nothing":   {full, worker, AddMessage{Message: "one more"}, 0, CodeTimelineFull, false},
		"a full timeline takes receipts":  {full, owner1, MarkRead{"m1"}, 0, "", true},
		"unknown status":                  {sample(Pending), worker, ChangeStatus{Status: "Lost"}, 0, CodeInvalid, false},
		"a customer assigns":              {sample(Pending), owner1, ChangeStatus{Assignee: &Assignment{To: wim}}, 0, CodeForbidden, false},
		"a customer cancels and assigns":  {sample(Pending), owner1, ChangeStatus{Status: Cancelled, Assignee: &Assignment{To: wim}}, 0, CodeForbidden, false},
		"a customer cancels with a word":  {sample(Scheduled), owner1, ChangeStatus{Status: Cancelled, Message: "sorry"}, 0, "", true},
		"a status message that is longer": {sample(Pending), worker, ChangeStatus{Status: Scheduled, Message: strings.Repeat("x", 2001)}, 0, CodeInvalid, false},
	} {
		t.Run(name, func(t *testing.T) {
			before := clone(t, row.b)
			c := Command{ID: "cmd", BookingID: "b", By: row.by, Version: row.version, Do: row.do}
			got, err := Plan(row.b, c, noon, Policy{})
			if CodeOf(err) != row.code || (got.Event != nil) != row.event {
				t.Fatalf("error %v, event %v", err, got.Event)
			}
			again, _ := Plan(row.b, c, noon, Policy{})
			if !reflect.DeepEqual(got, again) {
				t.Error("planning twice gives something else")
			}
			if !reflect.DeepEqual(clone(t, row.b), before) {
				t.Error("the booking was changed in place")
			}
			if row.code == CodeConflict && err.(*Error).Booking.Version != 2 {
				t.Error("a conflict without the present booking")
			}
		})
	}
}

// clone copies a booking with everything it shares.
func clone(t *testing.T, b Booking) Booking {
	t.Helper()
	encoded, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var c Booking
	if err := json.Unmarshal(encoded, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestApplySharesNothing: two commands on the same booking do not see each other, whatever capacity its slices have.
func TestApplySharesNothing(t *testing.T) {
	b := sample(Pending)
	b.Updates = append(make([]Entry, 0, 10), b.Updates...)
	one, _ := plan(b, worker, AddMessage{Message: "one"})
	two, _ := plan(b, boss, AddMessage{Message: "two"})
	receipt, _ := plan(b, owner1, MarkRead{"m1"})
	if one.After.Updates[1].Message != "one" || two.After.Updates[1].Message != "two" || len(b.Updates[0].ReadBy) != 0 || len(receipt.After.Updates[0].ReadBy) != 1 {
		t.Errorf("%+v %+v %+v", one.After.Updates, two.After.Updates, b.Updates)
	}
	if receipt.After.Version != 2 || receipt.After.Revision != 3 {
		t.Errorf("a receipt is no change: version %d, revision %d", receipt.After.Version, receipt.After.Revision)
	}
}

// TestNotices: what is told, in which order, to which rooms, with which keys.
func TestNotices(t *testing.T) {
	assigned := sample(Pending)
	assigned.AssignedTo = wim
	created := "bookingId brand createdAt customerName eventId model status version"
	updated := "bookingId brand changed customerName eventId model oldStatus status updatedAt version"
	status := "bookingId eventId message messageId oldStatus status version"
	job := "address assignedBy bookingId brand customerName eventId model"
	for name, row := range map[string]struct {
		b      Booking
		by     Principal
		do     Operation
		policy Policy
		want   []string // name > rooms > keys
		told   []string // users with a notification
	}{
		"created": {Booking{}, owner1, Create{"ABC234", Details{CustomerName: "A", ContactNumber: "1", Address: "S", Brand: "B", Model: "M"}}, Policy{},
			[]string{"bookingCreated > owner staff-room > " + created, "newBooking > admin-room > " + created}, nil},
		"created, for everyone": {Booking{}, owner1, Create{"ABC234", Details{CustomerName: "A", ContactNumber: "1", Address: "S", Brand: "B", Model: "M"}}, Policy{Everyone: true},
			[]string{"bookingCreated > * > " + created, "newBooking > admin-room > " + created}, nil},
		"status": {assigned, boss, ChangeStatus{Status: Scheduled}, Policy{},
			[]string{"bookingUpdated > owner staff-room > assignedTo " + updated, "bookingStatusChanged > owner > " + status}, []string{"owner", "worker"}},
		"assigned": {sample(Pending), boss, ChangeStatus{Assignee: &Assignment{To: wim}}, Policy{},
			[]string{"bookingUpdated > owner staff-room > assignedTo " + updated, "jobAssigned > worker > " + job}, []string{"owner", "worker"}},
		"assigned to another with a status": {assigned, worker, ChangeStatus{Status: Scheduled, Assignee: &Assignment{To: bea}}, Policy{Everyone: true},
			[]string{"bookingUpdated > * > assignedTo " + updated, "bookingStatusChanged > owner > " + status, "jobAssigned > boss > " + job}, []string{"owner", "boss"}},
		"assignment taken away": {assigned, boss, ChangeStatus{Assignee: &Assignment{}}, Policy{},
			[]string{"bookingUpdated > owner staff-room > " + updated}, []string{"owner", "worker"}},
		"said with the same status": {sample(Pending), worker, ChangeStatus{Message: "soon"}, Policy{},
			[]string{"bookingUpdated > owner staff-room > " + updated, "bookingStatusChanged > owner > " + status}, []string{"owner"}},
		"edited": {assigned, owner1, Edit{Address: text("Street 2")}, Policy{},
			[]string{"bookingUpdated > owner staff-room > assignedTo " + updated}, []string{"worker"}},
		"message": {assigned, owner1, AddMessage{Message: "hello"}, Policy{},
			[]string{"bookingMessage > owner worker admin-room > bookingId createdAt eventId from message messageId"}, []string{"worker"}},
		"read": {assigned, owner1, MarkRead{"m1"}, Policy{}, []string{"messageReadReceipt > worker > bookingId eventId messageId readAt readBy"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Plan(row.b, Command{ID: "cmd", BookingID: "b", By: row.by, Do: row.do}, noon, row.policy)
			if err != nil {
				t.Fatal(err)
			}
			var got, told []string
			for i, n := range c.Notices {
				var payload map[string]any
				if err := json.Unmarshal(n.Payload, &payload); err != nil {
					t.Fatal(err)
				}
				got = append(got, n.Name+" > "+strings.Join(n.Rooms, " ")+" > "+strings.Join(slices.Sorted(maps.Keys(payload)), " "))
				if want := fmt.Sprint("cmd.", i+1); n.ID != want || payload["eventId"] != want || payload["bookingId"] != "b" {
					t.Errorf("ids of %s: %s, %v", n.Name, n.ID, payload)
				}
			}
			for _, n := range c.Notifications {
				told = append(told, n.UserID)
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
			if !slices.Equal(told, row.told) {
				t.Errorf("notified %v, want %v", told, row.told)
			}
		})
	}
}
