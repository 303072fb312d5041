package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"kapoor.example/desk/booking"
)

// losses are the changes that take an admin away.
func losses() map[string]booking.UserChange {
	at := booking.At(start)
	return map[string]booking.UserChange{
		"demoted":     {Role: new(booking.Staff), At: at},
		"deactivated": {Active: new(false), At: at},
		"both":        {Role: new(booking.Customer), Active: new(false), Name: new("Gone"), At: at},
	}
}

// activeAdmins counts the admins the store has.
func (d *desk) activeAdmins() int {
	d.t.Helper()
	page, err := d.store.ListUsers(d.ctx, booking.UserQuery{Roles: []booking.Role{booking.Admin}, ActiveOnly: true})
	must(d.t, "ListUsers", err)
	return page.Total
}

func (s suite) admins(t *testing.T) {
	for name, loss := range losses() {
		t.Run("the last one is not "+name, func(t *testing.T) {
			d := s.desk(t)
			f := d.follow(booking.Position{})
			last := d.user("anna@example.com", booking.Admin)
			d.user("sam@example.com", booking.Staff)
			idle := d.account("idle@example.com", booking.Admin)
			idle.Active = false
			must(t, "CreateUser", d.store.CreateUser(d.ctx, idle))
			for range 2 {
				_, err := d.store.UpdateUser(d.ctx, last.ID, loss)
				wantCode(t, "UpdateUser", err, booking.CodeLastAdmin)
				d.kept(last)
				d.reopen()
			}
			must(t, "Follow", f.end())
			d.follow(booking.Position{}).all(0) // nothing was revoked
			last = d.change(last, booking.UserChange{Name: new("Anna K."), PasswordHash: new("other")})
			idle = d.change(idle, booking.UserChange{Role: new(booking.Staff)}) // it was not active
			second := d.user("zoe@example.com", booking.Admin)
			d.change(last, loss)
			_, err := d.store.UpdateUser(d.ctx, second.ID, loss)
			wantCode(t, "UpdateUser", err, booking.CodeLastAdmin)
			d.change(idle, booking.UserChange{Role: new(booking.Admin), Active: new(true)})
			d.change(second, loss)
			if n := d.activeAdmins(); n != 1 {
				t.Fatalf("%d admins", n)
			}
		})
	}

	t.Run("comes and goes", func(t *testing.T) {
		d := s.desk(t)
		a, b := d.user("a@example.com", booking.Admin), d.user("b@example.com", booking.Admin)
		for range 3 {
			a = d.change(a, booking.UserChange{Role: new(booking.Staff)})
			a = d.change(a, booking.UserChange{Role: new(booking.Admin)})
			b = d.change(b, booking.UserChange{Active: new(false)})
			_, err := d.store.UpdateUser(d.ctx, a.ID, booking.UserChange{Role: new(booking.Staff), At: booking.At(start)})
			wantCode(t, "UpdateUser", err, booking.CodeLastAdmin)
			b = d.change(b, booking.UserChange{Active: new(true)})
		}
	})

	t.Run("many demoted at once leave one", func(t *testing.T) {
		d := s.desk(t)
		d.needs(Contention)
		for round := range 5 {
			n := 2 + round
			users := make([]booking.User, n)
			for i := range users {
				users[i] = d.user(fmt.Sprintf("a%d.%d@example.com", round, i), booking.Admin)
			}
			var refused atomic.Int32
			parallel(t, n, func(i int) error {
				loss := booking.UserChange{Role: new(booking.Customer), At: booking.At(start)}
				if i%2 == 1 {
					loss = booking.UserChange{Active: new(false), At: booking.At(start)}
				}
				_, err := d.store.UpdateUser(d.ctx, users[i].ID, loss)
				if booking.CodeOf(err) == booking.CodeLastAdmin {
					refused.Add(1)
					return nil
				}
				return err
			})
			// Where an admin is left from the round before, nobody has to stay.
			if left := d.activeAdmins(); left != 1 || int(refused.Load()) != 1-min(round, 1) {
				t.Fatalf("round %d: %d admins are left, %d were refused", round, left, refused.Load())
			}
		}
	})

	t.Run("promotions and demotions at once never leave none", func(t *testing.T) {
		d := s.desk(t)
		d.needs(Contention)
		users := make([]booking.User, 4)
		for i := range users {
			users[i] = d.user(fmt.Sprintf("a%d@example.com", i), booking.Admin)
		}
		parallel(t, 8, func(i int) error {
			for n := range 6 {
				role := []booking.Role{booking.Staff, booking.Admin}[(n+i)%2]
				_, err := d.store.UpdateUser(d.ctx, users[i%4].ID, booking.UserChange{Role: &role, At: booking.At(start)})
				if err != nil && booking.CodeOf(err) != booking.CodeLastAdmin {
					return err
				}
				page, err := d.store.ListUsers(d.ctx, booking.UserQuery{Roles: []booking.Role{booking.Admin}, ActiveOnly: true})
				if err != nil {
					return err
				}
				if page.Total == 0 {
					return errors.New("no admin is left")
				}
			}
			return nil
		})
	})
}
