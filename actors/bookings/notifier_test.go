package bookings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/booking"
)

// press is a publisher that a test reads and holds up.
type press struct {
	mu      sync.Mutex
	entries []realtime.Entry
	done    []func()
	hold    bool
	failing int // how many calls panic before one does not
}

func (p *press) Publish(entries []realtime.Entry, done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failing > 0 {
		p.failing--
		panic("boom")
	}
	p.entries = append(p.entries, entries...)
	if p.hold {
		p.done = append(p.done, done)
		return
	}
	done()
}

func (p *press) Revoke(r realtime.Revocation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entries = append(p.entries, realtime.Entry{Name: "revoked " + r.User})
}

func (p *press) names() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for _, e := range p.entries {
		names = append(names, e.Name)
	}
	return names
}

func (p *press) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, done := range p.done {
		done()
	}
	p.done, p.hold = nil, false
}

// setupPress is setupSockets with a press in the server's place.
func setupPress(t *testing.T, change func(*SocketOptions), hold *press) *socketing {
	t.Helper()
	s := newSocketing(t, change)
	s.notifier.server = hold
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func numbered(from, to int) (entries []booking.LogEntry, names []string) {
	for i := from; i < to; i++ {
		e := booking.LogEntry{EventID: fmt.Sprintf("c%d.1", i), Name: fmt.Sprint("e", i), Rooms: []string{"ram"}, Payload: []byte(`{}`)}
		if i%10 == 9 {
			e = booking.LogEntry{Revocation: &booking.Revocation{UserID: fmt.Sprint("u", i), Rights: 2}}
			names = append(names, fmt.Sprint("revoked u", i))
		} else {
			names = append(names, e.Name)
		}
		entries = append(entries, e)
	}
	return entries, names
}

func TestNotifierKeepsTheOrderOfTheLog(t *testing.T) {
	p := &press{}
	s := setupPress(t, nil, p)
	entries, names := numbered(0, 500)
	s.desking.store.publish(entries...)
	s.flush()
	if got := p.names(); !slices.Equal(got, names) {
		t.Errorf("got %v", got)
	}
	if s.revoked.Load() != 50 {
		t.Errorf("%d revocations told", s.revoked.Load())
	}
	for _, e := range p.entries {
		if e.Offset == "" && !strings.HasPrefix(e.Name, "revoked") {
			t.Errorf("%s has no offset", e.Name)
		}
	}
}

func TestNotifierGoesOnAfterFailures(t *testing.T) {
	p := &press{failing: 2}
	s := setupPress(t, func(o *SocketOptions) { o.MaxUndelivered = 5 }, p)
	var follows atomic.Int64
	entries, names := numbered(0, 100)
	s.desking.store.mu.Lock()
	s.desking.store.onFollow = func() error {
		if n := follows.Add(1); n == 4 || n == 9 {
			return errors.New("connection lost")
		}
		return nil
	}
	s.desking.store.mu.Unlock()
	s.desking.store.publish(entries...)
	s.flush()
	if got := p.names(); !slices.Equal(got, names) {
		t.Errorf("left out, doubled or out of order: %v", got)
	}
}

func TestNotifierHoldsBackWhatIsNotFannedOut(t *testing.T) {
	p := &press{hold: true}
	s := setupPress(t, func(o *SocketOptions) { o.MaxUndelivered = 10 }, p)
	var entries []booking.LogEntry
	for i := range 100 {
		entries = append(entries, booking.LogEntry{EventID: fmt.Sprintf("c%d.1", i), Name: "e", Rooms: []string{"ram"}, Payload: []byte(`{}`)})
	}
	s.desking.store.publish(entries...)
	eventually(t, "some handed over", func() bool { return len(p.names()) > 0 })
	for range 20 {
		s.mustCreate(t, asha) // the desk is not held up
	}
	if got := len(p.names()); got > 10 {
		t.Errorf("%d on their way, at most 10", got)
	}
	p.release()
	s.flush()
	if got := len(p.names()); got != 140 {
		t.Errorf("%d in the end", got)
	}
}

// A revocation takes its place among the events: what was committed before it still arrives, what comes after does not.
func TestRevocationInOrder(t *testing.T) {
	s := setupSockets(t, nil)
	c, other := s.mustConnect(sita), s.mustConnect(ram)
	note := func(name string) booking.LogEntry {
		return booking.LogEntry{EventID: name + ".1", Name: name, Rooms: []string{booking.StaffRoom}, Payload: []byte(`{"eventId":"x"}`)}
	}
	s.desking.store.publish(note("before"), booking.LogEntry{Revocation: &booking.Revocation{UserID: "sita", Rights: 1}}, note("after"))
	s.flush()
	other.event("after", 1)
	eventually(t, "closed", c.isClosed)
	if len(c.events("before")) != 1 || len(c.events("after")) != 0 || len(c.received("41")) != 0 {
		t.Errorf("got %v", c.received("4"))
	}
	if other.isClosed() {
		t.Error("somebody else was closed")
	}
}

func TestEmissionLogLines(t *testing.T) {
	s := setupSockets(t, nil)
	b := s.mustCreate(t, asha)
	address := "2 Hill Road"
	message := s.mustDo(asha, b.ID, booking.AddMessage{Message: "secret"}).Entry.ID
	s.mustDo(ram, b.ID, booking.MarkRead{EntryID: message})
	s.mustDo(ram, b.ID, booking.Edit{Address: &address})
	s.mustDo(ram, b.ID, booking.ChangeStatus{Status: booking.Scheduled})
	s.mustAssign(b.ID, sita)
	s.mustDo(ram, b.ID, booking.ChangeStatus{Status: booking.Pending, Assignee: &booking.Assignment{To: &booking.Person{ID: ram.ID, Name: ram.Name}}})
	s.flush()
	eventually(t, "the last line", func() bool {
		return strings.Contains(s.log.String(), "bookingUpdated, bookingStatusChanged, jobAssigned")
	})
	for text, want := range map[string]int{
		"Socket event emitted: bookingCreated":                                         1,
		"Socket event emitted: bookingMessage":                                         1,
		"Socket event emitted: messageReadReceipt":                                     1,
		"Socket event emitted: bookingUpdated":                                         1,
		"Socket events emitted: bookingUpdated, bookingStatusChanged":                  1,
		"Socket events emitted: bookingUpdated, jobAssigned":                           1,
		"Socket events emitted: bookingUpdated, bookingStatusChanged, jobAssigned":     1,
		"Socket event emitted: bookingStatusChanged":                                   0,
		`"booking_id":"` + b.ID + `","message":"Socket event emitted: bookingCreated"`: 1,
	} {
		got := strings.Count(s.log.String(), `"`+strings.TrimPrefix(text, `"`)+`"`)
		if strings.HasPrefix(text, `"`) {
			got = strings.Count(s.log.String(), text)
		}
		if got != want {
			t.Errorf("%q %d times, want %d", text, got, want)
		}
	}
	if strings.Contains(s.log.String(), "Hill Road") || strings.Contains(s.log.String(), "secret") {
		t.Error("personal data in the log")
	}
}

func TestStartFailsWithTheStore(t *testing.T) {
	s := newSocketing(t, nil)
	s.Sockets.store = brokenHead{s.desking.store}
	if err := s.Start(context.Background()); err == nil {
		t.Error("started")
	}
}

type brokenHead struct{ booking.Store }

func (brokenHead) Head(context.Context) (booking.Position, error) {
	return booking.Position{}, errors.New("no such table")
}
