package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

func (s suite) following(t *testing.T) {
	t.Run("an empty log", func(t *testing.T) {
		d := s.desk(t)
		head, err := d.store.Head(d.ctx)
		if !head.IsZero() || err != nil {
			t.Fatalf("Head: %v %v", head, err)
		}
		d.follow(booking.Position{}).all(0)
	})

	t.Run("first what is there, then what comes", func(t *testing.T) {
		d := s.desk(t)
		a := d.plan(booking.Booking{}, d.alice, newBooking())
		d.append(a)
		f := d.follow(booking.Position{})
		f.wait(2)
		b := d.plan(a.After, d.sam, booking.ChangeStatus{Status: booking.Scheduled, Assignee: assign(d.sonia), Message: "nine"})
		d.append(b)
		equal(t, "order", eventIDs(f.all(5)), told(a, b))
	})

	t.Run("head is the newest entry's position", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		for i := range 3 {
			d.create(d.alice)
			last := f.wait(2 * (i + 1))[2*i+1]
			head, err := d.store.Head(d.ctx)
			if err != nil || head != last.Position {
				t.Fatalf("Head: %v %v, want %v", head, err, last.Position)
			}
		}
	})

	t.Run("goes on from any position", func(t *testing.T) {
		d := s.desk(t)
		for range 8 {
			b := d.create(d.alice)
			d.do(b, d.sam, booking.ChangeStatus{Status: booking.Scheduled, Message: "nine", Assignee: assign(d.sonia)})
		}
		all := d.follow(booking.Position{}).wait(40)
		for i := -1; i < len(all); i += 3 {
			after := booking.Position{}
			if i >= 0 {
				after = all[i].Position
			}
			f := d.follow(after)
			equal(t, fmt.Sprintf("after entry %d", i), eventIDs(f.wait(39-i)), eventIDs(all[i+1:]))
			must(t, "Follow", ignoreCanceled(f.stop()))
		}
		d.create(d.alice)
		f := d.follow(booking.Position{Ms: all[0].Position.Ms - 1_000_000}) // never given out
		equal(t, "before everything", eventIDs(f.wait(40)), eventIDs(all))
		must(t, "Follow", ignoreCanceled(f.stop()))
	})

	t.Run("eight writers while it follows", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		const writers, each = 8, 12
		plans := make([][]booking.Commit, writers)
		commits := map[string]booking.Commit{} // by the first event's id
		for w := range plans {
			var b booking.Booking
			for i := range each {
				d.clock.advance(time.Millisecond)
				c := d.plan(b, d.sam, writerStep(i, d))
				plans[w], b = append(plans[w], c), c.After
				commits[c.Notices[0].ID] = c
			}
		}
		parallel(t, writers, func(w int) error {
			for _, c := range plans[w] {
				if err := d.store.Append(d.ctx, c); err != nil {
					return err
				}
			}
			return nil
		})
		total := 0
		for _, c := range commits {
			total += len(c.Notices)
		}
		entries := f.all(total)
		versions := map[string]uint64{}
		for i := 0; i < len(entries); {
			c, ok := commits[entries[i].EventID]
			if !ok {
				t.Fatalf("entry %d does not begin a commit\n%s", i, listing(entries))
			}
			n := len(c.Notices)
			equal(t, "the notices of a commit are together", eventIDs(entries[i:min(i+n, len(entries))]), told(c))
			if c.Expected != versions[c.After.ID] {
				t.Fatalf("revision %d of a booking comes behind %d", c.After.Revision, versions[c.After.ID])
			}
			versions[c.After.ID] = c.After.Revision
			i += n
		}
		late := d.follow(booking.Position{})
		equal(t, "the same again", eventIDs(late.wait(total)), eventIDs(entries))
	})

	t.Run("several at once see the same", func(t *testing.T) {
		d := s.desk(t)
		fs := []*follower{d.follow(booking.Position{}), d.follow(booking.Position{}), d.follow(booking.Position{})}
		parallel(t, 4, func(int) error {
			for range 5 {
				if err := d.store.Append(d.ctx, d.fresh()); err != nil {
					return err
				}
			}
			return nil
		})
		want := fs[0].wait(40)
		for _, f := range fs {
			equal(t, "log", f.wait(40), want)
		}
	})

	t.Run("a slow one holds nobody up and misses nothing", func(t *testing.T) {
		d := s.desk(t)
		held, reached := make(chan struct{}), make(chan struct{}, 1)
		slow := d.follow(booking.Position{}, func([]booking.LogEntry) error {
			select {
			case reached <- struct{}{}:
			default:
			}
			select {
			case <-held:
			case <-d.ctx.Done():
			}
			return nil
		})
		fast := d.follow(booking.Position{})
		d.create(d.alice)
		<-reached // the slow one is in its first delivery
		for range 60 {
			d.create(d.alice)
		}
		want := fast.wait(122)
		close(held)
		equal(t, "log", slow.wait(122), want)
		slow.all(122)
	})

	t.Run("ends with its context", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		d.create(d.alice)
		f.wait(2)
		must(t, "Follow", ignoreCanceled(f.stop()))
		ended, cancel := context.WithCancel(d.ctx)
		cancel()
		must(t, "Follow", ignoreCanceled(d.store.Follow(ended, booking.Position{}, func([]booking.LogEntry) error { return nil })))
	})

	t.Run("returns the error of deliver", func(t *testing.T) {
		d := s.desk(t)
		stop := errors.New("no more")
		calls := 0
		f := d.follow(booking.Position{}, func([]booking.LogEntry) error { calls++; return stop })
		d.create(d.alice)
		if err := f.end(); !errors.Is(err, stop) {
			t.Fatalf("Follow: %v", err)
		}
		d.create(d.alice)
		if calls != 1 {
			t.Fatalf("deliver was called %d times", calls)
		}
	})

	t.Run("positions rise when the clock goes back", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		n := 0
		for _, by := range []time.Duration{0, time.Millisecond, -time.Hour, time.Second, 2 * time.Hour, -24 * time.Hour, 0} {
			d.clock.advance(by)
			d.create(d.alice)
			n += 2
			f.wait(n)
		}
		before := f.all(n)
		must(t, "Follow", ignoreCanceled(f.stop()))
		d.clock.advance(-48 * time.Hour)
		d.reopen()
		d.create(d.alice)
		f = d.follow(booking.Position{})
		entries := f.wait(n + 4)
		f.ascending(entries)
		equal(t, "what was there before", entries[:n], before)
		f = d.follow(entries[n+1].Position)
		equal(t, "goes on after the restart", eventIDs(f.all(2)), eventIDs(entries[n+2:]))
	})

	t.Run("positions follow the clock", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		for i := range 3 {
			d.clock.advance(time.Hour)
			d.create(d.alice)
			if e := f.wait(2*i + 2)[2*i]; e.Position.Ms != uint64(d.clock.Now().UnixMilli()) {
				t.Fatalf("position %v at %d", e.Position, d.clock.Now().UnixMilli())
			}
		}
	})

	t.Run("revocations are in their place", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		u := d.user("carol@example.com", booking.Customer)
		d.create(d.alice)
		f.wait(2)
		_, err := d.store.UpdateUser(d.ctx, u.ID, booking.UserChange{PasswordHash: new("other"), At: booking.At(d.clock.Now())})
		must(t, "UpdateUser", err)
		f.wait(3)
		d.create(d.bob)
		f.wait(5)
		token := booking.Revocation{UserID: d.alice.ID, TokenID: "token-1", ExpiresAt: booking.At(start.Add(time.Hour))}
		must(t, "RevokeToken", d.store.RevokeToken(d.ctx, token))
		f.wait(6)
		entries := f.all(6)
		equal(t, "rights", entries[2].Revocation, booking.Revocation{UserID: u.ID, Rights: u.Rights + 1})
		equal(t, "token", entries[5].Revocation, token)
		for i, e := range entries {
			if (e.Revocation != nil) != (i == 2 || i == 5) || e.Revocation != nil && e.Name != "" {
				t.Fatalf("entry %d: %+v", i, e)
			}
		}
		d.reopen()
		equal(t, "after a restart", d.follow(booking.Position{}).wait(6), entries)
		since, err := d.store.Since(d.ctx, booking.Position{}, []string{d.alice.ID, d.bob.ID, u.ID, booking.StaffRoom, booking.AdminRoom}, 100)
		must(t, "Since", err)
		for _, e := range since {
			if e.Revocation != nil || e.Name == "" {
				t.Fatalf("Since shows a revocation: %+v", e)
			}
		}
	})
}

// writerStep is what a writer does at its i-th commit: with one, two and three notices.
func writerStep(i int, d *desk) booking.Operation {
	switch {
	case i == 0:
		return newBooking()
	case i%3 == 1:
		return booking.AddMessage{Message: "hello"}
	case i%6 == 2:
		return booking.ChangeStatus{Status: booking.Scheduled, Message: "nine", Assignee: assign(d.sonia)}
	case i%6 == 5:
		return booking.ChangeStatus{Status: booking.Pending, Assignee: &booking.Assignment{}}
	}
	return booking.ChangeStatus{Message: "still here"}
}

// fresh plans a new booking of somebody; any goroutine may call it.
func (d *desk) fresh() booking.Commit {
	n := newBooking()
	n.Code = d.code()
	c, err := booking.Plan(booking.Booking{}, booking.Command{ID: d.id(), BookingID: d.id(), By: d.alice, Do: n}, d.clock.Now(), booking.Policy{})
	if err != nil {
		panic(err) // newBooking is filled in
	}
	return c
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
