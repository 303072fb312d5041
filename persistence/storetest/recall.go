package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// talk makes a booking of alice, a message on it, a booking of bob and another message on alice's, and returns the log.
func (d *desk) talk() []booking.LogEntry {
	d.t.Helper()
	f := d.follow(booking.Position{})
	a := d.create(d.alice)
	d.clock.advance(time.Second)
	a = d.do(a, d.alice, booking.AddMessage{Message: "hello"})
	d.create(d.bob)
	d.clock.advance(time.Second)
	d.do(a, d.alice, booking.AddMessage{Message: "hello again"})
	return f.all(6)
}

// recalled asks and returns the ids of what was answered.
func (d *desk) recalled(q booking.Recall) (ids []string, complete bool) {
	d.t.Helper()
	found, err := d.store.Recall(d.ctx, q)
	must(d.t, "Recall", err)
	head, err := d.store.Head(d.ctx)
	must(d.t, "Head", err)
	if found.Head != head {
		d.t.Fatalf("Recall's head is %v, the log's %v", found.Head, head)
	}
	if !found.Complete && len(found.Entries) > 0 {
		d.t.Fatalf("Recall is not complete and has %d entries", len(found.Entries))
	}
	return eventIDs(found.Entries), found.Complete
}

func (s suite) recalls(t *testing.T) {
	d := s.desk(t)
	log := d.talk()
	head, err := d.store.Head(d.ctx)
	must(t, "Head", err)
	late := booking.Position{Ms: head.Ms + 1}
	between := booking.Position{Ms: log[0].Position.Ms, Seq: log[0].Position.Seq + 100}
	tests := []struct {
		name     string
		recall   booking.Recall
		complete bool
	}{
		{"from the beginning", booking.Recall{Vouched: true, Limit: 100}, true},
		{"from the beginning, as a client says", booking.Recall{Limit: 100}, false},
		{"from an entry", booking.Recall{After: log[1].Position, Limit: 100}, true},
		// A client that names another's entry was told of a gap as if there were none.
		{"from an entry that was another's", booking.Recall{After: log[3].Position, Limit: 100}, false},
		{"from an entry that was another's, vouched", booking.Recall{After: log[3].Position, Vouched: true, Limit: 100}, true},
		{"from an entry for a room that was left", booking.Recall{After: log[3].Position, Left: []string{"x", booking.StaffRoom}, Limit: 100}, true},
		{"from the head", booking.Recall{After: head, Vouched: true, Limit: 100}, true},
		{"from a position that never was", booking.Recall{After: between, Limit: 100}, false},
		{"from a position that never was, vouched", booking.Recall{After: between, Vouched: true, Limit: 100}, false},
		{"from the future", booking.Recall{After: late, Vouched: true, Limit: 100}, false},
		{"from beyond all positions", booking.Recall{After: booking.Position{Ms: 1 << 63, Seq: 1 << 63}, Limit: 100}, false},
		{"more than wanted", booking.Recall{After: log[0].Position, Limit: 1}, false},
		{"no more than wanted", booking.Recall{After: log[3].Position, Vouched: true, Limit: 3}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.recall.Rooms = []string{d.alice.ID, booking.AdminRoom, d.alice.ID}
			ids, complete := d.recalled(tt.recall)
			if complete != tt.complete {
				t.Fatalf("complete: %t", complete)
			}
			if !complete {
				return
			}
			since, err := d.store.Since(d.ctx, tt.recall.After, tt.recall.Rooms, 100)
			must(t, "Since", err)
			equal(t, "entries", ids, eventIDs(since))
		})
	}
	t.Run("more bytes than wanted", func(t *testing.T) {
		// More rooms than anybody is in: those may be read in several goes.
		rooms := []string{d.alice.ID, booking.AdminRoom, d.id(), d.id(), d.id(), d.id(), d.id(), d.id(), d.bob.ID, booking.StaffRoom}
		found, err := d.store.Recall(d.ctx, booking.Recall{Vouched: true, Rooms: rooms, Limit: 100})
		must(t, "Recall", err)
		size := 0
		for _, e := range found.Entries {
			size += len(e.Payload)
		}
		for _, tt := range []struct {
			most     int
			complete bool
		}{{size, true}, {size - 1, false}, {1, false}} {
			ids, complete := d.recalled(booking.Recall{Vouched: true, Rooms: rooms, Limit: 100, MaxBytes: tt.most})
			if complete != tt.complete || complete && len(ids) != len(found.Entries) {
				t.Errorf("%d of %d bytes: %d entries, complete %t", tt.most, size, len(ids), complete)
			}
		}
	})
	t.Run("no rooms", func(t *testing.T) {
		if ids, complete := d.recalled(booking.Recall{Vouched: true, Limit: 10}); len(ids) != 0 || !complete {
			t.Fatalf("%v %t", ids, complete)
		}
	})
	t.Run("hostile rooms", func(t *testing.T) {
		rooms := append(hostile()[:4], `{"$ne":1}`, "staff-room' OR '1'='1")
		if ids, complete := d.recalled(booking.Recall{Vouched: true, Rooms: rooms, Limit: 10}); len(ids) != 0 || !complete {
			t.Fatalf("%v %t", ids, complete)
		}
	})
	t.Run("what ended tokens meanwhile", func(t *testing.T) { s.recallsRevocations(t) })
	t.Run("the epoch stays", func(t *testing.T) {
		before, err := d.store.Epoch(d.ctx)
		must(t, "Epoch", err)
		d.reopen()
		after, err := d.store.Epoch(d.ctx)
		must(t, "Epoch", err)
		other := s.desk(t)
		foreign, err := other.store.Epoch(other.ctx)
		must(t, "Epoch", err)
		if before != after || before == foreign {
			t.Fatalf("epochs %d, reopened %d, of another log %d", before, after, foreign)
		}
	})
}

