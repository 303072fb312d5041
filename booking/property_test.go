package booking

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// TestHistories drives bookings through random commands of random people and holds every step to what must be true of
// all of them. A failure names its seed: history(t, seed) alone repeats it.
func TestHistories(t *testing.T) {
	const histories = 2000
	reached := map[string]int{}
	for seed := range uint64(histories) {
		h := history{t: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 7)), events: map[string]bool{}, reached: reached}
		h.run()
		if t.Failed() {
			return
		}
	}
	// The histories are worth something only while they come through everything.
	for _, what := range []string{
		"booking.Created", "booking.StatusChanged", "booking.Edited", "booking.MessageAdded", "booking.EntryRead", "nothing",
		"Pending to Scheduled", "Pending to Completed", "Pending to Cancelled", "Scheduled to Pending", "Scheduled to Completed",
		"Scheduled to Cancelled", "Cancelled to Pending",
		string(CodeForbidden), string(CodeNotFound), string(CodeInvalidTransition), string(CodeConflict), string(CodeInvalid),
	} {
		if reached[what] == 0 {
			t.Errorf("no history came to %q: %v", what, reached)
		}
	}
}

// history is one booking's life.
type history struct {
	t       *testing.T
	seed    uint64
	rand    *rand.Rand
	now     time.Time
	booking Booking
	status  Status // what the chain of bookingUpdated has come to
	version uint64 // the last version a notice told
	events  map[string]bool
	reached map[string]int // of all histories
}

func (h *history) run() {
	h.now = noon()
	h.step(Command{ID: "c0", BookingID: "b1", By: by(Customer, olga), Do: Create{Code: "Q7XK4M", Details: details()}})
	for i := range 10 + h.rand.IntN(30) {
		h.now = h.now.Add(time.Duration(h.rand.IntN(100)) * time.Second)
		c := Command{ID: fmt.Sprintf("c%d", i+1), BookingID: "b1", By: h.anybody(), Do: h.anything()}
		if h.rand.IntN(4) == 0 {
			c.Version = h.booking.Version - uint64(h.rand.IntN(2))
		}
		h.step(c)
		if h.t.Failed() {
			return
		}
	}
}

func (h *history) anybody() Principal {
	people := []Principal{by(Customer, olga), by(Customer, carl), by(Staff, sam), by(Staff, sue), by(Admin, ada)}
	return people[h.rand.IntN(len(people))]
}

func (h *history) anything() Operation {
	word := func(words ...string) string { return words[h.rand.IntN(len(words))] }
	switch h.rand.IntN(9) {
	case 0, 1, 2, 3:
		do := ChangeStatus{Status: Status(word("", "Pending", "Scheduled", "Pending", "Scheduled", "Cancelled", "Completed", "Lost")), Message: word("", "", "At ten.")}
		if id := word("", "", "", sam, sue, olga, "nobody"); id == "nobody" {
			do.Assignee = &Assignment{}
		} else if id != "" {
			do.Assignee = &Assignment{To: person(id)}
		}
		return do
	case 4, 5:
		at := At(h.now.Add(time.Duration(h.rand.IntN(3)) * time.Hour))
		return []Edit{
			{Address: new(word("1 Old Road", "2 New Road", ""))},
			{Email: new(word("olga@example.com", "")), ContactNumber: new(word("555 0101", "555 0202"))},
			{PreferredDateTime: &at},
			{PreferredDateTime: &Time{}, InvoiceNumber: new(word("INV-1", ""))},
		}[h.rand.IntN(4)]
	case 6, 7:
		return AddMessage{Message: word("Hello", "Thanks", ""), ClientID: word("", "k1", "k2", "k3")}
	}
	entry := "unknown"
	if n := len(h.booking.Updates); n > 0 && h.rand.IntN(8) > 0 {
		entry = h.booking.Updates[h.rand.IntN(n)].ID
	}
	return MarkRead{EntryID: entry}
}

// step plans a command twice, checks it, and goes on from it.
func (h *history) step(c Command) {
	before := h.booking
	commit, err := Plan(before, c, h.now, Policy{})
	again, errAgain := Plan(before, c, h.now, Policy{})
	if !reflect.DeepEqual(commit, again) || CodeOf(err) != CodeOf(errAgain) {
		h.wrong(c, "planned twice: %+v, %v and %+v, %v", commit, err, again, errAgain)
	}
	if err != nil {
		h.reached[string(CodeOf(err))]++
		if CodeOf(err) == CodeInternal || !reflect.DeepEqual(commit, Commit{}) {
			h.wrong(c, "error %v with %+v", err, commit)
		}
		return
	}
	if commit.Expected != before.Revision || !reflect.DeepEqual(commit.Before, before) {
		h.wrong(c, "decided on revision %d instead of %d", commit.Expected, before.Revision)
	}
	if commit.Event == nil {
		h.reached["nothing"]++
		if !reflect.DeepEqual(commit.After, before) || commit.Notices != nil || commit.Notifications != nil {
			h.wrong(c, "changes nothing, and yet %+v", commit)
		}
		return
	}
	h.reached[fmt.Sprintf("%T", commit.Event)]++
	h.checkCounts(c, commit)
	h.checkStatus(c, commit)
	h.checkNotices(c, commit)
	h.checkNotifications(c, commit)
	h.booking = commit.After
}

