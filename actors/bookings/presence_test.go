package bookings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kapoor.example/desk/booking"
)

func TestComingAndGoing(t *testing.T) {
	for _, cached := range []bool{true, false} {
		t.Run(fmt.Sprint(cached), func(t *testing.T) {
			s := setupSockets(t, nil)
			s.uncache.Store(!cached)
			b := s.mustCreate(t, asha)
			s.mustAssign(b.ID, sita)
			admin, owner, stranger := s.mustConnect(ram), s.mustConnect(asha), s.mustConnect(binod)
			heard := func(c *client, name, user string) func() bool {
				return func() bool {
					return slices.ContainsFunc(c.events(name), func(e map[string]any) bool { return e["userId"] == user && e["at"] != "" })
				}
			}
			eventually(t, "the admin hears of the customers", func() bool {
				return heard(admin, booking.EventUserOnline, "asha")() && heard(admin, booking.EventUserOnline, "binod")()
			})
			assignee := s.mustConnect(sita)
			eventually(t, "the owner hears of the assignee", heard(owner, booking.EventUserOnline, "sita"))
			eventually(t, "the admin too", heard(admin, booking.EventUserOnline, "sita"))
			assignee.gone()
			eventually(t, "the owner hears that the assignee left", heard(owner, booking.EventUserOffline, "sita"))
			s.mustConnect(sita).gone()
			s.mustConnect(sita)
			if n := len(owner.events(booking.EventUserOnline)); n > 2 {
				t.Errorf("a reconnect within the grace was told: %d", n)
			}
			if len(stranger.received("42")) != 0 {
				t.Errorf("a stranger heard %v", stranger.received("42"))
			}
		})
	}
}

func TestPresenceAnswers(t *testing.T) {
	s := setupSockets(t, nil)
	b := s.mustCreate(t, asha)
	s.mustAssign(b.ID, sita)
	clients := map[string]*client{}
	for _, u := range []booking.User{asha, binod, sita, ram} {
		clients[u.ID] = s.mustConnect(u)
	}
	eventually(t, "four online", func() bool { return len(s.server.Online(10)) == 4 })
	all := []string{"asha", "binod", "ram", "sita"}
	for user, want := range map[string][]string{"asha": {"sita"}, "binod": {}, "sita": all, "ram": all} {
		a := clients[user].ask(EventPresence, "")
		if !a.OK || a.Online == nil || !slices.Equal(a.Online, want) {
			t.Errorf("%s: %+v", user, a)
		}
	}
	s.mustDo(ram, b.ID, booking.ChangeStatus{Status: booking.Completed})
	if a := clients["asha"].ask(EventPresence, ""); len(a.Online) != 0 {
		t.Errorf("after the booking was completed: %+v", a)
	}
}

// A flapping user's store look-ups are one at a time, and the last word is the truth.
// Who was made a customer is one like any other to the owners of what is still assigned to them: nobody tells customers when
// another one is here.
func TestPresenceOfAnAssigneeWhoWorksHereNoMore(t *testing.T) {
	s := setupSockets(t, nil)
	s.mustAssign(s.mustCreate(t, asha).ID, sita)
	owner := s.mustConnect(asha)
	s.mustConnect(sita)
	eventually(t, "two online", func() bool { return len(s.server.Online(10)) == 2 })
	if a := owner.ask(EventPresence, ""); !slices.Equal(a.Online, []string{"sita"}) {
		t.Fatalf("while she works here: %+v", a)
	}
	demoted := sita
	demoted.Role = booking.Customer
	s.setUser(demoted)
	if a := owner.ask(EventPresence, ""); !a.OK || len(a.Online) != 0 {
		t.Errorf("got %+v", a)
	}
}

func TestPresenceCoalesces(t *testing.T) {
	s := setupSockets(t, nil)
	s.uncache.Store(true)
	admin := s.mustConnect(ram)
	admin.barrier()
	for i := range 21 {
		s.sys.Send(s.presence.pid, here{"sita", i%2 == 0, s.clock.Now()})
	}
	var last map[string]any
	eventually(t, "online in the end", func() bool {
		on := 0
		for _, e := range admin.events(booking.EventUserOnline) {
			if e["userId"] == "sita" {
				on++
				last = e
			}
		}
		off := len(admin.events(booking.EventUserOffline))
		return on == off+1
	})
	if last == nil {
		t.Error("never online")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Flush(ctx); err == nil {
		t.Error("flushed although the context had ended")
	}
}

// What failed is in the log with whose event it was, and what was no event does not pass for one: every line said "Socket event
// failed", and nothing else than why.
func TestFailuresSayWhatFailed(t *testing.T) {
	s := setupSockets(t, nil)
	fire := func() error { return errors.New("disk on fire") }
	s.desking.store.onAsked, s.desking.store.onStats = fire, fire
	owner := s.mustConnect(asha)
	if a := owner.ask(EventPresence, ""); a.Code != booking.CodeInternal {
		t.Errorf("got %+v", a)
	}
	s.mustConnect(sita)
	s.mustConnect(ram).barrier()
	s.mustCreate(t, asha)
	for _, want := range []string{
		`"event":"presence","user_id":"asha","sid":"`,
		`"user_id":"sita","message":"Whom presence concerns could not be found out"`,
		`"message":"Statistics could not be read"`,
	} {
		eventually(t, want, func() bool { return strings.Contains(s.log.String(), want) })
	}
	if n := strings.Count(s.log.String(), "Socket event failed"); n != 1 {
		t.Errorf("%d events failed", n)
	}
}
