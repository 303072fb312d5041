package booking

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"
)

// told is a notice as a row expects it: its payload without eventId, read as a client reads it.
type told struct {
	name    string
	rooms   []string
	payload map[string]any
}

// TestNotices: what each kind of command tells, to which rooms, in which order, with exactly CONTRACT's payloads.
func TestNotices(t *testing.T) {
	const now, preferred = "2026-03-14T12:00:00.987Z", "2026-03-17T12:00:00.987Z"
	created := map[string]any{
		"bookingId": "b1", "customerName": "Olga Iyer", "brand": "Miele", "model": "W1", "status": "Pending", "createdAt": now, "version": 1.0,
	}
	// updated is a bookingUpdated of the fixture: "" for nobody assigned.
	updated := func(status, old Status, assignee string, changed ...any) map[string]any {
		p := map[string]any{
			"bookingId": "b1", "customerName": "Olga Iyer", "brand": "Miele", "model": "W1", "status": string(status),
			"oldStatus": string(old), "updatedAt": now, "version": 4.0, "changed": changed,
		}
		if assignee != "" {
			p["assignedTo"] = map[string]any{"_id": assignee, "name": "Name of " + assignee}
		}
		return p
	}
	status := func(status, old Status, message string) map[string]any {
		return map[string]any{
			"bookingId": "b1", "status": string(status), "oldStatus": string(old), "message": message, "messageId": "c1", "version": 4.0,
		}
	}
	job := func(by string) map[string]any {
		return map[string]any{
			"bookingId": "b1", "customerName": "Olga Iyer", "brand": "Miele", "model": "W1", "address": "1 Old Road",
			"preferredDateTime": preferred, "assignedBy": by,
		}
	}
	message := func(id string, role Role) map[string]any {
		return map[string]any{
			"bookingId": "b1", "messageId": "c1", "message": "Hello", "createdAt": now,
			"from": map[string]any{"id": id, "name": "Name of " + id, "role": string(role)},
		}
	}
	read := func(entry, reader string) map[string]any {
		return map[string]any{"bookingId": "b1", "messageId": entry, "readBy": reader, "readAt": now}
	}
	to := func(id string) *Assignment { return &Assignment{To: person(id)} }
	desk := []string{olga, StaffRoom}
	later := At(noon().Add(96 * time.Hour))

	for _, tt := range []struct {
		name     string
		status   Status // "" for a new booking
		assignee string
		by       Principal
		do       Operation
		want     []told
		notified []string // who finds it among the notifications, in order
	}{
		{
			"created", "", "", by(Customer, olga), Create{Code: "Q7XK4M", Details: details()},
			[]told{{"bookingCreated", desk, created}, {"newBooking", []string{AdminRoom}, created}}, nil,
		},
		{
			"status", Pending, "", by(Staff, sam), ChangeStatus{Status: Scheduled},
			[]told{
				{"bookingUpdated", desk, updated(Scheduled, Pending, "", "status")},
				{"bookingStatusChanged", []string{olga}, status(Scheduled, Pending, "Status changed to Scheduled")},
			},
			[]string{olga},
		},
		{
			"status with a message, somebody assigned", Scheduled, sam, by(Admin, ada), ChangeStatus{Status: Completed, Message: "All done."},
			[]told{
				{"bookingUpdated", desk, updated(Completed, Scheduled, sam, "status", "updates")},
				{"bookingStatusChanged", []string{olga}, status(Completed, Scheduled, "All done.")},
			},
			[]string{olga, sam},
		},
		{
			"message with the same status", Scheduled, sam, by(Staff, sam), ChangeStatus{Status: Scheduled, Message: "At ten."},
			[]told{
				{"bookingUpdated", desk, updated(Scheduled, Scheduled, sam, "updates")},
				{"bookingStatusChanged", []string{olga}, status(Scheduled, Scheduled, "At ten.")},
			},
			[]string{olga},
		},
		{
			"cancelled by the owner", Scheduled, sam, by(Customer, olga), ChangeStatus{Status: Cancelled},
			[]told{
				{"bookingUpdated", desk, updated(Cancelled, Scheduled, sam, "status")},
				{"bookingStatusChanged", []string{olga}, status(Cancelled, Scheduled, "Status changed to Cancelled")},
			},
			[]string{sam},
		},
		{
			"reopened", Cancelled, "", by(Admin, ada), ChangeStatus{Status: Pending},
			[]told{
				{"bookingUpdated", desk, updated(Pending, Cancelled, "", "status")},
				{"bookingStatusChanged", []string{olga}, status(Pending, Cancelled, "Status changed to Pending")},
			},
			[]string{olga},
		},
		{
			"first assignee, the same status", Pending, "", by(Staff, sam), ChangeStatus{Assignee: to(sue)},
			[]told{
				{"bookingUpdated", desk, updated(Pending, Pending, sue, "assignedTo")},
				{"jobAssigned", []string{sue}, job("Name of sam")},
			},
			[]string{olga, sue},
		},
		{
			"assigned to oneself", Pending, "", by(Staff, sam), ChangeStatus{Assignee: to(sam)},
			[]told{
				{"bookingUpdated", desk, updated(Pending, Pending, sam, "assignedTo")},
				{"jobAssigned", []string{sam}, job("Name of sam")},
			},
			[]string{olga},
		},
		{
			"another assignee", Scheduled, sam, by(Admin, ada), ChangeStatus{Assignee: to(sue)},
			[]told{
				{"bookingUpdated", desk, updated(Scheduled, Scheduled, sue, "assignedTo")},
				{"jobAssigned", []string{sue}, job("Name of ada")},
			},
			[]string{olga, sue, sam},
		},
		{
			"handed on by the previous assignee", Scheduled, sam, by(Staff, sam), ChangeStatus{Assignee: to(sue)},
			[]told{
				{"bookingUpdated", desk, updated(Scheduled, Scheduled, sue, "assignedTo")},
				{"jobAssigned", []string{sue}, job("Name of sam")},
			},
			[]string{olga, sue},
		},
		{
			"assignee cleared", Scheduled, sam, by(Admin, ada), ChangeStatus{Assignee: &Assignment{}},
			[]told{{"bookingUpdated", desk, updated(Scheduled, Scheduled, "", "assignedTo")}},
			[]string{olga, sam},
		},
		{
			"status, message and assignee", Pending, sam, by(Admin, ada), ChangeStatus{Status: Scheduled, Message: "At ten.", Assignee: to(sue)},
			[]told{
				{"bookingUpdated", desk, updated(Scheduled, Pending, sue, "status", "assignedTo", "updates")},
				{"bookingStatusChanged", []string{olga}, status(Scheduled, Pending, "At ten.")},
				{"jobAssigned", []string{sue}, job("Name of ada")},
			},
			[]string{olga, sue, sam},
		},
		{
			"status and assignee", Pending, "", by(Admin, ada), ChangeStatus{Status: Scheduled, Assignee: to(sue)},
			[]told{
				{"bookingUpdated", desk, updated(Scheduled, Pending, sue, "status", "assignedTo")},
				{"bookingStatusChanged", []string{olga}, status(Scheduled, Pending, "Status changed to Scheduled")},
				{"jobAssigned", []string{sue}, job("Name of ada")},
			},
			[]string{olga, sue},
		},
		{
			"assigned to the owner", Pending, "", by(Admin, ada), ChangeStatus{Assignee: to(olga)},
			[]told{
				{"bookingUpdated", desk, updated(Pending, Pending, olga, "assignedTo")},
				{"jobAssigned", []string{olga}, job("Name of ada")},
			},
			[]string{olga},
		},
		{
			"taken from the owner", Scheduled, olga, by(Admin, ada), ChangeStatus{Assignee: to(sue)},
			[]told{
				{"bookingUpdated", desk, updated(Scheduled, Scheduled, sue, "assignedTo")},
				{"jobAssigned", []string{sue}, job("Name of ada")},
			},
			[]string{olga, sue},
		},
		{
			"edited by the owner", Pending, sam, by(Customer, olga), Edit{Email: new(""), PreferredDateTime: &later},
			[]told{{"bookingUpdated", desk, updated(Pending, Pending, sam, "email", "preferredDateTime")}},
			[]string{sam},
		},
		{
			"edited by an admin", Scheduled, "", by(Admin, ada), Edit{Address: new("2 New Road")},
			[]told{{"bookingUpdated", desk, updated(Scheduled, Scheduled, "", "address")}},
			[]string{olga},
		},
		{
			"message by the owner", Scheduled, sam, by(Customer, olga), AddMessage{Message: "Hello", ClientID: "k9"},
			[]told{{"bookingMessage", []string{olga, sam, AdminRoom}, message(olga, Customer)}}, []string{sam},
		},
		{
			"message by the assignee", Scheduled, sam, by(Staff, sam), AddMessage{Message: "Hello"},
			[]told{{"bookingMessage", []string{olga, sam, AdminRoom}, message(sam, Staff)}}, []string{olga},
		},
		{
			"message by an admin, nobody assigned", Pending, "", by(Admin, ada), AddMessage{Message: "Hello"},
			[]told{{"bookingMessage", []string{olga, AdminRoom}, message(ada, Admin)}}, []string{olga},
		},
		{
			"message by other staff", Scheduled, sam, by(Staff, sue), AddMessage{Message: "Hello"},
			[]told{{"bookingMessage", []string{olga, sam, AdminRoom}, message(sue, Staff)}}, []string{olga, sam},
		},
		{
			"message, the owner is the assignee", Scheduled, olga, by(Admin, ada), AddMessage{Message: "Hello"},
			[]told{{"bookingMessage", []string{olga, AdminRoom}, message(ada, Admin)}}, []string{olga},
		},
		{
			"message by the owner who is the assignee", Scheduled, olga, by(Staff, olga), AddMessage{Message: "Hello"},
			[]told{{"bookingMessage", []string{olga, AdminRoom}, message(olga, Staff)}}, nil,
		},
		{
			"read by the owner", Scheduled, sam, by(Customer, olga), MarkRead{EntryID: "e1"},
			[]told{{"messageReadReceipt", []string{sam}, read("e1", olga)}}, nil,
		},
		{
			"read by an admin", Scheduled, sam, by(Admin, ada), MarkRead{EntryID: "e2"},
			[]told{{"messageReadReceipt", []string{olga}, read("e2", ada)}}, nil,
		},
		{"own entry read", Scheduled, sam, by(Staff, sam), MarkRead{EntryID: "e1"}, nil, nil},
		{"nothing changed", Scheduled, sam, by(Staff, sam), ChangeStatus{Status: Scheduled, Assignee: to(sam)}, nil, nil},
		{"message repeated", Scheduled, sam, by(Customer, olga), AddMessage{Message: "Hello", ClientID: "k2"}, nil, nil},
	} {
		for _, policy := range []Policy{{}, {Everyone: true}} {
			t.Run(tt.name+", everyone "+strconv.FormatBool(policy.Everyone), func(t *testing.T) {
				var before Booking
				if tt.status != "" {
					before = booked(tt.status, tt.assignee)
				}
				commit := mustPlan(t, before, ask(tt.by, tt.do), policy)
				if len(commit.Notices) != len(tt.want) {
					t.Fatalf("%d notices, want %d: %+v", len(commit.Notices), len(tt.want), commit.Notices)
				}
				for i, want := range tt.want {
					if policy.Everyone && (want.name == EventBookingCreated || want.name == EventBookingUpdated) {
						want.rooms = []string{EveryoneRoom}
					}
					checkNotice(t, commit.Notices[i], "c1."+strconv.Itoa(i+1), want)
				}
				checkNotifications(t, commit, tt.notified)
			})
		}
	}
}

