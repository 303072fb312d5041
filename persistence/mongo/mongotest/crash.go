package mongotest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/mongo"
)

// through returns a URI that leads to a gate in front of the URI's server, and the server's address. ok is false where a
// gate cannot be in between.
func through(uri string, gate string) (through, server string, ok bool) {
	scheme, rest, _ := strings.Cut(uri, "://")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	begin := strings.LastIndexByte(rest[:end], '@') + 1
	server = rest[begin:end]
	if scheme != "mongodb" || strings.Contains(server, ",") || strings.Contains(rest, "tls=true") || strings.Contains(rest, "ssl=true") {
		return "", "", false
	}
	if !strings.Contains(server, ":") {
		server += ":27017"
	}
	path, query, _ := strings.Cut(rest[end:], "?")
	if path == "" {
		path = "/"
	}
	if query != "" {
		query += "&"
	}
	return scheme + "://" + rest[:begin] + gate + path + "?" + query + "directConnection=true", server, true
}

// cut runs a scenario again and again, shutting the gate one command later each time, until it gets through whole. The
// command that is the last one is carried out or not. before comes with the gate open; after looks at what is there then,
// with the gate out of the way.
func (s Server) cut(t *testing.T, before, scenario, after func(d *desk, s *mongo.Store)) {
	t.Helper()
	if _, _, ok := through(s.URI, ""); !ok {
		t.Skip("a gate cannot be put in front of this server: it needs one address without TLS")
	}
	for _, lost := range []bool{false, true} {
		for n, whole := 0, false; !whole; n++ {
			t.Run(fmt.Sprintf("after %d commands, lost %v", n, lost), func(t *testing.T) {
				d := s.desk(t)
				_, server, _ := through(s.URI, "")
				gate, err := OpenGate(server, GateOptions{})
				if err != nil {
					t.Fatal(err)
				}
				defer gate.Close()
				uri, _, _ := through(s.URI, gate.Addr())
				first := d.impatient(uri)
				// What the store does first by itself is no part of the scenario.
				if _, err := first.Notifications(d.ctx, booking.NotificationQuery{UserID: d.alice.ID}); err != nil {
					t.Fatal(err)
				}
				before(d, first)
				gate.ShutAfter(n, lost)
				scenario(d, first)
				whole = !gate.Shut()
				gate.Close()
				_ = first.Close() // it cannot reach anything any more
				after(d, d.open(s.URI))
			})
			if t.Failed() || n > 200 {
				return
			}
		}
	}
}

// impatient opens the database so that a store does not wait long for a server that has gone.
func (d *desk) impatient(uri string) *mongo.Store {
	d.t.Helper()
	o := d.options
	o.URI, o.SelectWithin = uri, 300*time.Millisecond
	var s *mongo.Store
	d.eventually("opened", func() bool { // a busy machine may not answer in that time
		var err error
		s, err = mongo.Open(d.ctx, o)
		return err == nil
	})
	d.t.Cleanup(func() { _ = s.Close() })
	return s
}

// giveUp is how long a scenario waits for what a crash has made impossible.
const giveUp = time.Second

func (s Server) crashes(t *testing.T) {
	t.Run("commands", s.crashOfCommands)
	t.Run("demotion", s.crashOfDemotion)
	t.Run("import", s.crashOfImport)
}

// history is what a scenario did until the crash.
type history struct {
	commits  []booking.Commit // in order; of the last one it is not known whether it is stored if unknown
	unknown  bool
	user     booking.User
	password bool // the password was changed, as far as is known
	token    bool
}

func (s Server) crashOfCommands(t *testing.T) {
	var h history
	s.cut(t, func(d *desk, s *mongo.Store) {
		h = history{user: d.account(s, "carol@example.com", booking.Customer)}
	}, func(d *desk, s *mongo.Store) { h.run(d, s) }, func(d *desk, s *mongo.Store) { h.check(d, s) })
}

// run does all kinds of commands, until one fails.
func (h *history) run(d *desk, s *mongo.Store) {
	ctx, cancel := context.WithTimeout(d.ctx, giveUp)
	defer cancel()
	var b booking.Booking
	step := func(by booking.Principal, do func() booking.Operation) bool {
		c := d.plan(b, by, do())
		h.commits = append(h.commits, c)
		h.unknown = s.Append(ctx, c) != nil
		b = c.After
		return !h.unknown
	}
	ok := step(d.alice, func() booking.Operation { return create() }) &&
		step(d.sam, func() booking.Operation {
			return booking.ChangeStatus{Status: booking.Scheduled, Message: "nine", Assignee: assign(d.sonia)}
		}) &&
		step(d.alice, func() booking.Operation { return booking.AddMessage{Message: "thank you"} }) &&
		step(d.sonia, func() booking.Operation { return booking.MarkRead{EntryID: b.Updates[1].ID} })
	if !ok {
		return
	}
	_, err := s.UpdateUser(ctx, h.user.ID, booking.UserChange{PasswordHash: new("other"), At: booking.At(d.clock())})
	if h.password = err == nil; !h.password {
		return
	}
	h.token = s.RevokeToken(ctx, booking.Revocation{UserID: d.alice.ID, TokenID: "token", ExpiresAt: booking.At(d.clock().Add(time.Hour))}) == nil
	// Let the publisher have its turn, or fail.
	_, _ = s.Notifications(ctx, booking.NotificationQuery{UserID: d.alice.ID})
}

