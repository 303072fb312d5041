package mongotest

import (
	"fmt"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/mongo"
)

func (s Server) processes(t *testing.T) {
	t.Run("see one log", func(t *testing.T) {
		d := s.desk(t)
		stores := []*mongo.Store{d.open(s.URI), d.open(s.URI), d.open(s.URI)}
		shared := d.plan(booking.Booking{}, d.alice, create())
		if err := stores[0].Append(d.ctx, shared); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		told := map[string][]string{} // ids of a commit's notices by the first
		total := 0
		tell := func(c booking.Commit) {
			mu.Lock()
			defer mu.Unlock()
			for _, n := range c.Notices {
				told[c.Notices[0].ID] = append(told[c.Notices[0].ID], n.ID)
			}
			total += len(c.Notices)
		}
		tell(shared)
		write := func(s *mongo.Store) error {
			for range 8 {
				own, err := booking.Plan(booking.Booking{}, booking.Command{ID: booking.NewID(d.clock()), BookingID: booking.NewID(d.clock()), By: d.alice, Do: create()}, d.clock(), booking.Policy{})
				if err != nil {
					return err
				}
				if err := s.Append(d.ctx, own); err != nil {
					return err
				}
				tell(own)
				c, err := flip(d, s, shared.After.ID)
				if err != nil {
					return err
				}
				tell(c)
			}
			return nil
		}
		errs := make(chan error)
		for i := range 6 {
			go func() { errs <- write(stores[i%3]) }()
		}
		for range 6 {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		logs := make([]string, len(stores))
		for i, store := range stores {
			entries := d.follow(store, total)
			for n := 0; n < len(entries); {
				want := told[entries[n].EventID]
				if len(want) == 0 {
					t.Fatalf("entry %d, %s, begins no commit", n, entries[n].EventID)
				}
				for _, id := range want {
					if n == len(entries) || entries[n].EventID != id {
						t.Fatalf("entry %d: the notices of a commit are not together", n)
					}
					n++
				}
			}
			logs[i] = fmt.Sprint(entries)
		}
		if logs[0] != logs[1] || logs[0] != logs[2] {
			t.Fatal("the logs differ")
		}
		d.log(stores[1], total)
		if n := d.count("events", bson.D{}); d.count("events", bson.D{{Key: "n", Value: bson.D{{Key: "$gt", Value: n}}}}) != 0 {
			t.Fatal("the numbers of the events have gaps")
		}
		b, err := stores[2].Load(d.ctx, shared.After.ID)
		if err != nil || b.Version != 1+6*8 || len(b.Updates) != 6*8 {
			t.Fatalf("version %d, %d entries, %v", b.Version, len(b.Updates), err)
		}
	})

	t.Run("find what another left, once", func(t *testing.T) {
		d := s.desk(t)
		first := d.open(s.URI)
		commits := make([]booking.Commit, 30)
		for i := range commits {
			commits[i] = d.plan(booking.Booking{}, d.alice, create())
			if err := first.Append(d.ctx, commits[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		// As if the first had stored them and died: the letters are put back, and the log is empty.
		for _, c := range commits {
			letter := bson.D{{Key: "revision", Value: int64(1)}, {Key: "notices", Value: bson.A{
				bson.D{{Key: "id", Value: c.Notices[0].ID}, {Key: "name", Value: c.Notices[0].Name}, {Key: "rooms", Value: c.Notices[0].Rooms}, {Key: "payload", Value: c.Notices[0].Payload}},
			}}}
			_, err := d.db.Collection("bookings").UpdateByID(d.ctx, c.After.ID, bson.D{{Key: "$set", Value: bson.D{
				{Key: "outbox.r1", Value: letter}, {Key: "due", Value: int64(1)},
			}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.db.Collection("events").DeleteMany(d.ctx, bson.D{}); err != nil {
			t.Fatal(err)
		}
		stores := make([]*mongo.Store, 3)
		var wait sync.WaitGroup
		for i := range stores {
			o := d.options
			o.URI = s.URI
			wait.Go(func() {
				var err error
				if stores[i], err = mongo.Open(d.ctx, o); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if t.Failed() {
			return
		}
		for _, store := range stores {
			t.Cleanup(func() { _ = store.Close() })
		}
		seen := map[string]int{}
		for _, e := range d.log(stores[0], len(commits)) {
			seen[e.EventID]++
		}
		for _, c := range commits {
			if seen[c.Notices[0].ID] != 1 {
				t.Fatalf("event %s came %d times", c.Notices[0].ID, seen[c.Notices[0].ID])
			}
		}
	})
}

// flip changes the status of a booking, and again when another was first.
func flip(d *desk, s *mongo.Store, id string) (booking.Commit, error) {
	for {
		b, err := s.Load(d.ctx, id)
		if err != nil {
			return booking.Commit{}, err
		}
		to := booking.Scheduled
		if b.Status == booking.Scheduled {
			to = booking.Pending
		}
		c, err := booking.Plan(b, booking.Command{ID: booking.NewID(d.clock()), BookingID: id, By: d.sam, Do: booking.ChangeStatus{Status: to}}, d.clock(), booking.Policy{})
		if err != nil {
			return c, err
		}
		if err := s.Append(d.ctx, c); booking.CodeOf(err) != booking.CodeStale {
			return c, err
		}
	}
}