func checkNotice(t *testing.T, n Notice, id string, want told) {
	t.Helper()
	if n.Name != want.name || !slices.Equal(n.Rooms, want.rooms) || n.ID != id {
		t.Errorf("notice %s %s to %q, want %s %s to %q", n.ID, n.Name, n.Rooms, id, want.name, want.rooms)
	}
	var payload map[string]any
	if err := json.Unmarshal(n.Payload, &payload); err != nil {
		t.Fatalf("%s: %v: %s", n.Name, err, n.Payload)
	}
	if payload["eventId"] != n.ID {
		t.Errorf("%s: eventId %v, want %s", n.Name, payload["eventId"], n.ID)
	}
	delete(payload, "eventId")
	if !reflect.DeepEqual(payload, want.payload) {
		t.Errorf("%s:\n got %v\nwant %v", n.Name, payload, want.payload)
	}
}

func checkNotifications(t *testing.T, c Commit, users []string) {
	t.Helper()
	var got []string
	for _, n := range c.Notifications {
		got = append(got, n.UserID)
	}
	if !slices.Equal(got, users) {
		t.Fatalf("notifications to %q, want %q", got, users)
	}
	for _, n := range c.Notifications {
		e := c.After.Entry("c1")
		want := Notification{
			ID: e.ID, UserID: n.UserID, BookingID: "b1", Code: "Q7XK4M", Brand: "Miele", Model: "W1", Kind: e.Kind, Message: e.Message,
			Status: e.Status, OldStatus: e.OldStatus, Timestamp: e.Timestamp, UpdatedBy: e.UpdatedBy, UpdatedByName: e.UpdatedByName,
		}
		if n != want {
			t.Errorf("notification %+v\n want %+v", n, want)
		}
	}
}