// check looks whether all that was answered is there, whole, and told once.
func (h *history) check(d *desk, s *mongo.Store) {
	t := d.t
	t.Helper()
	stored := h.commits
	last := h.commits[len(h.commits)-1]
	b, err := s.Load(d.ctx, last.After.ID)
	switch {
	case h.unknown && (booking.CodeOf(err) == booking.CodeNotFound || err == nil && b.Revision == last.Expected):
		stored = stored[:len(stored)-1]
	case err != nil:
		t.Fatalf("Load: %v", err)
	case b.Revision != last.After.Revision:
		t.Fatalf("revision %d is stored, %d was answered", b.Revision, last.After.Revision)
	}
	// The key is there if the booking is.
	key := h.commits[0].Key
	used, err := s.Keyed(d.ctx, key.UserID, key.Key, d.clock())
	if err != nil || (used != nil) != (len(stored) > 0) {
		t.Fatalf("key %v, %d commits, %v", used, len(stored), err)
	}
	u, err := s.User(d.ctx, h.user.ID)
	if err != nil || h.password && u.Rights != 2 {
		t.Fatalf("account %+v, %v", u, err)
	}
	revoked, err := s.TokenRevoked(d.ctx, "token")
	if err != nil || h.token && !revoked {
		t.Fatalf("token revoked %v, %v", revoked, err)
	}
	var want []string
	for _, c := range stored {
		for _, n := range c.Notices {
			want = append(want, n.ID)
		}
	}
	revocations := 0
	if u.Rights == 2 {
		revocations++
	}
	if revoked {
		revocations++
	}
	var got []string
	for _, e := range d.log(s, len(want)+revocations) {
		if e.Revocation != nil {
			revocations--
			continue
		}
		got = append(got, e.EventID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || revocations != 0 {
		t.Fatalf("log\n got %v\nwant %v\n%d revocations are missing", got, want, revocations)
	}
	h.checkNotes(d, s, stored)
	for _, c := range []string{"bookings", "users", "tokens"} {
		d.eventually("the outboxes are empty", func() bool { return d.count(c, bson.D{{Key: "due", Value: bson.D{{Key: "$gt", Value: 0}}}}) == 0 })
	}
}

func (h *history) checkNotes(d *desk, s *mongo.Store, stored []booking.Commit) {
	d.t.Helper()
	for _, user := range []string{d.alice.ID, d.sonia.ID} {
		want, unread := map[string]bool{}, 0
		for _, c := range stored {
			for _, n := range c.Notifications {
				if n.UserID == user {
					want[n.ID] = false
					unread++
				}
			}
			if read, ok := c.Event.(booking.EntryRead); ok && read.Receipt.UserID == user {
				want[read.EntryID] = true
				unread--
			}
		}
		page, err := s.Notifications(d.ctx, booking.NotificationQuery{UserID: user})
		if err != nil || page.Unread != unread || len(page.Notifications) != len(want) {
			d.t.Fatalf("%d notifications, %d unread, %v; want %d, %d unread", len(page.Notifications), page.Unread, err, len(want), unread)
		}
		for _, n := range page.Notifications {
			if read, ok := want[n.ID]; !ok || n.Read != read {
				d.t.Fatalf("notification %s, read %v", n.ID, n.Read)
			}
		}
	}
}

func (s Server) crashOfDemotion(t *testing.T) {
	var users [2]booking.User
	demote := booking.UserChange{Role: new(booking.Staff)}
	s.cut(t, func(d *desk, s *mongo.Store) {
		users = [2]booking.User{d.account(s, "a@example.com", booking.Admin), d.account(s, "b@example.com", booking.Admin)}
	}, func(d *desk, s *mongo.Store) {
		ctx, cancel := context.WithTimeout(d.ctx, giveUp)
		defer cancel()
		_, _ = s.UpdateUser(ctx, users[0].ID, demote)
	}, func(d *desk, s *mongo.Store) {
		admins := func() int {
			return d.count("users", bson.D{{Key: "role", Value: "admin"}, {Key: "active", Value: true}})
		}
		if admins() == 0 {
			d.t.Fatal("no admin is left")
		}
		d.advance(time.Minute) // marks that a crash left are old now
		refused := 0
		for _, u := range users {
			_, err := s.UpdateUser(d.ctx, u.ID, demote)
			switch booking.CodeOf(err) {
			case "":
			case booking.CodeLastAdmin:
				refused++
			default:
				d.t.Fatal(err)
			}
		}
		if refused != 1 || admins() != 1 {
			d.t.Fatalf("%d were refused, %d admins are left", refused, admins())
		}
	})
}

func (s Server) crashOfImport(t *testing.T) {
	var all []booking.Booking
	s.cut(t, func(d *desk, s *mongo.Store) {
		all = nil
		for range 5 {
			all = append(all, d.plan(booking.Booking{}, d.alice, create()).After)
		}
	}, func(d *desk, s *mongo.Store) {
		ctx, cancel := context.WithTimeout(d.ctx, giveUp)
		defer cancel()
		_ = s.Import(ctx, all)
	}, func(d *desk, s *mongo.Store) {
		if err := s.Close(); err != nil {
			d.t.Fatal(err)
		}
		d.advance(48 * time.Hour) // an import that has not ended is broken off now
		s = d.open(d.options.URI)
		n := d.count("bookings", bson.D{})
		if n != 0 && n != len(all) {
			d.t.Fatalf("%d of %d bookings are left", n, len(all))
		}
		if left := d.count("meta", bson.D{{Key: "_id", Value: bson.D{{Key: "$nin", Value: bson.A{"log", "sweeper"}}}}}); left != 0 {
			d.t.Fatalf("%d notes are left", left)
		}
		// What is there stays, and what is not can be imported.
		if err := s.Import(d.ctx, all); (err == nil) != (n == 0) {
			d.t.Fatalf("Import: %v, with %d bookings", err, n)
		}
	})
}
