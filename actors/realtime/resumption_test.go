package realtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// book is a log of a test. What is written to it is not published.
type book struct {
	mu      sync.Mutex
	entries []Entry
	revoked map[int]Revocation // the entries that are revocations, by their place from 0
	trimmed Position           // up to here nothing is left
	err     error              // what a recall fails with
	behind  int                // entries at the end that a recall does not show
	asked   chan struct{}      // gets a value when a recall begins, unless nil
	gate    chan struct{}      // a recall waits for a value, unless nil
	recalls int
}

func placeOf(n int) Position { return Position{Ms: uint64(n), Seq: 7} }

// write adds an entry and returns it as it is published.
func (b *book) write(name string, rooms ...string) Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := Entry{Name: name, Rooms: rooms, Payload: []byte(`{}`), Offset: placeOf(len(b.entries) + 1).String()}
	b.entries = append(b.entries, e)
	return e
}

// revoke adds a revocation.
func (b *book) revoke(r Revocation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.revoked == nil {
		b.revoked = map[int]Revocation{}
	}
	b.revoked[len(b.entries)] = r
	b.entries = append(b.entries, Entry{Rooms: []string{}})
}

// head returns the newest position.
func (b *book) head() Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.headLocked()
}

func (b *book) headLocked() Position {
	if n := len(b.entries) - b.behind; n > 0 {
		return placeOf(n)
	}
	return Position{}
}

func (b *book) Recall(_ context.Context, r Recall) (Recalled, error) {
	if b.asked != nil {
		b.asked <- struct{}{}
	}
	if b.gate != nil {
		<-b.gate
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recalls++
	if b.err != nil {
		return Recalled{}, b.err
	}
	found := Recalled{Head: b.headLocked(), Known: r.Vouched && r.After == Position{}}
	meets := func(e Entry, rooms []string) bool {
		return slices.ContainsFunc(e.Rooms, func(room string) bool { return room == RoomEveryone || slices.Contains(rooms, room) })
	}
	for i, e := range b.entries[:len(b.entries)-b.behind] {
		if revoked, is := b.revoked[i]; is && revoked.User == r.User && placeOf(i+1).Compare(r.Seen) > 0 {
			found.Revoked = append(found.Revoked, revoked)
		}
		found.Known = found.Known || r.After == placeOf(i+1) && (r.Vouched || meets(e, r.Rooms) || meets(e, r.Left))
		if placeOf(i+1).Compare(r.After) > 0 && meets(e, r.Rooms) {
			found.Entries = append(found.Entries, e)
		}
	}
	if found.Known = found.Known && r.After.Compare(b.trimmed) >= 0 && len(found.Entries) <= r.Limit; !found.Known {
		found.Entries = nil
	}
	b.behind = max(0, b.behind-1)
	return found, nil
}

// results are what became of those who wanted to resume.
type results struct {
	mu   sync.Mutex
	list []RecoveryResult
}

func (r *results) add(result RecoveryResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, result)
}

func (r *results) last() RecoveryResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) == 0 {
		return ""
	}
	return r.list[len(r.list)-1]
}

// desk is a server whose sockets resume by a book. Whoever connects is the user of now.
type desk struct {
	*Server
	t       testing.TB
	book    *book
	results *results
	mu      sync.Mutex
	user    User
}

const bookEpoch = 77

func (d *desk) is(u User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.user = u
}

func anna(rights uint64) User {
	return User{ID: "anna", Rooms: []string{"anna", "staff"}, Rights: rights}
}

// openDesk starts a server on a book. A server after that one is the same one anew.
func openDesk(t testing.TB, b *book, change func(*Replay)) *desk {
	t.Helper()
	return openNode(t, b, nil, change)
}

