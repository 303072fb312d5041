package booking

import (
	"reflect"
	"strings"
	"testing"
)

// What a row of the transition table expects of a role.
const (
	goes  = Code("")          // a StatusChanged
	stays = Code("no change") // neither event nor error
)

// TestTransitions holds Decide to the whole of CONTRACT's "Status" and "Roles": every status to every status, asked by
// every role on an own booking and on another's. The table is written out so that it does not follow the code.
func TestTransitions(t *testing.T) {
	const no, wrong = CodeForbidden, CodeInvalidTransition
	seen := map[[2]Status]bool{}
	for _, tt := range []struct {
		from, to               Status
		customer, staff, admin Code // customer: on an own booking; on another's there is no such booking
	}{
		{Pending, Pending, no, stays, stays},
		{Pending, Scheduled, no, goes, goes},
		{Pending, Completed, no, goes, goes},
		{Pending, Cancelled, goes, goes, goes},
		{Scheduled, Pending, no, goes, goes},
		{Scheduled, Scheduled, no, stays, stays},
		{Scheduled, Completed, no, goes, goes},
		{Scheduled, Cancelled, goes, goes, goes},
		{Completed, Pending, no, wrong, wrong},
		{Completed, Scheduled, no, wrong, wrong},
		{Completed, Completed, no, stays, stays},
		{Completed, Cancelled, wrong, wrong, wrong},
		{Cancelled, Pending, no, no, goes},
		{Cancelled, Scheduled, no, no, wrong}, // out of Cancelled at all is reopening, which staff may not
		{Cancelled, Completed, no, no, wrong},
		{Cancelled, Cancelled, stays, stays, stays},
	} {
		seen[[2]Status{tt.from, tt.to}] = true
		for role, own := range map[Role]Code{Customer: tt.customer, Staff: tt.staff, Admin: tt.admin} {
			foreign := own
			if role == Customer {
				foreign = CodeNotFound
			}
			for whose, want := range map[string]Code{"own": own, "foreign": foreign} {
				t.Run(string(tt.from)+" to "+string(tt.to)+" by "+string(role)+" "+whose, func(t *testing.T) {
					who := by(role, olga)
					if whose == "foreign" {
						who = by(role, carl)
					}
					b := booked(tt.from, sam)
					event, err := Decide(b, ask(who, ChangeStatus{Status: tt.to}), noon())
					if want == stays {
						if event != nil || err != nil {
							t.Fatalf("%+v, %v; want no change", event, err)
						}
						return
					}
					wantCode(t, err, want)
					if want != goes {
						if event != nil {
							t.Fatalf("an event beside an error: %+v", event)
						}
						return
					}
					wanted := StatusChanged{Entry: Entry{
						ID: "c1", Kind: EntryStatus, Message: "Status changed to " + string(tt.to), OldStatus: tt.from, Status: tt.to,
						Timestamp: At(noon()), UpdatedBy: who.ID, UpdatedByName: who.Name, ReadBy: []Receipt{},
					}}
					if !reflect.DeepEqual(event, wanted) {
						t.Fatalf("event %+v\n want %+v", event, wanted)
					}
					after := Apply(b, event)
					if after.Status != tt.to || after.Version != b.Version+1 || after.Revision != b.Revision+1 || after.AssigneeID() != sam {
						t.Fatalf("after it: %+v", after)
					}
				})
			}
		}
	}
	for _, from := range Statuses() {
		for _, to := range Statuses() {
			if !seen[[2]Status{from, to}] {
				t.Errorf("the table has no row %s to %s", from, to)
			}
		}
	}
}