// recallsRevocations: who asks may not have been told yet that a token is void, while the answer has what was committed
// after that.
func (s suite) recallsRevocations(t *testing.T) {
	d := s.desk(t)
	var log []booking.LogEntry
	f := d.follow(booking.Position{})
	revoke := func(r booking.Revocation) booking.Revocation {
		t.Helper()
		r.ExpiresAt = booking.At(start.Add(time.Hour))
		must(t, "RevokeToken", d.store.RevokeToken(d.ctx, r))
		log = f.wait(len(log) + 1)
		return r
	}
	first := revoke(booking.Revocation{UserID: d.alice.ID, TokenID: "token-1"})
	revoke(booking.Revocation{UserID: d.bob.ID, TokenID: "token-2"})
	d.create(d.alice)
	log = f.wait(len(log) + 2)
	second := revoke(booking.Revocation{UserID: d.alice.ID, TokenID: "token-3"})
	for _, tt := range []struct {
		name string
		user string
		seen booking.Position
		want []booking.Revocation
	}{
		{"from the beginning", d.alice.ID, booking.Position{}, []booking.Revocation{first, second}},
		{"after the first", d.alice.ID, log[0].Position, []booking.Revocation{second}},
		{"after all", d.alice.ID, log[len(log)-1].Position, nil},
		{"of the future", d.alice.ID, booking.Position{Ms: 1 << 63, Seq: 1 << 63}, nil},
		{"somebody to whom nothing happened", d.sam.ID, booking.Position{}, nil},
		{"nobody", "", booking.Position{}, nil},
		{"a user who is none", "x' OR '1'='1", booking.Position{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// From the last position but one on there is no event: it is not about those.
			for _, after := range []booking.Position{{}, log[len(log)-1].Position} {
				found, err := d.store.Recall(d.ctx, booking.Recall{
					After: after, Vouched: true, Rooms: []string{tt.user}, Limit: 10, UserID: tt.user, Seen: tt.seen,
				})
				must(t, "Recall", err)
				if !found.Complete {
					t.Fatal("not complete")
				}
				equal(t, "revocations", found.Revocations, tt.want)
			}
		})
	}
	if _, complete := d.recalled(booking.Recall{After: log[0].Position, Rooms: []string{d.alice.ID}, Limit: 10}); complete {
		t.Error("a revocation is taken for an entry that came to a client")
	}
}

// trim removes everything up to a position.
func (d *desk) trim(upTo booking.Position, limit int) (removed int) {
	d.t.Helper()
	for {
		n, err := d.store.Trim(d.ctx, upTo, limit)
		must(d.t, "Trim", err)
		if n == 0 {
			return removed
		}
		removed += n
	}
}