// openNode starts a server on a book that is one of a cluster.
func openNode(t testing.TB, b *book, bus Bus, change func(*Replay)) *desk {
	t.Helper()
	d := &desk{t: t, book: b, results: &results{}, user: anna(1)}
	replay := Replay{Log: b, Key: []byte("the key of the tests"), Observe: d.results.add}
	if change != nil {
		change(&replay)
	}
	d.Server = setup(t, Options{Replay: &replay, Bus: bus, Shards: 2}, func(s *Server) {
		s.Of("/").Use(func(_ context.Context, socket *Socket) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			socket.Identify(d.user)
			return nil
		}).On("leave", func(socket *Socket, e *Event) { socket.Leave("staff"); _ = e.Ack() })
	})
	d.Begin(bookEpoch, b.head())
	return d
}

// publish writes and publishes an entry, and waits until no shard holds it.
func (d *desk) publish(name string, rooms ...string) string {
	d.t.Helper()
	e := d.book.write(name, rooms...)
	done := make(chan struct{})
	d.Publish([]Entry{e}, func() { close(done) })
	select {
	case <-done:
	case <-time.After(patience):
		d.t.Fatalf("%s was not published", name)
	}
	return e.Offset
}

// arrive connects, and returns what the CONNECT was answered with.
func (d *desk) arrive() (*client, welcomed) {
	d.t.Helper()
	c := connect(d.t, d.Server, "")
	return c, welcomeOf(d.t, c.receives(d.t, "40{"))
}

// gone cuts a client and waits until the server knows.
func (d *desk) gone(c *client, w welcomed) {
	d.t.Helper()
	c.cut()
	eventually(d.t, "the end of the connection", func() bool {
		d.resumption.mu.Lock()
		defer d.resumption.mu.Unlock()
		return d.resumption.live[w.Sid] == nil
	})
}

// returns connects a client that was here, and says whether it resumed.
func (d *desk) returns(w welcomed, offset string) (c *client, now welcomed, resumed bool) {
	d.t.Helper()
	c = back(d.t, d.Server, w, offset)
	now = welcomeOf(d.t, c.receives(d.t, "40{"))
	return c, now, now == w
}

// told returns the names of the events that came to a client up to one that is published now.
func (d *desk) told(c *client) []string {
	d.t.Helper()
	d.publish("mark", "anna")
	names := c.events(d.t, "mark")
	return names[:len(names)-1]
}

func TestResume(t *testing.T) {
	for _, from := range []struct {
		name   string
		change func(*Replay)
		log    bool
	}{
		{"from the ring", nil, false},
		{"from the log", func(r *Replay) { r.RingEvents = 1 }, true},
	} {
		t.Run(from.name, func(t *testing.T) {
			d := openDesk(t, &book{}, from.change)
			c, w := d.arrive()
			offset := ""
			for round := range 3 {
				d.gone(c, w)
				d.publish("one", "anna")
				d.publish("other", "bert")
				d.publish("two", "staff", "anna")
				_ = d.Of("/").To("anna").Emit("not stored")
				offsets := d.publish("three", RoomEveryone, "anna")
				var resumed bool
				if c, _, resumed = d.returns(w, offset); !resumed {
					t.Fatalf("round %d: %s", round, d.results.last())
				}
				if got := d.told(c); !slices.Equal(got, []string{"one", "two", "three"}) {
					t.Fatalf("round %d: %v", round, got)
				}
				offset = offsetOf(t, c.receives(t, `42["mark"`))
				if offsets == offset {
					t.Fatal("positions do not rise")
				}
			}
			d.book.mu.Lock()
			defer d.book.mu.Unlock()
			if from.log != (d.book.recalls > 0) {
				t.Errorf("the log was asked %d times", d.book.recalls)
			}
		})
	}
}

// TestResumeAfterRestart: nothing but the key and the log is the same, and part of the log was never published.
func TestResumeAfterRestart(t *testing.T) {
	b := &book{}
	d := openDesk(t, b, nil)
	c, w := d.arrive()
	d.publish("seen", "anna")
	offset := offsetOf(t, c.receives(t, `42["seen"`))
	b.write("stored", "anna") // and then the process was killed
	for range 2 {
		d = openDesk(t, b, nil)
		d.publish("fresh", "staff")
		var resumed bool
		c, _, resumed = d.returns(w, offset)
		if !resumed {
			t.Fatalf("not resumed: %s", d.results.last())
		}
		if got := d.told(c); got[0] != "stored" || got[1] != "fresh" {
			t.Fatalf("%v", got)
		}
	}
}

