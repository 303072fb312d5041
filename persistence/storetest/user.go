package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

// account returns an account that is not stored yet.
func (d *desk) account(email string, role booking.Role) booking.User {
	at := booking.At(d.clock.Now())
	return booking.User{
		ID: d.id(), Name: "Name of " + email, Email: email, Phone: "555 0100", Role: role, Active: true, Rights: 1, PasswordHash: "hash",
		CreatedAt: at, UpdatedAt: at,
	}
}

// user stores a new account.
func (d *desk) user(email string, role booking.Role) booking.User {
	d.t.Helper()
	u := d.account(email, role)
	must(d.t, "CreateUser", d.store.CreateUser(d.ctx, u))
	return u
}

// kept fails unless the store has u exactly so.
func (d *desk) kept(u booking.User) {
	d.t.Helper()
	got, err := d.store.User(d.ctx, u.ID)
	must(d.t, "User", err)
	if g, w := account(got), account(u); g != w {
		d.t.Fatalf("user differs\n got %s\nwant %s", g, w)
	}
}

// account writes everything of a user, what nobody outside sees included.
func account(u booking.User) string {
	return fmt.Sprintf("%s %v %d %q %s %s", encoded(u), u.Active, u.Rights, u.PasswordHash, encoded(u.CreatedAt), encoded(u.UpdatedAt))
}

// change stores a change that must be accepted, and returns the account as it is then.
func (d *desk) change(u booking.User, c booking.UserChange) booking.User {
	d.t.Helper()
	c.At = booking.At(d.clock.Now())
	want, _ := c.ApplyTo(u)
	got, err := d.store.UpdateUser(d.ctx, u.ID, c)
	must(d.t, "UpdateUser", err)
	if g, w := account(got), account(want); g != w {
		d.t.Fatalf("UpdateUser\n got %s\nwant %s", g, w)
	}
	d.kept(got)
	return got
}