func (h *history) wrong(c Command, format string, args ...any) {
	h.t.Helper()
	h.t.Errorf("seed %d, command %s %+v by %s %s on %s: %s", h.seed, c.ID, c.Do, c.By.Role, c.By.ID, h.booking.Status, fmt.Sprintf(format, args...))
}

// checkCounts: versions count changes without a gap, revisions count writes, entries only ever join at the end.
func (h *history) checkCounts(c Command, commit Commit) {
	before, after := commit.Before, commit.After
	_, read := commit.Event.(EntryRead)
	want := before.Version + 1
	if read {
		want--
	}
	if after.Version != want || after.Revision != before.Revision+1 || after.Revision < after.Version {
		h.wrong(c, "version %d, revision %d after %d, %d", after.Version, after.Revision, before.Version, before.Revision)
	}
	if uint64(len(after.Updates))+1 != after.Version { // one entry for each change but the first
		h.wrong(c, "%d entries at version %d", len(after.Updates), after.Version)
	}
	if read {
		return
	}
	if n := len(before.Updates); n > 0 && !reflect.DeepEqual(after.Updates[:n:n], before.Updates[:n:n]) {
		h.wrong(c, "earlier entries changed")
	}
	if _, created := commit.Event.(Created); !created && after.Updates[len(before.Updates)].ID != c.ID {
		h.wrong(c, "the entry's id is %s", after.Updates[len(before.Updates)].ID)
	}
}

// checkStatus: a status changes only along CONTRACT's arrows, only by a StatusChanged, and by whom may.
func (h *history) checkStatus(c Command, commit Commit) {
	from, to := commit.Before.Status, commit.After.Status
	if _, created := commit.Event.(Created); created || from == to {
		return
	}
	pair := string(from) + " to " + string(to)
	h.reached[pair]++
	arrows := map[string][]Role{
		"Pending to Scheduled": {Staff, Admin}, "Pending to Completed": {Staff, Admin}, "Pending to Cancelled": {Customer, Staff, Admin},
		"Scheduled to Pending": {Staff, Admin}, "Scheduled to Completed": {Staff, Admin}, "Scheduled to Cancelled": {Customer, Staff, Admin},
		"Cancelled to Pending": {Admin},
	}
	_, changed := commit.Event.(StatusChanged)
	if !changed || !slices.Contains(arrows[pair], c.By.Role) || c.By.Role == Customer && c.By.ID != olga {
		h.wrong(c, "%s by %T", pair, commit.Event)
	}
}

// checkNotices: event ids are never used twice, and what bookingUpdated tells is one chain of statuses and versions.
func (h *history) checkNotices(c Command, commit Commit) {
	if len(commit.Notices) == 0 {
		h.wrong(c, "nobody is told of %T", commit.Event)
	}
	for _, n := range commit.Notices {
		if h.events[n.ID] || len(n.Rooms) == 0 {
			h.wrong(c, "notice %s of %s to %q", n.ID, n.Name, n.Rooms)
		}
		h.events[n.ID] = true
		var p struct {
			EventID, BookingID string
			Status, OldStatus  Status
			Version            uint64
		}
		if err := json.Unmarshal(n.Payload, &p); err != nil || p.EventID != n.ID || p.BookingID != "b1" {
			h.wrong(c, "payload %s: %v", n.Payload, err)
		}
		switch n.Name {
		case EventBookingCreated:
			h.status, h.version = p.Status, p.Version
		case EventBookingUpdated:
			if p.OldStatus != h.status || p.Status != commit.After.Status || p.Version <= h.version || p.Version != commit.After.Version {
				h.wrong(c, "told %s to %s, version %d, after %s, %d", p.OldStatus, p.Status, p.Version, h.status, h.version)
			}
			h.status, h.version = p.Status, p.Version
		}
	}
}

// checkNotifications: they go to no one who did it, to each once, and only to whom the booking concerns.
func (h *history) checkNotifications(c Command, commit Commit) {
	var users []string
	for _, n := range commit.Notifications {
		concerned := n.UserID == olga || n.UserID == commit.Before.AssigneeID() || n.UserID == commit.After.AssigneeID()
		if n.UserID == c.By.ID || n.UserID == "" || slices.Contains(users, n.UserID) || !concerned || n.Read {
			h.wrong(c, "notification to %q after %q", n.UserID, users)
		}
		users = append(users, n.UserID)
	}
	if _, created := commit.Event.(Created); !created && c.By.ID != olga && commit.After.Version != commit.Before.Version && !slices.Contains(users, olga) {
		h.wrong(c, "the owner is not told: %q", users)
	}
}