// TestResumeFilled: what a server is told of the newest entries when it begins is not read again from the log.
func TestResumeFilled(t *testing.T) {
	b := &book{}
	d := openDesk(t, b, nil)
	c, w := d.arrive()
	d.publish("before", "anna")
	d.publish("first", "anna")
	offset := offsetOf(t, c.receives(t, `42["first"`))
	for _, given := range []struct {
		name  string
		from  int // the first entry that is given
		asked int
	}{{"all", 0, 0}, {"from where the client was", 1, 0}, {"less", 2, 1}, {"none", 5, 1}} {
		t.Run(given.name, func(t *testing.T) {
			b := &book{entries: slices.Clone(b.entries)}
			b.write("missed", "staff")
			b.write("missed too", RoomEveryone)
			b.write("another's", "bert")
			d := openDesk(t, b, nil)
			d.Begin(bookEpoch, b.head(), b.entries[given.from:]...)
			c, _, resumed := d.returns(w, offset)
			if got := d.told(c); !resumed || !slices.Equal(got, []string{"missed", "missed too"}) {
				t.Errorf("%v, resumed %t", got, resumed)
			}
			if b.recalls != given.asked {
				t.Errorf("the log was asked %d times", b.recalls)
			}
		})
	}
}

// TestResumeHolds: what comes while the log is read is held, and sent once: behind what was read, unless that has it.
func TestResumeHolds(t *testing.T) {
	b := &book{}
	d := openDesk(t, b, func(r *Replay) { r.RingEvents = 1 })
	c, w := d.arrive()
	d.gone(c, w)
	d.publish("missed", "anna")
	d.publish("missed too", "anna")
	b.asked, b.gate = make(chan struct{}), make(chan struct{})
	c = dial(t, d.Server, "192.0.2.1")
	c.say(fmt.Sprintf(`40{"pid":%q}`, w.Pid))
	<-b.asked
	d.publish("held", "anna") // the log has it when it is read
	_ = d.Of("/").To("anna").Emit("not stored")
	_ = d.Of("/").To("anna").Volatile().Emit("volatile")
	e := b.write("held back", "anna")
	b.mu.Lock()
	b.behind = 1 // it has not when it is read
	b.mu.Unlock()
	done := make(chan struct{})
	d.Publish([]Entry{e}, func() { close(done) })
	<-done
	c.until(t, "nothing yet", func(messages []string, _ bool) bool {
		return !slices.ContainsFunc(messages, func(m string) bool { return strings.HasPrefix(m, "4") })
	})
	close(b.gate)
	eventually(t, "the recall", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.recalls == 1
	})
	if got := d.told(c); !slices.Equal(got, []string{"missed", "missed too", "held", "not stored", "held back"}) {
		t.Errorf("%v", got)
	}
	if d.results.last() != RecoveryDone {
		t.Error(d.results.last())
	}
}

// TestResumeLogBehind: a log that does not show yet what was published is asked again.
func TestResumeLogBehind(t *testing.T) {
	b := &book{}
	d := openDesk(t, b, func(r *Replay) { r.RingEvents = 1 })
	c, w := d.arrive()
	d.gone(c, w)
	for i := range 4 {
		d.publish(fmt.Sprint(i), "anna")
	}
	b.behind = 3
	c, _, resumed := d.returns(w, "")
	if got := d.told(c); !resumed || !slices.Equal(got, []string{"0", "1", "2", "3"}) {
		t.Errorf("%t %v", resumed, got)
	}
}