func (s suite) users(t *testing.T) {
	t.Run("are kept exactly", func(t *testing.T) {
		d := s.desk(t)
		carol := d.user("Carol@Example.com", booking.Customer)
		blank := d.account("blank@example.com", booking.Staff)
		blank.Phone, blank.Active, blank.Rights = "", false, 7
		must(t, "CreateUser", d.store.CreateUser(d.ctx, blank))
		d.reopen()
		d.kept(carol)
		d.kept(blank)
		for _, email := range []string{"Carol@Example.com", "carol@example.com", " CAROL@EXAMPLE.COM "} {
			got, err := d.store.UserByEmail(d.ctx, email)
			must(t, "UserByEmail", err)
			equal(t, email, account(got), account(carol))
		}
	})

	t.Run("unknown ones", func(t *testing.T) {
		d := s.desk(t)
		d.user("carol@example.com", booking.Customer)
		for _, text := range append(hostile(), "carol@example.co", "carol@example.comm", "%@example.com", d.id()) {
			_, err := d.store.User(d.ctx, text)
			wantCode(t, "User", err, booking.CodeNotFound)
			_, err = d.store.UserByEmail(d.ctx, text)
			wantCode(t, "UserByEmail", err, booking.CodeNotFound)
			_, err = d.store.UpdateUser(d.ctx, text, booking.UserChange{Name: new("x"), At: booking.At(start)})
			wantCode(t, "UpdateUser", err, booking.CodeNotFound)
		}
	})

	t.Run("an e-mail is taken whatever its case", func(t *testing.T) {
		d := s.desk(t)
		carol := d.user("carol@example.com", booking.Customer)
		dave := d.user("dave@example.com", booking.Customer)
		for _, email := range []string{"carol@example.com", "Carol@Example.COM", " carol@example.com"} {
			wantCode(t, "CreateUser", d.store.CreateUser(d.ctx, d.account(email, booking.Customer)), booking.CodeEmailTaken)
			_, err := d.store.UpdateUser(d.ctx, dave.ID, booking.UserChange{Email: new(email), PasswordHash: new("other"), At: booking.At(start)})
			wantCode(t, "UpdateUser", err, booking.CodeEmailTaken)
		}
		d.kept(carol)
		d.kept(dave) // nothing of the refused change
		carol = d.change(carol, booking.UserChange{Email: new("CAROL@example.com")})
		d.change(carol, booking.UserChange{Email: new("new@example.com")})
		d.change(dave, booking.UserChange{Email: new("carol@example.com")}) // free now
		_, err := d.store.UserByEmail(d.ctx, "dave@example.com")
		wantCode(t, "UserByEmail", err, booking.CodeNotFound)
	})

	t.Run("twenty at once with one e-mail are one", func(t *testing.T) {
		d := s.desk(t)
		d.needs(Contention)
		accounts := make([]booking.User, 20)
		for i := range accounts {
			accounts[i] = d.account([]string{"carol@example.com", "CAROL@example.com"}[i%2], booking.Customer)
		}
		var made atomic.Int32
		parallel(t, len(accounts), func(i int) error {
			err := d.store.CreateUser(d.ctx, accounts[i])
			switch booking.CodeOf(err) {
			case "":
				made.Add(1)
			case booking.CodeEmailTaken:
				err = nil
			}
			return err
		})
		if made.Load() != 1 {
			t.Fatalf("%d accounts were made", made.Load())
		}
	})

	t.Run("a change raises rights only when it revokes", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		u := d.user("carol@example.com", booking.Customer)
		var want []booking.Revocation
		for _, c := range []booking.UserChange{
			{}, {Name: new("Carol")}, {Phone: new("")}, {Email: new("c@example.com")},
			{Role: new(booking.Customer)}, {Active: new(true)},
			{Role: new(booking.Staff)}, {Active: new(false)}, {Name: new("Carol D.")}, {Active: new(true)},
			{PasswordHash: new("other")}, {PasswordHash: new("other")},
			{Name: new("All"), Phone: new("1"), Email: new("all@example.com"), Role: new(booking.Customer), Active: new(false), PasswordHash: new("x")},
		} {
			d.clock.advance(time.Second)
			before := u.Rights
			if u = d.change(u, c); u.Rights != before {
				want = append(want, booking.Revocation{UserID: u.ID, Rights: u.Rights})
			}
		}
		if u.Rights != 7 {
			t.Fatalf("rights %d", u.Rights)
		}
		var got []booking.Revocation
		for _, e := range f.all(len(want)) {
			got = append(got, *e.Revocation)
		}
		equal(t, "log", got, want)
	})

	t.Run("changes at once are all applied", func(t *testing.T) {
		d := s.desk(t)
		d.needs(Contention)
		f := d.follow(booking.Position{})
		u := d.user("carol@example.com", booking.Customer)
		parallel(t, 16, func(i int) error {
			c := booking.UserChange{At: booking.At(start)}
			switch i % 4 {
			case 0:
				c.Name = new("Carol")
			case 1:
				c.Phone = new("42")
			case 2:
				c.PasswordHash = new(fmt.Sprint("hash ", i))
			case 3:
				c.Email = new("carol.d@example.com")
			}
			_, err := d.store.UpdateUser(d.ctx, u.ID, c)
			return err
		})
		got, err := d.store.User(d.ctx, u.ID)
		must(t, "User", err)
		if got.Name != "Carol" || got.Phone != "42" || got.Email != "carol.d@example.com" || got.Rights != u.Rights+4 || !strings.HasPrefix(got.PasswordHash, "hash ") {
			t.Fatalf("got %s", account(got))
		}
		for i, e := range f.all(4) {
			equal(t, "revocation", e.Revocation, booking.Revocation{UserID: u.ID, Rights: u.Rights + uint64(i) + 1})
		}
	})
}