// TestChangeWithinStatus covers assignee and message beside the status, and without one.
func TestChangeWithinStatus(t *testing.T) {
	to := func(id string) *Assignment { return &Assignment{To: person(id)} }
	nobody := &Assignment{}
	for _, tt := range []struct {
		name     string
		from     Status
		assignee string
		by       Role
		do       ChangeStatus
		code     Code // stays: no event
		kind     EntryKind
		message  string
		after    string // the assignee's id
	}{
		{"pending, first assignee", Pending, "", Staff, ChangeStatus{Assignee: to(sam)}, "", EntryAssignment, "Assigned to Name of sam", sam},
		{"pending, same status named", Pending, "", Staff, ChangeStatus{Status: Pending, Assignee: to(sam)}, "", EntryAssignment, "Assigned to Name of sam", sam},
		{"scheduled, other assignee", Scheduled, sam, Admin, ChangeStatus{Status: Scheduled, Assignee: to(sue)}, "", EntryAssignment, "Assigned to Name of sue", sue},
		{"scheduled, assignee cleared", Scheduled, sam, Staff, ChangeStatus{Assignee: nobody}, "", EntryAssignment, "Assignment cleared", ""},
		{"other assignee and a message", Scheduled, sam, Staff, ChangeStatus{Assignee: to(sue), Message: "Sue lives near."}, "", EntryAssignment, "Sue lives near.", sue},
		{"same status, a message", Scheduled, sam, Staff, ChangeStatus{Status: Scheduled, Message: " At ten. "}, "", EntryStatus, "At ten.", sam},
		{"no status, a message", Pending, "", Staff, ChangeStatus{Message: "We call you."}, "", EntryStatus, "We call you.", ""},
		{"other status, a message", Pending, "", Staff, ChangeStatus{Status: Scheduled, Message: "At ten."}, "", EntryStatus, "At ten.", ""},
		{"other status and assignee", Pending, "", Staff, ChangeStatus{Status: Scheduled, Assignee: to(sam)}, "", EntryStatus, "Status changed to Scheduled", sam},
		{"completed and assignee cleared", Scheduled, sam, Staff, ChangeStatus{Status: Completed, Assignee: nobody}, "", EntryStatus, "Status changed to Completed", ""},
		{"cancelled and assignee cleared", Scheduled, sam, Staff, ChangeStatus{Status: Cancelled, Assignee: nobody}, "", EntryStatus, "Status changed to Cancelled", ""},
		{"reopened with an assignee", Cancelled, "", Admin, ChangeStatus{Status: Pending, Assignee: to(sam)}, "", EntryStatus, "Status changed to Pending", sam},

		{"nothing asked", Pending, sam, Staff, ChangeStatus{}, stays, "", "", sam},
		{"nothing asked of a closed one", Completed, sam, Staff, ChangeStatus{}, stays, "", "", sam},
		{"same assignee", Scheduled, sam, Staff, ChangeStatus{Assignee: to(sam)}, stays, "", "", sam},
		{"same assignee of a closed one", Completed, sam, Staff, ChangeStatus{Status: Completed, Assignee: to(sam)}, stays, "", "", sam},
		{"nobody where nobody was", Pending, "", Staff, ChangeStatus{Assignee: nobody}, stays, "", "", ""},
		{"a message of spaces", Scheduled, sam, Staff, ChangeStatus{Status: Scheduled, Message: " \n\t"}, stays, "", "", sam},
		{"customer cancels again", Cancelled, sam, Customer, ChangeStatus{Status: Cancelled}, stays, "", "", sam},

		{"completed, other assignee", Completed, sam, Admin, ChangeStatus{Assignee: to(sue)}, CodeInvalidTransition, "", "", sam},
		{"completed, assignee cleared", Completed, sam, Staff, ChangeStatus{Status: Completed, Assignee: nobody}, CodeInvalidTransition, "", "", sam},
		{"completed, a message", Completed, sam, Staff, ChangeStatus{Status: Completed, Message: "Thanks."}, CodeInvalidTransition, "", "", sam},
		{"cancelled, other assignee", Cancelled, sam, Staff, ChangeStatus{Assignee: to(sue)}, CodeInvalidTransition, "", "", sam},
		{"cancelled, a message", Cancelled, sam, Admin, ChangeStatus{Status: Cancelled, Message: "Sorry."}, CodeInvalidTransition, "", "", sam},
		{"customer cancels again with a message", Cancelled, sam, Customer, ChangeStatus{Status: Cancelled, Message: "Really."}, CodeInvalidTransition, "", "", sam},

		{"customer cancels with a message", Scheduled, sam, Customer, ChangeStatus{Status: Cancelled, Message: "I am away."}, "", EntryStatus, "I am away.", sam},
		{"customer cancels and unassigns", Scheduled, sam, Customer, ChangeStatus{Status: Cancelled, Assignee: nobody}, CodeForbidden, "", "", sam},
		{"customer assigns", Pending, "", Customer, ChangeStatus{Assignee: to(sam)}, CodeForbidden, "", "", ""},
		{"customer says something with no status", Pending, "", Customer, ChangeStatus{Message: "Hello?"}, CodeForbidden, "", "", ""},
		{"staff reopens with an assignee", Cancelled, "", Staff, ChangeStatus{Status: Pending, Assignee: to(sam)}, CodeForbidden, "", "", ""},

		{"unknown status", Pending, "", Staff, ChangeStatus{Status: "Done"}, CodeInvalid, "", "", ""},
		{"status in another case", Pending, "", Staff, ChangeStatus{Status: "scheduled"}, CodeInvalid, "", "", ""},
		{"longest message", Pending, "", Staff, ChangeStatus{Message: strings.Repeat("ü", 2000)}, "", EntryStatus, strings.Repeat("ü", 2000), ""},
		{"message too long", Pending, "", Staff, ChangeStatus{Message: strings.Repeat("ü", 2001)}, CodeInvalid, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := booked(tt.from, tt.assignee)
			event, err := Decide(b, ask(by(tt.by, olga), tt.do), noon())
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
			changed, ok := event.(StatusChanged)
			if !ok {
				t.Fatalf("event %T", event)
			}
			if e := changed.Entry; e.Kind != tt.kind || e.Message != tt.message || e.OldStatus != tt.from {
				t.Errorf("entry %+v", e)
			}
			if changed.Assigned != (tt.after != tt.assignee) || changed.Said != (strings.TrimSpace(tt.do.Message) != "") {
				t.Errorf("assigned %v, said %v", changed.Assigned, changed.Said)
			}
			want := tt.do.Status
			if want == "" {
				want = tt.from
			}
			after := Apply(b, event)
			if after.Status != want || after.AssigneeID() != tt.after || len(after.Updates) != len(b.Updates)+1 {
				t.Errorf("after it: %s, assignee %q, %d entries", after.Status, after.AssigneeID(), len(after.Updates))
			}
		})
	}
}

func TestStatusForms(t *testing.T) {
	for _, tt := range []struct {
		status      Status
		valid, open bool
	}{
		{Pending, true, true}, {Scheduled, true, true}, {Completed, true, false}, {Cancelled, true, false},
		{"", false, false}, {"pending", false, false}, {"Open", false, false},
	} {
		t.Run(string(tt.status), func(t *testing.T) {
			if tt.status.Valid() != tt.valid || tt.status.Open() != tt.open || tt.status.CanBecome(tt.status) {
				t.Errorf("valid %v, open %v, becomes itself %v", tt.status.Valid(), tt.status.Open(), tt.status.CanBecome(tt.status))
			}
		})
	}
}