func TestNoResume(t *testing.T) {
	flip := func(text string, at int) string {
		other := byte('A')
		if text[at] == 'A' {
			other = 'B'
		}
		return text[:at] + string(other) + text[at+1:]
	}
	tests := []struct {
		name   string
		change func(d *desk, w *welcomed, offset *string)
		want   RecoveryResult
	}{
		{"another user", func(d *desk, _ *welcomed, _ *string) {
			d.is(User{ID: "bert", Rooms: []string{"bert", "anna"}, Rights: 1})
		}, RecoveryRefused},
		{"other rights", func(d *desk, _ *welcomed, _ *string) { d.is(anna(2)) }, RecoveryRefused},
		{"forged id", func(_ *desk, w *welcomed, _ *string) { w.Pid = flip(w.Pid, 5) }, RecoveryRefused},
		{"forged epoch", func(_ *desk, w *welcomed, _ *string) { w.Pid = flip(w.Pid, 25) }, RecoveryRefused},
		{"forged position", func(_ *desk, w *welcomed, _ *string) { w.Pid = flip(w.Pid, 40) }, RecoveryRefused},
		{"forged signature", func(_ *desk, w *welcomed, _ *string) { w.Pid = flip(w.Pid, 90) }, RecoveryRefused},
		{"foreign key", func(_ *desk, w *welcomed, _ *string) {
			w.Pid = newSigner([]byte("another key")).write(pid{id: w.Sid, epoch: bookEpoch}, "anna", 1)
		}, RecoveryRefused},
		{"foreign log", func(d *desk, w *welcomed, _ *string) {
			w.Pid = d.resumption.signer.write(pid{id: w.Sid, epoch: bookEpoch + 1}, "anna", 1)
		}, RecoveryRefused},
		{"no pid", func(_ *desk, w *welcomed, _ *string) { w.Pid = "yesterday" }, RecoveryRefused},
		{"no offset", func(_ *desk, _ *welcomed, offset *string) { *offset = "yesterday" }, RecoveryRefused},
		{"an offset in another form", func(_ *desk, _ *welcomed, offset *string) { *offset = "0" + *offset }, RecoveryRefused},
		{"an offset that is too large", func(_ *desk, _ *welcomed, offset *string) { *offset = "18446744073709551616-0" }, RecoveryRefused},
		{"an offset before the connection", func(_ *desk, _ *welcomed, offset *string) { *offset = "0-0" }, RecoveryRefused},
		{"an offset that never was", func(_ *desk, _ *welcomed, offset *string) { *offset = "2-8" }, RecoveryUnknown},
		{"an offset of the future", func(_ *desk, _ *welcomed, offset *string) { *offset = "9999-7" }, RecoveryUnknown},
		{"trimmed", func(d *desk, _ *welcomed, _ *string) { d.book.trimmed = placeOf(3) }, RecoveryUnknown},
		{"too much", func(d *desk, _ *welcomed, _ *string) {
			for range 5 {
				d.publish("more", "anna")
			}
		}, RecoveryUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openDesk(t, &book{}, func(r *Replay) { r.RingEvents, r.MaxEvents = 1, 5 })
			c, w := d.arrive()
			d.publish("seen", "anna")
			offset := offsetOf(t, c.receives(t, `42["seen"`))
			d.gone(c, w)
			was := w
			d.publish("missed", "anna")
			d.publish("missed too", "anna", "bert")
			tt.change(d, &w, &offset)
			c, now, _ := d.returns(w, offset)
			if now.Sid == was.Sid || now.Pid == was.Pid {
				t.Errorf("it has resumed")
			}
			if got := d.told(c); len(got) > 0 {
				t.Errorf("it was told %v", got)
			}
			if got := d.results.last(); got != tt.want {
				t.Errorf("result %q, want %q", got, tt.want)
			}
		})
	}
}

