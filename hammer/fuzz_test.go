package hammer

import (
	"fmt"
	"testing"
	"time"
)

// scripts are the fuzzer's first sessions: what they do depends on the order of the vandals' steps, so they are a
// beginning, not cases. What the fuzzer found is in testdata.
func scripts() [][]byte {
	all := [][]byte{{}, []byte("\x07\x01"), []byte("\x00\x01\x01\x01\x01\x01\x01\x01\x01"), []byte("\x07\x01\x00\x03\x05\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00")}
	for step := range 21 { // each step of polling, and each of a WebSocket, with a few decisions behind it
		all = append(all,
			[]byte{7, 1, byte(step), 0, 3, 8, 8, 0, 0, 0, 1, 1, 1, 7, 8, 8, 0, 2, 1, 1},
			[]byte{0, 1, 1, byte(step), 3, 8, 8, 0, 0, 0, 1, 1, 1, 7, 1, 2, 8, 8, 0, 2, 1, 1},
			[]byte{7, 1, 18, 1, 0, 1, byte(step), 0, 3, 8, 8, 1, byte(step), 1, 1, 7, 1, 0, 1, 8, 2, 3, 4},
		)
	}
	return all
}

// FuzzSession plays one session whose every decision is a byte of the script, then looks at the server: no actor has
// panicked, it never was at fault, nothing of the session is left, and a client that behaves is served.
func FuzzSession(f *testing.F) {
	for _, s := range scripts() {
		f.Add(s)
	}
	o := stormOptions()
	o.PingInterval, o.PingTimeout, o.UpgradeTimeout, o.ConnectTimeout, o.CloseTimeout =
		100*time.Millisecond, 300*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
	s := start(f, o, application)
	f.Fuzz(func(t *testing.T, decisions []byte) {
		decisions = decisions[:min(len(decisions), 400)] // what is longer finds nothing that two short sessions do not
		v := &vandal{dice: &script{decisions}, server: s, wait: 10 * time.Millisecond, statuses: map[int]int{}}
		v.rampage()
		v.leave(true)
		if v.fault != nil {
			t.Error(v.fault)
		}
		s.emptied(t)
		// On a busy machine the short timeouts may hit this client, too: it has the right to come back.
		eventually(t, "an echo for a client that behaves", func() bool { return s.serves() == nil })
		for kind, count := range s.system.Counts() {
			if count.Panics != 0 {
				t.Fatalf("%s actors: %d panics:\n%.4000s", kind, count.Panics, &s.errors)
			}
		}
	})
}

// emptied waits until nothing of any session is left.
func (s *server) emptied(t *testing.T) {
	t.Helper()
	eventually(t, "the end of the session", func() bool {
		counts := s.system.Counts()
		return s.io.Connections() == 0 && counts["session"].Running == 0 && counts["room"].Running == 0 && s.rooms.Load() == 0 && s.io.Figures().Rooms == 0 &&
			s.system.Timers() <= 1 // that of recovery, which remembers sessions for a while
	})
}

// serves reports whether a session over a WebSocket gets its echo, and ends it.
func (s *server) serves() error {
	l, err := s.dialWebSocket(websocket)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.say("40"); err != nil {
		return err
	}
	if err := l.say(`427["echo",1]`); err != nil {
		return err
	}
	for {
		_, data, err := l.next()
		if err != nil {
			return fmt.Errorf("no echo: %w", err)
		}
		if string(data) == "437[1]" {
			return nil
		}
	}
}
