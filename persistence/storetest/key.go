package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// keyed plans a new booking of by's under an idempotency key.
func (d *desk) keyed(by booking.Principal, key, hash string) booking.Commit {
	d.t.Helper()
	return d.planCommand(booking.Booking{}, booking.Command{
		ID: d.id(), By: by, Do: newBooking(), Key: &booking.IdempotencyKey{UserID: by.ID, Key: key, BodyHash: hash},
	})
}

// used fails unless the commit is refused because its key was used for the booking.
func (d *desk) used(c booking.Commit, id, hash string) {
	d.t.Helper()
	var used *booking.KeyUsedError
	if err := d.store.Append(d.ctx, c); !errors.As(err, &used) || used.BookingID != id || used.BodyHash != hash {
		d.t.Fatalf("Append: %v, want the key used for %s with %s", err, id, hash)
	}
	_, err := d.store.Load(d.ctx, c.After.ID)
	wantCode(d.t, "Load", err, booking.CodeNotFound)
}

func (s suite) keys(t *testing.T) {
	t.Run("a key is used once", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		b := d.append(d.keyed(d.alice, "k", "h1"))
		d.used(d.keyed(d.alice, "k", "h1"), b.ID, "h1")
		d.used(d.keyed(d.alice, "k", "h2"), b.ID, "h1")
		d.reopen()
		d.used(d.keyed(d.alice, "k", "h1"), b.ID, "h1")
		must(t, "Follow", f.end())
		d.follow(booking.Position{}).all(2)
	})

	t.Run("a key belongs to its user", func(t *testing.T) {
		d := s.desk(t)
		a, b := d.append(d.keyed(d.alice, "k", "h")), d.append(d.keyed(d.bob, "k", "h"))
		d.append(d.keyed(d.alice, "K", "h")) // another key
		for id, by := range map[string]booking.Principal{a.ID: d.alice, b.ID: d.bob} {
			used, err := d.store.Keyed(d.ctx, by.ID, "k", d.clock.Now())
			if err != nil || used == nil || used.BookingID != id {
				t.Fatalf("Keyed: %v %v", used, err)
			}
		}
	})

	t.Run("Keyed knows live keys only", func(t *testing.T) {
		d := s.desk(t)
		for _, key := range []string{"k", "", "'; --", "$where", "\x01"} {
			if used, err := d.store.Keyed(d.ctx, d.alice.ID, key, d.clock.Now()); used != nil || err != nil {
				t.Fatalf("Keyed %q: %v %v", key, used, err)
			}
		}
		d.append(d.keyed(d.alice, "k", "h"))
		for age, live := range map[time.Duration]bool{0: true, booking.KeyTTL - time.Minute: true, booking.KeyTTL + time.Minute: false} {
			if used, err := d.store.Keyed(d.ctx, d.alice.ID, "k", d.clock.Now().Add(age)); (used != nil) != live || err != nil {
				t.Fatalf("Keyed after %v: %v %v", age, used, err)
			}
		}
	})

	t.Run("a key can be used again when it has expired", func(t *testing.T) {
		d := s.desk(t)
		old := d.append(d.keyed(d.alice, "k", "h1"))
		d.clock.advance(booking.KeyTTL - time.Minute)
		d.used(d.keyed(d.alice, "k", "h1"), old.ID, "h1")
		d.clock.advance(2 * time.Minute)
		fresh := d.append(d.keyed(d.alice, "k", "h2"))
		d.used(d.keyed(d.alice, "k", "h2"), fresh.ID, "h2")
		d.stored(old)
	})

	for name, age := range map[string]time.Duration{"a new key": 0, "an expired key": booking.KeyTTL + time.Hour} {
		t.Run("twenty at once with "+name+" make one booking", func(t *testing.T) {
			d := s.desk(t)
			d.needs(Contention)
			notices := 2
			if age > 0 {
				d.append(d.keyed(d.alice, "k", "old"))
				d.clock.advance(age)
				notices += 2
			}
			f := d.follow(booking.Position{})
			commits := make([]booking.Commit, 20)
			for i := range commits {
				commits[i] = d.keyed(d.alice, "k", "h")
			}
			var mu sync.Mutex
			var made, refused []string
			parallel(t, len(commits), func(i int) error {
				err := d.store.Append(d.ctx, commits[i])
				mu.Lock()
				defer mu.Unlock()
				var used *booking.KeyUsedError
				switch {
				case err == nil:
					made = append(made, commits[i].After.ID)
				case errors.As(err, &used):
					refused = append(refused, used.BookingID)
					err = nil
				}
				return err
			})
			if len(made) != 1 || len(refused) != 19 {
				t.Fatalf("%d made, %d refused", len(made), len(refused))
			}
			for _, id := range refused {
				if id != made[0] {
					t.Fatalf("a refusal names %s, made was %s", id, made[0])
				}
			}
			f.all(notices)
		})
	}
}