// TestResumeFromAnothersEvent: a client that named the offset of an event of somebody else was told what came after that,
// and that it had everything. What it had missed before it never got.
func TestResumeFromAnothersEvent(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*Replay)
		restart func(d *desk) *desk
	}{
		{"in the ring", nil, nil},
		{"in the log", func(r *Replay) { r.RingEvents = 1 }, nil},
		{"at the ring's floor", func(r *Replay) { r.RingEvents = 2 }, nil},
		{"where the ring begins", nil, func(d *desk) *desk {
			again := openDesk(d.t, d.book, nil)
			again.Begin(bookEpoch, d.book.head(), d.book.entries[2:]...)
			return again
		}},
		{"at the head", nil, func(d *desk) *desk {
			d.book.entries = d.book.entries[:3]
			return openDesk(d.t, d.book, nil)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := openDesk(t, &book{}, tt.change)
			c, w := d.arrive()
			d.publish("seen", "anna")
			c.receives(t, `42["seen"`)
			d.gone(c, w)
			d.publish("missed", "anna")
			offset := d.publish("another's", "bert")
			d.publish("missed too", "anna")
			d.publish("and this", "staff")
			if tt.restart != nil {
				d = tt.restart(d)
			}
			c, _, resumed := d.returns(w, offset)
			if got := d.told(c); resumed || len(got) > 0 || d.results.last() != RecoveryUnknown {
				t.Errorf("resumed %t, told %v, %s", resumed, got, d.results.last())
			}
		})
	}
}

// TestResumeFromARoomThatWasLeft: the last event a client has may be for a room that it has left since.
func TestResumeFromARoomThatWasLeft(t *testing.T) {
	for _, ring := range []int{0, 1, 2} {
		d := openDesk(t, &book{}, func(r *Replay) { r.RingEvents = ring })
		c, w := d.arrive()
		offset := d.publish("for staff", "staff")
		c.receives(t, `42["for staff"`)
		c.say(`420["leave"]`)
		c.receives(t, "430")
		d.gone(c, w)
		d.publish("for staff", "staff")
		d.publish("for anna", "anna")
		c, _, resumed := d.returns(w, offset)
		if got := d.told(c); !resumed || !slices.Equal(got, []string{"for anna"}) {
			t.Errorf("ring of %d: %t %v", ring, resumed, got)
		}
	}
}

// TestResumeStaleOffset: a stock client names its last offset until it gets another one, also with a pid that came later.
func TestResumeStaleOffset(t *testing.T) {
	d := openDesk(t, &book{}, nil)
	c, w := d.arrive()
	d.publish("seen", "anna")
	offset := offsetOf(t, c.receives(t, `42["seen"`))
	d.gone(c, w)
	d.publish("missed", "anna")
	d.is(anna(2))
	c, now, _ := d.returns(w, offset)
	d.gone(c, now)
	d.publish("later", "anna")
	c, _, resumed := d.returns(now, offset)
	if got := d.told(c); !resumed || !slices.Equal(got, []string{"later"}) {
		t.Errorf("%t %v", resumed, got)
	}
}

// TestResumeEnded: whoever said goodbye is not resumed.
func TestResumeEnded(t *testing.T) {
	d := openDesk(t, &book{}, nil)
	c, w := d.arrive()
	c.say("41")
	d.gone(c, w)
	d.publish("missed", "anna")
	c, _, resumed := d.returns(w, "")
	if got := d.told(c); resumed || len(got) > 0 || d.results.last() != RecoveryEnded {
		t.Errorf("%t %v %s", resumed, got, d.results.last())
	}
}

// TestResumeWhatWasLeft: a room that was left before stays left, however often the connection is lost.
func TestResumeWhatWasLeft(t *testing.T) {
	d := openDesk(t, &book{}, nil)
	c, w := d.arrive()
	c.say(`420["leave"]`)
	c.receives(t, "430")
	for range 2 {
		d.gone(c, w)
		d.publish("for staff", "staff")
		d.publish("for anna", "anna")
		offset := ""
		var resumed bool
		c, _, resumed = d.returns(w, offset)
		d.publish("for staff", "staff")
		if got := d.told(c); !resumed || slices.Contains(got, "for staff") || !slices.Contains(got, "for anna") {
			t.Errorf("%t %v", resumed, got)
		}
	}
}

