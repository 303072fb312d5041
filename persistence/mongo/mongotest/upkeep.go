package mongotest

import (
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/mongo"
)

func (s Server) upkeep(t *testing.T) {
	t.Run("what has outlived its time is taken away", func(t *testing.T) {
		d := s.desk(t)
		store := d.open(s.URI)
		made := d.plan(booking.Booking{}, d.alice, create())
		said := d.plan(made.After, d.sam, booking.AddMessage{Message: "hello"})
		for _, c := range []booking.Commit{made, said} {
			if err := store.Append(d.ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		token := booking.Revocation{UserID: d.alice.ID, TokenID: "token", ExpiresAt: booking.At(d.clock().Add(time.Hour))}
		if err := store.RevokeToken(d.ctx, token); err != nil {
			t.Fatal(err)
		}
		there := func() [3]int {
			return [3]int{d.count("notifications", bson.D{}), d.count("tokens", bson.D{}), d.count("bookings", bson.D{{Key: "key", Value: bson.D{{Key: "$exists", Value: true}}}})}
		}
		for _, step := range []struct {
			name  string
			after time.Duration
			want  [3]int
		}{
			{"at once", 0, [3]int{1, 1, 1}},
			{"within an hour", 59 * time.Minute, [3]int{1, 1, 1}},
			{"when the token has expired", 3 * time.Hour, [3]int{1, 0, 1}},
			{"when the key has expired", booking.KeyTTL + 2*time.Hour, [3]int{1, 0, 0}},
			{"before the notification has", booking.NotificationTTL - 48*time.Hour, [3]int{1, 0, 0}},
			{"when it has", 48 * time.Hour, [3]int{0, 0, 0}},
		} {
			d.advance(step.after)
			page, err := store.Notifications(d.ctx, booking.NotificationQuery{UserID: d.alice.ID})
			if err != nil || len(page.Notifications) != step.want[0] || page.Unread != step.want[0] {
				t.Fatalf("%s: %d notifications, %v", step.name, len(page.Notifications), err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			store = d.open(s.URI)
			d.eventually(step.name, func() bool { return there() == step.want })
		}
		b, err := store.Load(d.ctx, made.After.ID)
		if err != nil || b.Revision != said.After.Revision {
			t.Fatalf("%+v %v", b, err)
		}
	})

	t.Run("wrong credentials are called so, and not shown", func(t *testing.T) {
		d := s.desk(t)
		at := strings.Index(s.URI, "://") + len("://")
		host := s.URI[at:]
		if i := strings.LastIndexByte(host, '@'); i >= 0 {
			host = host[i+1:]
		}
		_, err := mongo.Open(d.ctx, mongo.Options{URI: s.URI[:at] + "somebody:hunter2@" + host, Database: d.db.Name(), SelectWithin: 2 * time.Second})
		if err == nil || !strings.Contains(err.Error(), "refuses the user name or password") || strings.Contains(err.Error(), "hunter2") {
			t.Fatalf("Open: %v", err)
		}
	})
}