func (s suite) trims(t *testing.T) {
	t.Run("what is gone is known by room", func(t *testing.T) {
		d := s.desk(t)
		log := d.talk() // 0, 1 alice's booking, 2 message, 3, 4 bob's booking, 5 message; then a marker
		head, err := d.store.Head(d.ctx)
		must(t, "Head", err)
		if n := d.trim(log[4].Position, 2); n != 5 {
			t.Fatalf("%d entries were removed, want 5", n)
		}
		d.reopen()
		if after, err := d.store.Head(d.ctx); err != nil || after != head {
			t.Fatalf("head %v is %v after trimming, %v", head, after, err)
		}
		tests := []struct {
			name     string
			after    booking.Position
			vouched  bool
			rooms    []string
			left     []string
			complete bool
			entries  int
		}{
			{"alice had everything that is gone", log[2].Position, false, []string{d.alice.ID}, nil, true, 1},
			{"alice had not", log[0].Position, false, []string{d.alice.ID}, nil, false, 0},
			{"alice connected before what is gone", booking.Position{}, true, []string{d.alice.ID}, nil, false, 0},
			{"alice connected later", log[3].Position, true, []string{d.alice.ID}, nil, true, 1},
			{"alice says a position that was another's", log[3].Position, false, []string{d.alice.ID}, nil, false, 0},
			{"somebody to whom nothing happened", booking.Position{}, true, []string{d.id()}, nil, true, 0},
			{"somebody who says so", booking.Position{Ms: 1}, false, []string{d.id()}, nil, false, 0},
			{"staff", log[2].Position, true, []string{d.sam.ID, booking.StaffRoom}, nil, false, 0},
			{"staff who had it", log[3].Position, false, []string{d.sam.ID, booking.StaffRoom}, nil, true, 1},
			{"staff who had it and left since", log[3].Position, false, []string{d.sam.ID}, []string{booking.StaffRoom}, true, 0},
			{"staff who left before", log[2].Position, true, []string{d.sam.ID}, []string{booking.StaffRoom}, true, 0},
			{"from an entry that is there and another's", log[5].Position, false, []string{d.bob.ID}, nil, false, 0},
			{"from an entry that is there", log[5].Position, false, []string{d.alice.ID, booking.StaffRoom}, nil, true, 1},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				ids, complete := d.recalled(booking.Recall{After: tt.after, Vouched: tt.vouched, Rooms: tt.rooms, Left: tt.left, Limit: 10})
				if complete != tt.complete || len(ids) != tt.entries {
					t.Fatalf("%v, complete %t; want %d, %t", ids, complete, tt.entries, tt.complete)
				}
			})
		}
		d.create(d.alice)
		f := d.follow(head)
		if e := f.wait(2)[0]; e.Position.Compare(head) <= 0 {
			t.Fatalf("position %v after %v", e.Position, head)
		}
	})

	t.Run("positions rise when all of it is gone and the clock goes back", func(t *testing.T) {
		d := s.desk(t)
		d.talk()
		head, err := d.store.Head(d.ctx)
		must(t, "Head", err)
		d.trim(head, 100)
		d.clock.advance(-48 * time.Hour)
		d.reopen()
		if after, err := d.store.Head(d.ctx); err != nil || after != head {
			t.Fatalf("head %v is %v after trimming, %v", head, after, err)
		}
		if _, complete := d.recalled(booking.Recall{After: head, Vouched: true, Rooms: []string{d.alice.ID}, Limit: 10}); !complete {
			t.Error("the head is no position of the log")
		}
		d.create(d.alice)
		if e := d.follow(head).wait(2)[0]; e.Position.Compare(head) <= 0 {
			t.Fatalf("position %v after %v", e.Position, head)
		}
	})

	t.Run("revocations go, too", func(t *testing.T) {
		d := s.desk(t)
		must(t, "RevokeToken", d.store.RevokeToken(d.ctx, booking.Revocation{
			UserID: d.alice.ID, TokenID: "token-1", ExpiresAt: booking.At(start.Add(time.Hour)),
		}))
		f := d.follow(booking.Position{})
		revocation := f.wait(1)[0]
		d.create(d.alice)
		f.wait(3)
		if n := d.trim(revocation.Position, 10); n != 1 {
			t.Fatalf("%d entries were removed", n)
		}
		if ids, complete := d.recalled(booking.Recall{After: revocation.Position, Vouched: true, Rooms: []string{d.alice.ID}, Limit: 10}); !complete || len(ids) != 1 {
			t.Fatalf("%v %t", ids, complete)
		}
	})

	t.Run("nothing to remove", func(t *testing.T) {
		d := s.desk(t)
		for _, upTo := range []booking.Position{{}, {Ms: 1}, {Ms: 1 << 62}} {
			if n := d.trim(upTo, 10); n != 0 {
				t.Fatalf("%d entries were removed from an empty log", n)
			}
		}
		if n, err := d.store.Trim(d.ctx, booking.Position{Ms: 1 << 62}, 0); n != 0 || err != nil {
			t.Fatalf("Trim with limit 0: %d %v", n, err)
		}
	})

	t.Run("while others read", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		for range 20 {
			d.create(d.alice)
		}
		log := f.wait(40)
		var readers sync.WaitGroup
		defer readers.Wait()
		for i := range 4 {
			after := log[2*i]
			want := eventIDs(slices.DeleteFunc(slices.Clone(log[2*i+1:]), func(e booking.LogEntry) bool { return !meets(e.Rooms, []string{d.alice.ID}) }))
			readers.Go(func() {
				for range 10 {
					found, err := d.store.Recall(d.ctx, booking.Recall{After: after.Position, Rooms: []string{d.alice.ID}, Limit: 100})
					if err != nil {
						t.Errorf("Recall: %v", err)
						return
					}
					if got := eventIDs(found.Entries); found.Complete && !slices.Equal(got, want) {
						t.Errorf("a part of what was missed: %v, want %v", got, want)
					}
				}
			})
		}
		for i := range 20 {
			_, err := d.store.Trim(d.ctx, log[2*i].Position, 3)
			must(t, "Trim", err)
		}
	})
}