// TestResumeLive: the older connection of a pid ends before its replay is read.
func TestResumeLive(t *testing.T) {
	d := openDesk(t, &book{}, nil)
	old, w := d.arrive()
	d.publish("seen", "anna")
	offset := offsetOf(t, old.receives(t, `42["seen"`))
	d.publish("unseen", "anna")
	c, _, resumed := d.returns(w, offset)
	old.closes(t)
	if got := d.told(c); !resumed || !slices.Equal(got, []string{"unseen"}) {
		t.Errorf("%t %v", resumed, got)
	}
}

// TestResumeClosed: where the server cannot keep its word it closes the connection, and the client comes back.
func TestResumeClosed(t *testing.T) {
	tests := []struct {
		name string
		play func(d *desk)
		want RecoveryResult
	}{
		{"the log fails", func(d *desk) {
			d.book.mu.Lock()
			defer d.book.mu.Unlock()
			d.book.err = errors.New("broken")
		}, RecoveryFailed},
		{"more than can be held", func(d *desk) {
			for range d.Options().MaxQueue/10_000 + 1 {
				d.publish(strings.Repeat("x", 10_000), "anna")
			}
		}, RecoveryTooSlow},
		{"its token is void meanwhile", func(d *desk) {
			d.Revoke(Revocation{User: "anna", Rights: 2})
			d.publish("secret", "anna")
		}, ""},
		// The log was ahead of the shard: it had the revocation and an event behind it, and the replay sent the event before
		// the revocation came round.
		{"its token is void meanwhile, as only the log says", func(d *desk) {
			d.book.revoke(Revocation{User: "bert", Rights: 9})
			d.book.revoke(Revocation{User: "anna", Rights: 2})
			d.book.write("secret", "anna")
		}, RecoveryRefused},
		{"it has logged out meanwhile, as only the log says", func(d *desk) {
			d.book.revoke(Revocation{User: "anna", TokenID: "the token of now"})
			d.book.write("secret", "anna")
		}, RecoveryRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &book{}
			d := openDesk(t, b, func(r *Replay) { r.RingEvents = 1 })
			user := anna(1)
			user.TokenID = "the token of now"
			d.is(user)
			c, w := d.arrive()
			d.gone(c, w)
			d.publish("missed", "anna")
			d.publish("missed too", "anna")
			b.asked, b.gate = make(chan struct{}), make(chan struct{})
			c = dial(t, d.Server, "192.0.2.1")
			c.say(fmt.Sprintf(`40{"pid":%q}`, w.Pid))
			<-b.asked
			tt.play(d)
			close(b.gate)
			c.closes(t)
			messages := c.until(t, "", func([]string, bool) bool { return true })
			if slices.ContainsFunc(messages, func(m string) bool { return strings.HasPrefix(m, "4") }) {
				t.Errorf("it was told %q", messages)
			}
			if got := d.results.last(); got != tt.want {
				t.Errorf("result %q, want %q", got, tt.want)
			}
			if tt.want == "" || tt.want == RecoveryRefused {
				return
			}
			b.mu.Lock()
			b.err, b.asked, b.gate = nil, nil, nil
			b.mu.Unlock()
			if _, _, resumed := d.returns(w, ""); !resumed {
				t.Errorf("not resumed the next time: %s", d.results.last())
			}
		})
	}
}

// TestResumeWithATokenThatIsGood: revocations of others, of older rights and of other tokens are none of this client's.
func TestResumeWithATokenThatIsGood(t *testing.T) {
	b := &book{}
	d := openDesk(t, b, func(r *Replay) { r.RingEvents = 1 })
	c, w := d.arrive()
	d.gone(c, w)
	d.publish("missed", "anna")
	d.publish("missed too", "anna")
	b.revoke(Revocation{User: "bert", Rights: 9})
	b.revoke(Revocation{User: "anna", Rights: 1})
	b.revoke(Revocation{User: "anna", TokenID: "another"})
	c, _, resumed := d.returns(w, "")
	if got := d.told(c); !resumed || !slices.Equal(got, []string{"missed", "missed too"}) {
		t.Errorf("%t %v", resumed, got)
	}
}