// TestNoticeWithoutOptional: what a booking does not have is absent from payloads, not null or a time of the year 1.
func TestNoticeWithoutOptional(t *testing.T) {
	b := booked(Pending, "")
	b.PreferredDateTime = nil
	commit := mustPlan(t, b, ask(by(Staff, sam), ChangeStatus{Assignee: &Assignment{To: person(sue)}}), Policy{})
	var job map[string]any
	if err := json.Unmarshal(commit.Notices[1].Payload, &job); err != nil {
		t.Fatal(err)
	}
	want := []string{"address", "assignedBy", "bookingId", "brand", "customerName", "eventId", "model"}
	if keys := slices.Sorted(maps.Keys(job)); !slices.Equal(keys, want) {
		t.Errorf("jobAssigned has %q", keys)
	}
}

// TestPlanOfNothing: a command that changes nothing has nothing to write and nobody to tell; a refused one has no commit.
func TestPlanOfNothing(t *testing.T) {
	b := booked(Scheduled, sam)
	commit := mustPlan(t, b, ask(by(Staff, sam), ChangeStatus{}), Policy{Everyone: true})
	if want := (Commit{Expected: b.Revision, Before: b, After: b}); !reflect.DeepEqual(commit, want) {
		t.Errorf("commit %+v", commit)
	}
	refused, err := Plan(b, ask(by(Customer, carl), ChangeStatus{Status: Cancelled}), noon(), Policy{})
	wantCode(t, err, CodeNotFound)
	if !reflect.DeepEqual(refused, Commit{}) {
		t.Errorf("refused, and yet %+v", refused)
	}
}

