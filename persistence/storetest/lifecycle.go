package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// calls are all methods of a store but Close, each with arguments that would succeed.
func (d *desk) calls(b booking.Booking, u booking.User) map[string]func(context.Context, booking.Store) error {
	change := d.plan(b, d.sam, booking.AddMessage{Message: "hello"})
	at := booking.At(d.clock.Now())
	return map[string]func(context.Context, booking.Store) error{
		"Append a new one": func(ctx context.Context, s booking.Store) error { return s.Append(ctx, d.fresh()) },
		"Append a change":  func(ctx context.Context, s booking.Store) error { return s.Append(ctx, change) },
		"Load":             func(ctx context.Context, s booking.Store) error { _, err := s.Load(ctx, b.ID); return err },
		"Find":             func(ctx context.Context, s booking.Store) error { _, err := s.Find(ctx, b.Code); return err },
		"List":             func(ctx context.Context, s booking.Store) error { _, err := s.List(ctx, booking.Query{}); return err },
		"List a search": func(ctx context.Context, s booking.Store) error {
			_, err := s.List(ctx, booking.Query{Search: "ravi"})
			return err
		},
		"Keyed": func(ctx context.Context, s booking.Store) error { _, err := s.Keyed(ctx, u.ID, "k", start); return err },
		"Notifications": func(ctx context.Context, s booking.Store) error {
			_, err := s.Notifications(ctx, booking.NotificationQuery{UserID: u.ID})
			return err
		},
		"OpenOwners":    func(ctx context.Context, s booking.Store) error { _, err := s.OpenOwners(ctx, u.ID); return err },
		"OpenAssignees": func(ctx context.Context, s booking.Store) error { _, err := s.OpenAssignees(ctx, u.ID); return err },
		"Overview":      func(ctx context.Context, s booking.Store) error { _, err := s.Overview(ctx, start); return err },
		"Daily":         func(ctx context.Context, s booking.Store) error { _, err := s.Daily(ctx, start); return err },
		"Import": func(ctx context.Context, s booking.Store) error {
			return s.Import(ctx, []booking.Booking{d.fresh().After})
		},
		"CreateUser": func(ctx context.Context, s booking.Store) error {
			return s.CreateUser(ctx, d.account(d.id()+"@example.com", booking.Customer))
		},
		"User":        func(ctx context.Context, s booking.Store) error { _, err := s.User(ctx, u.ID); return err },
		"UserByEmail": func(ctx context.Context, s booking.Store) error { _, err := s.UserByEmail(ctx, u.Email); return err },
		"UpdateUser": func(ctx context.Context, s booking.Store) error {
			_, err := s.UpdateUser(ctx, u.ID, booking.UserChange{Name: new("Carol"), At: at})
			return err
		},
		"ListUsers": func(ctx context.Context, s booking.Store) error {
			_, err := s.ListUsers(ctx, booking.UserQuery{})
			return err
		},
		"RevokeToken": func(ctx context.Context, s booking.Store) error {
			return s.RevokeToken(ctx, booking.Revocation{UserID: u.ID, TokenID: d.id(), ExpiresAt: at})
		},
		"TokenRevoked": func(ctx context.Context, s booking.Store) error { _, err := s.TokenRevoked(ctx, "t"); return err },
		"Head":         func(ctx context.Context, s booking.Store) error { _, err := s.Head(ctx); return err },
		"Since": func(ctx context.Context, s booking.Store) error {
			_, err := s.Since(ctx, booking.Position{}, []string{u.ID}, 10)
			return err
		},
	}
}

func (s suite) closing(t *testing.T) {
	t.Run("ends Follow without an error", func(t *testing.T) {
		d := s.desk(t)
		fs := []*follower{d.follow(booking.Position{}), d.follow(booking.Position{})}
		d.create(d.alice)
		for _, f := range fs {
			f.wait(2)
		}
		must(t, "Close", d.store.Close())
		for _, f := range fs {
			must(t, "Follow", f.end())
		}
	})

	t.Run("later calls are refused", func(t *testing.T) {
		d := s.desk(t)
		b, u := d.create(d.alice), d.user("carol@example.com", booking.Customer)
		calls := d.calls(b, u)
		must(t, "Close", d.store.Close())
		for name, call := range calls {
			wantCode(t, name, call(d.ctx, d.store), booking.CodeUnavailable)
		}
		err := d.store.Follow(d.ctx, booking.Position{}, func([]booking.LogEntry) error { return errors.New("delivered") })
		if err != nil && booking.CodeOf(err) != booking.CodeUnavailable {
			t.Fatalf("Follow: %v", err)
		}
		_ = d.store.Close() // once more does no harm
	})

	t.Run("loses nothing that was accepted", func(t *testing.T) {
		d := s.desk(t)
		accepted := make(chan booking.Booking, 1000)
		started := make(chan struct{}, 1000)
		done := make(chan error, 4)
		for range cap(done) {
			go func() {
				for {
					c := d.fresh()
					if err := d.store.Append(d.ctx, c); err != nil {
						done <- err
						return
					}
					accepted <- c.After
					started <- struct{}{}
				}
			}()
		}
		for range 20 {
			<-started
		}
		must(t, "Close", d.store.Close())
		for range cap(done) {
			wantCode(t, "Append while closing", <-done, booking.CodeUnavailable)
		}
		close(accepted)
		d.reopen()
		n := 0
		for b := range accepted {
			d.stored(b)
			n += 2
		}
		f := d.follow(booking.Position{})
		f.ascending(f.wait(n))
	})

	t.Run("an empty one can be opened again", func(t *testing.T) {
		d := s.desk(t)
		d.reopen()
		d.reopen()
		d.stored(d.create(d.alice))
	})
}

func (s suite) contexts(t *testing.T) {
	t.Run("one that has ended", func(t *testing.T) {
		d := s.desk(t)
		b, u := d.create(d.alice), d.user("carol@example.com", booking.Customer)
		ended, cancel := context.WithCancel(d.ctx)
		cancel()
		for name, call := range d.calls(b, u) {
			if err := call(ended, d.store); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// The store goes on, whatever became of those commits.
		b = d.load(b.ID)
		d.stored(d.do(b, d.sam, booking.AddMessage{Message: "again"}))
	})

	t.Run("one whose deadline is past", func(t *testing.T) {
		d := s.desk(t)
		b, u := d.create(d.alice), d.user("carol@example.com", booking.Customer)
		late, cancel := context.WithDeadline(d.ctx, time.Unix(0, 0))
		defer cancel()
		for name, call := range d.calls(b, u) {
			if err := call(late, d.store); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})

	t.Run("writers that give up leave whole commits or none", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		commits := make([]booking.Commit, 24)
		for i := range commits {
			commits[i] = d.fresh()
		}
		parallel(t, len(commits), func(i int) error {
			ctx, cancel := context.WithTimeout(d.ctx, time.Duration(i)*200*time.Microsecond)
			defer cancel()
			if err := d.store.Append(ctx, commits[i]); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			return nil
		})
		d.reopen() // whatever was under way has ended
		must(t, "Follow", f.end())
		want := map[string]bool{}
		for _, c := range commits {
			b, err := d.store.Load(d.ctx, c.After.ID)
			if booking.CodeOf(err) == booking.CodeNotFound {
				continue
			}
			must(t, "Load", err)
			d.same(b, c.After)
			want[c.Notices[0].ID], want[c.Notices[1].ID] = true, true
		}
		for _, e := range d.follow(booking.Position{}).all(len(want)) {
			if !want[e.EventID] {
				t.Fatalf("event %s of a booking that is not there", e.EventID)
			}
		}
	})
}