// TestPids: a pid says what was written, to whom it was written; nothing of it can be changed.
func TestPids(t *testing.T) {
	s := newSigner([]byte("key"))
	want := pid{id: newSid(), epoch: 1 << 63, connected: Position{Ms: 5, Seq: 6}, stale: 7, heard: Position{Ms: 8, Seq: 9}}
	text := s.write(want, "anna", 3)
	if got, ok := s.read(text, "anna", 3); !ok || got != want {
		t.Fatalf("%v %t", got, ok)
	}
	for i := range text {
		for _, c := range "AaZz09-_=\n " {
			if changed := text[:i] + string(c) + text[i+1:]; changed != text {
				if _, ok := s.read(changed, "anna", 3); ok {
					t.Fatalf("%q is read", changed)
				}
			}
		}
	}
	for _, bad := range []string{"", "A", text[1:], text[:len(text)-1], text + "A", text + "=", text + "\n", strings.Repeat("A", 1<<20)} {
		if _, ok := s.read(bad, "anna", 3); ok {
			t.Errorf("%.40q is read", bad)
		}
	}
	if _, ok := s.read(text, "bert", 3); ok {
		t.Error("another user's is read")
	}
	if _, ok := s.read(text, "anna", 4); ok {
		t.Error("one of other rights is read")
	}
	if got := s.write(pid{id: "no sid"}, "anna", 1); got != "" {
		t.Errorf("%q for what is no sid", got)
	}
}

// TestSocketIsUsedWhileItBeginsAnew: a socket that could not resume became a new one in the memory of the old one, to which
// its shard still had something: a data race, which only the race detector sees.
func TestSocketIsUsedWhileItBeginsAnew(t *testing.T) {
	b := &book{}
	var using sync.WaitGroup
	stop := make(chan struct{})
	d := openDesk(t, b, func(r *Replay) { r.RingEvents = 1 })
	d.Of("/").Use(func(_ context.Context, s *Socket) error {
		using.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				room := fmt.Sprint("r", i%10)
				if s.Join(room) != nil {
					return // it has gone
				}
				s.Leave(room)
				_ = s.Emit("e")
			}
		})
		return nil
	})
	c, w := d.arrive()
	d.gone(c, w)
	for range 3 {
		d.publish("missed", "anna")
	}
	b.mu.Lock()
	b.trimmed = placeOf(1000)
	b.mu.Unlock()
	for range 20 {
		c, _, resumed := d.returns(w, "")
		if resumed {
			t.Fatal("resumed")
		}
		c.cut()
	}
	close(stop)
	using.Wait()
}

// TestFarewellsAreForgotten: a client that came and went, out of a room it had left, was the oldest of those that are
// remembered for as long as it did so. Nobody behind it was forgotten in time; and where there were too many the newest of
// it was.
func TestFarewellsAreForgotten(t *testing.T) {
	now := time.Unix(1_000, 0)
	s := setup(t, Options{Now: func() time.Time { return now }, Replay: &Replay{Log: &book{}, Key: []byte("a key"), Window: time.Minute}}, nil)
	r := s.resumption
	r.mu.Lock()
	defer r.mu.Unlock()
	remember := func(id string) { r.rememberLocked(id, farewell{left: []string{"staff"}}) }
	for i := range 1_000 {
		now = now.Add(10 * time.Second)
		remember("comes and goes")
		remember(fmt.Sprint(i))
	}
	if n := len(r.gone); n != 7 {
		t.Errorf("%d are remembered", n)
	}
	for range 2 * maxFarewells {
		remember("comes and goes")
	}
	if n := len(r.gone); n != 7 {
		t.Errorf("%d are remembered of those that went before", n)
	}
	if n := len(r.goneInto); n > 100 {
		t.Errorf("%d places are kept for 7", n)
	}
}