func (s suite) userLists(t *testing.T) {
	d := s.desk(t)
	empty, err := d.store.ListUsers(d.ctx, booking.UserQuery{})
	if err != nil || empty.Users == nil || len(empty.Users) != 0 || empty.Total != 0 {
		t.Fatalf("ListUsers: %v %v", empty, err)
	}
	var all []booking.User
	add := func(name, email string, role booking.Role, active bool) {
		u := d.account(email, role)
		u.Name, u.Active = name, active
		must(t, "CreateUser", d.store.CreateUser(d.ctx, u))
		all = append(all, u)
	}
	add("Zoe", "zoe@example.com", booking.Admin, true)
	add("Bela", "X1@example.com", booking.Staff, true)
	add("Bela", "x2@example.com", booking.Staff, false)
	add("Adam 50%", "adam@example.org", booking.Customer, true)
	add("Adam_Smith", "smith@example.org", booking.Customer, true)
	add("Yash", "belamy@example.org", booking.Customer, false)
	for i := range 22 {
		add(fmt.Sprintf("Customer %02d", i), fmt.Sprintf("c%d@example.net", i), booking.Customer, true)
	}
	matches := func(u booking.User, q booking.UserQuery) bool {
		search := strings.ToLower(strings.TrimSpace(q.Search))
		return (len(q.Roles) == 0 || slices.Contains(q.Roles, u.Role)) && (!q.ActiveOnly || u.Active) &&
			(strings.HasPrefix(strings.ToLower(u.Name), search) || strings.HasPrefix(strings.ToLower(u.Email), search))
	}
	for _, tt := range []struct {
		name string
		q    booking.UserQuery
	}{
		{"all", booking.UserQuery{Limit: 100}},
		{"default limit", booking.UserQuery{}},
		{"staff", booking.UserQuery{Roles: []booking.Role{booking.Staff}}},
		{"who works", booking.UserQuery{Roles: []booking.Role{booking.Staff, booking.Admin}}},
		{"active only", booking.UserQuery{ActiveOnly: true, Limit: 100}},
		{"active staff", booking.UserQuery{Roles: []booking.Role{booking.Staff}, ActiveOnly: true}},
		{"by name", booking.UserQuery{Search: "adam"}},
		{"by e-mail", booking.UserQuery{Search: "smith@EX"}},
		{"by either", booking.UserQuery{Search: "bela"}},
		{"a later word of the name", booking.UserQuery{Search: "smith"}},
		{"a percent sign is one", booking.UserQuery{Search: "adam 50%"}},
		{"a percent sign is no pattern", booking.UserQuery{Search: "a%"}},
		{"an underscore is no pattern", booking.UserQuery{Search: "x_@"}},
		{"a dot is no pattern", booking.UserQuery{Search: "x.@"}},
		{"a bracket", booking.UserQuery{Search: "[a-z]("}},
		{"everything together", booking.UserQuery{Roles: []booking.Role{booking.Staff}, ActiveOnly: true, Search: "BEL"}},
		{"unknown role", booking.UserQuery{Roles: []booking.Role{"boss"}}},
		{"skip", booking.UserQuery{Skip: 3, Limit: 4}},
		{"last ones", booking.UserQuery{Skip: 25, Limit: 100}},
		{"behind the end", booking.UserQuery{Skip: 28}},
		{"over the largest limit", booking.UserQuery{Limit: 1 << 30}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := []booking.User{}
			for _, u := range all {
				if matches(u, tt.q) {
					want = append(want, u)
				}
			}
			slices.SortFunc(want, func(a, b booking.User) int {
				if c := strings.Compare(a.Name, b.Name); c != 0 {
					return c
				}
				return strings.Compare(a.ID, b.ID)
			})
			total := len(want)
			want = want[min(tt.q.Skip, total):]
			want = want[:min(booking.Size(tt.q.Limit), len(want))]
			page, err := d.store.ListUsers(d.ctx, tt.q)
			must(t, "ListUsers", err)
			equal(t, "page", page.Users, want)
			if page.Total != total || page.Users == nil {
				t.Fatalf("total %d, want %d", page.Total, total)
			}
		})
	}
	for _, text := range hostile() {
		if _, err := d.store.ListUsers(d.ctx, booking.UserQuery{Search: text}); err != nil {
			t.Fatalf("ListUsers %q: %v", text[:min(len(text), 40)], err)
		}
	}
}
