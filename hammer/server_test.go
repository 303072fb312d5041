package hammer

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// server is the server that a test beats on, on a port of its own.
type server struct {
	tb     testing.TB
	system *actors.System
	io     *realtime.Server
	addr   string
	rooms  atomic.Int64 // that were made and are not gone, of namespaces that watchRooms was called with
	errors errorLog
	claims claims
	live   sync.Map // sid → what is known of the session

	calm sync.RWMutex // held while no phoenix may live, which takes what is told
	hush sync.RWMutex // held while nobody is to say anything; calm is held then
}

// watch notes the sessions that are open, and why those ended that are still held, for the message of a failure.
func (s *server) watch(o *realtime.Options) {
	o.OnOpen = func(session *realtime.Session) { s.live.Store(session.Sid(), "opened over "+session.TransportName()) }
	o.OnUpgrading = func(session *realtime.Session) { s.live.Store(session.Sid(), "upgrading") }
	o.OnUpgrade = func(session *realtime.Session) { s.live.Store(session.Sid(), "upgraded") }
	o.OnClose = func(session *realtime.Session, r realtime.Reason) {
		known, _ := s.live.Load(session.Sid())
		s.live.Store(session.Sid(), fmt.Sprint(known, ", closed: ", r))
	}
}

// open says what is known of the sessions that are there.
func (s *server) open() (all []string) {
	s.live.Range(func(sid, known any) bool {
		if s.io.Session(sid.(string)) != nil {
			all = append(all, fmt.Sprint(sid, " ", known))
		} else {
			s.live.Delete(sid)
		}
		return true
	})
	return all
}

// start starts a server and closes it after the test, which fails when an actor panicked, something was logged as an
// error, or anything is left.
func start(tb testing.TB, o realtime.Options, prepare func(*server)) *server {
	tb.Helper()
	s := &server{tb: tb}
	log := zerolog.New(&s.errors).Level(zerolog.ErrorLevel)
	var err error
	if s.system, err = actors.New(log, time.Now); err != nil {
		tb.Fatal(err)
	}
	o.Logger = log
	s.watch(&o)
	s.io = realtime.New(s.system, o)
	prepare(s)
	standalone := http.NewStandalone(map[string]*http.EngineIO{"/socket.io/": http.NewEngineIO(s.io, http.EngineOptions{Logger: log})}, http.StandaloneOptions{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s.addr = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- standalone.Serve(narrow{listener}) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.io.Close(ctx, realtime.StatusNone); err != nil {
			tb.Errorf("close: %v", err)
		}
		if err := standalone.Shutdown(ctx); err != nil {
			tb.Errorf("shut down: %v", err)
		}
		if err := <-served; err != nil {
			tb.Errorf("serve: %v", err)
		}
		if err := s.system.Close(ctx); err != nil {
			tb.Errorf("close system: %v", err)
		}
		s.unhurt()
		for kind, count := range s.system.Counts() {
			if count.Running != 0 {
				tb.Errorf("%d %s actors are left", count.Running, kind)
			}
		}
	})
	return s
}

// unhurt fails the test when an actor panicked or an error was logged.
func (s *server) unhurt() {
	s.tb.Helper()
	for kind, count := range s.system.Counts() {
		if count.Panics != 0 || count.GaveUp != 0 {
			s.tb.Errorf("%s actors: %d panics, %d gave up", kind, count.Panics, count.GaveUp)
		}
	}
	if text := s.errors.String(); text != "" {
		s.tb.Errorf("logged as an error:\n%.4000s", text)
	}
}

// watchRooms counts the rooms of a namespace.
func (s *server) watchRooms(n *realtime.Namespace) {
	n.OnRoom(func(e realtime.RoomEvent) {
		switch e.Type {
		case realtime.CreateRoom:
			s.rooms.Add(1)
		case realtime.DeleteRoom:
			s.rooms.Add(-1)
		}
	})
}

// narrow gives accepted connections a small buffer for what is written, so that slow readers are noticed early.
type narrow struct{ net.Listener }

// Accept implements net.Listener.
func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(16 << 10) // else it is as wide as the system makes it
	}
	return conn, err
}

// errorLog keeps what is logged as an error.
type errorLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *errorLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was logged.
func (l *errorLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