// TestPlanOfCreate: a new booking expects revision 0 and carries its key.
func TestPlanOfCreate(t *testing.T) {
	c := ask(by(Customer, olga), Create{Code: "Q7XK4M", Details: details()})
	c.Key = &IdempotencyKey{UserID: olga, Key: "k", BodyHash: "h"}
	commit := mustPlan(t, Booking{}, c, Policy{})
	if commit.Expected != 0 || !reflect.DeepEqual(commit.Before, Booking{}) || commit.After.ID != "b1" || commit.Key != c.Key {
		t.Errorf("commit %+v", commit)
	}
}

// TestAssigneesOfACommit: whom a commit tells something because the booking is, or was, theirs to carry out: it is for these
// that somebody has to ask whether they may still see it.
func TestAssigneesOfACommit(t *testing.T) {
	to := func(id string) Operation { return ChangeStatus{Assignee: &Assignment{To: person(id)}} }
	for _, tt := range []struct {
		name     string
		assignee string
		do       Operation
		want     []string
	}{
		{"nobody assigned", "", AddMessage{Message: "Hello"}, nil},
		{"a message", sam, AddMessage{Message: "Hello"}, []string{sam}},
		{"from one to another", sam, to(sue), []string{sam, sue}},
		{"nobody any more", sam, ChangeStatus{Assignee: &Assignment{}}, []string{sam}},
		{"the owner is the assignee", olga, AddMessage{Message: "Hello"}, nil},
		{"to the owner", sam, to(olga), []string{sam}},
		{"nothing changed", sam, to(sam), nil},
		{"read, which is told to the author", sam, MarkRead{EntryID: "e2"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			commit := mustPlan(t, booked(Scheduled, tt.assignee), ask(by(Admin, ada), tt.do), Policy{})
			if got := commit.Assignees(); !slices.Equal(got, tt.want) {
				t.Errorf("Assignees() = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestCommitWithout: one user is told nothing by name, everybody else what they were told, and the commit it was made of
// stays as it is.
func TestCommitWithout(t *testing.T) {
	said := mustPlan(t, booked(Scheduled, sam), ask(by(Customer, olga), AddMessage{Message: "Hello"}), Policy{})
	left := said.Without(sam)
	if got := left.Notices[0].Rooms; !slices.Equal(got, []string{olga, AdminRoom}) || len(left.Notifications) != 0 {
		t.Errorf("told %q, notified %v", got, left.Notifications)
	}
	if got := said.Notices[0].Rooms; !slices.Equal(got, []string{olga, sam, AdminRoom}) || len(said.Notifications) != 1 {
		t.Errorf("the original tells %q, notifies %v", got, said.Notifications)
	}
	assigned := mustPlan(t, booked(Scheduled, sam), ask(by(Admin, ada), ChangeStatus{Assignee: &Assignment{To: person(sue)}}), Policy{})
	left = assigned.Without(sue)
	if len(left.Notices) != 1 || left.Notices[0].Name != EventBookingUpdated {
		t.Errorf("notices %+v", left.Notices)
	}
	checkNotifications(t, left, []string{olga, sam})
	if got := Conversation(booked(Scheduled, sam)).Without(sam).Rooms(); !slices.Equal(got, []string{olga, AdminRoom}) {
		t.Errorf("heard by %q", got)
	}
}
