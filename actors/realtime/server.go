package realtime

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
	"kapoor.example/desk/protocol/socketio"
)

// Server is a Socket.IO server. Set up namespaces and hooks first, then let transports open sessions.
type Server struct {
	system     *actors.System
	options    Options
	onPresence []func(string, bool, time.Time)
	onRefused  []func(ConnectionError)
	admissions *semaphore.Weighted
	seed       maphash.Seed

	supervisor *supervisor
	hub        *hub
	nobody     *User // whose a socket is until the middleware says so
	adapter    *adapter
	shards     []*shard
	link       *link       // nil without a cluster
	overheard  *overheard  // nil without a cluster, or without Options.Replay
	history    *history    // nil without recovery in memory
	keeper     *keeper     // nil without recovery
	stream     *stream     // nil without Recovery.Sessions and a bus
	resumption *resumption // nil without Options.Replay
	counted    counted
	// What every session waits for: its next ping, its pong, its first socket.
	pings, pongs, connects *actors.Deadlines

	sessions directory
	stopped  chan struct{} // closed when no session will be opened any more
	stopping sync.Once     // closes it
	live     actors.Tally  // the actors of sessions
	// The broadcasts whose acks are waited for, until closed.
	collections sync.Map
	closed      atomic.Bool

	mu        sync.Mutex
	addresses map[string]int
	total     int

	namespacesMu   sync.RWMutex
	namespaces     map[string]*Namespace // static ones, and the children there are
	parents        []*Namespace          // of dynamic ones, in the order they are asked
	onNewNamespace []func(*Namespace)
	dynamic        int                     // children
	empty          map[*Namespace]struct{} // those of them without a socket
	making         sync.Mutex              // held while a child is made
}

// ErrOverloaded says that a connection was refused because of a limit, ErrStopping because the server stops, ErrSid
// because NewSid gave no sid, or one that is in use.
var (
	ErrOverloaded = errors.New("too many connections")
	ErrStopping   = errors.New("server is stopping")
	ErrSid        = errors.New("no session id")
)

// New starts a server's actors.
func New(system *actors.System, o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		system: system, options: o, namespaces: map[string]*Namespace{}, addresses: map[string]int{}, nobody: &User{},
		stopped: make(chan struct{}), empty: map[*Namespace]struct{}{},
		admissions: semaphore.NewWeighted(int64(o.Admissions)), seed: maphash.MakeSeed(),
	}
	s.pings = system.NewDeadlines(o.PingInterval, heartbeatDue{})
	s.pongs = system.NewDeadlines(o.PingTimeout, heartbeatDue{})
	s.connects = system.NewDeadlines(o.ConnectTimeout, connectDue{})
	s.supervisor = &supervisor{server: s, sessions: map[*Session]struct{}{}}
	s.supervisor.pid = system.Spawn(supervisorKind, "sessions", s.supervisor)
	s.hub = &hub{server: s, rooms: map[string]*tenant{}, online: map[string]struct{}{}}
	s.hub.pid = system.Spawn(hubKind, "rooms", s.hub)
	s.adapter = &adapter{server: s}
	s.adapter.pid = system.Spawn(adapterKind, "main", s.adapter)
	if r := o.Recovery; r != nil {
		// What was sent just before a connection was lost may be missing, and that is noticed a heartbeat later.
		if o.Bus != nil && r.Sessions != nil {
			s.stream = newStream(s, o.Bus, *r)
		} else {
			s.history = newHistory(*r, r.Window+o.PingInterval+o.PingTimeout, o.Now)
		}
		s.keeper = newKeeper(s, *r)
	}
	if o.Replay != nil {
		s.resumption = newResumption(s, *o.Replay)
	}
	for i := range o.Shards {
		shard := &shard{server: s, index: map[string]*namespaceIndex{}}
		shard.pid = system.Spawn(shardKind, fmt.Sprint(i), shard)
		s.shards = append(s.shards, shard)
	}
	if o.Bus != nil {
		if s.resumption != nil {
			s.overheard = newOverheard(s, o.Bus)
		}
		s.link = newLink(s, o.Bus)
	}
	return s
}

// Options returns the options in force, defaults filled in.
func (s *Server) Options() Options { return s.options }

// Open begins a session for a handshake that came over a transport. When it returns the session can receive: only then
// may the client get its open packet. Errors: ErrOverloaded, ErrStopping, ErrSid, the context's.
func (s *Server) Open(ctx context.Context, r Request, transport string) (*Session, error) {
	sid, err := s.options.NewSid(r)
	if err != nil || sid == "" {
		return nil, errors.Join(ErrSid, err)
	}
	if !s.reserve(r.Address) {
		return nil, ErrOverloaded
	}
	session := &Session{server: s, sid: sid, request: r}
	session.websocket.Store(transport == WebSocket)
	session.actor.s = session
	session.out.limit = s.options.MaxQueue
	session.out.owner = session
	opened := make(chan bool, 1)
	if !s.sessions.add(session) {
		s.free(r.Address)
		return nil, ErrSid
	}
	s.system.Send(s.supervisor.pid, openSession{session, opened})
	select {
	case ok := <-opened:
		if ok {
			s.counted.accepted.add(transport)
			return session, nil
		}
		s.release(session)
		return nil, ErrStopping
	case <-s.stopped: // nobody is there who would open it
		s.release(session)
		return nil, ErrStopping
	case <-ctx.Done():
		go s.forsake(session, opened)
		return nil, ctx.Err()
	}
}

// forsake ends a session that nobody waits for any more, whether it comes to be or not.
func (s *Server) forsake(session *Session, opened chan bool) {
	select {
	case ok := <-opened:
		if ok {
			session.Fail(ReasonTransportClose)
			return
		}
	case <-s.stopped:
	}
	s.release(session)
}

// Session returns the live session with this sid, or nil. One whose client may have been told of the end is not live,
// also while its actor is still busy with it.
func (s *Server) Session(sid string) *Session {
	if found := s.sessions.find(sid); found != nil && !found.out.ended() {
		return found
	}
	return nil
}

func (s *Server) reserve(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= s.options.MaxConnections || s.addresses[address] >= s.options.MaxPerAddress {
		return false
	}
	s.total++
	s.addresses[address]++
	return true
}

func (s *Server) release(session *Session) {
	if !s.sessions.remove(session) {
		return
	}
	session.inbound.end()
	s.free(session.request.Address)
}

func (s *Server) free(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.addresses[address]--; s.addresses[address] == 0 {
		delete(s.addresses, address)
	}
}

// ended is called by a session that has finished.
func (s *Server) ended(session *Session) {
	s.release(session)
	s.system.Send(s.supervisor.pid, sessionEnded{session})
}

// Connections returns the number of connections.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

func (s *Server) shardOf(sid string) *shard {
	return s.shards[maphash.String(s.seed, sid)%uint64(len(s.shards))]
}

// welcome is the answer to a CONNECT.
func (s *Socket) welcome() *protocol.Frame {
	data := `{"sid":"` + s.id
	if s.pid != "" {
		data += `","pid":"` + s.pid
	}
	p := socketio.Packet{Type: socketio.Connect, Namespace: s.namespace.name, Data: []byte(data + `"}`)}
	return protocol.Message(socketio.Append(nil, p), nil)
}

// Close closes every connection with a WebSocket close status, without a DISCONNECT packet, and ends the actors. It
// waits until they are gone or ctx ends. A second call does nothing.
func (s *Server) Close(ctx context.Context, status int) error {
	select {
	case <-s.stopped:
		return nil
	default:
	}
	s.system.Send(s.supervisor.pid, closeAll{status: status})
	if err := s.drained(ctx); err != nil {
		return err
	}
	s.stopping.Do(func() { close(s.stopped) })
	if s.link != nil {
		s.link.close()
	}
	if s.keeper != nil {
		s.keeper.close()
	}
	rooms := make(chan []*actors.PID, 1)
	s.system.Send(s.hub.pid, endRooms{rooms})
	ending := []*actors.PID{s.supervisor.pid, s.adapter.pid}
	for _, shard := range s.shards {
		ending = append(ending, shard.pid)
	}
	select {
	case pids := <-rooms:
		ending = append(append(pids, s.hub.pid), ending...)
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, pid := range ending {
		if err := s.system.EndAndWait(ctx, pid); err != nil {
			return err
		}
	}
	s.endCollections()
	return nil
}

// drained waits until no session is left and every one's actor has stopped.
func (s *Server) drained(ctx context.Context) error {
	list := make(chan []*Session, 1)
	for {
		s.system.Send(s.supervisor.pid, listSessions{list})
		select {
		case left := <-list:
			if len(left) == 0 {
				return s.live.Await(ctx)
			}
			select {
			case <-left[0].gone():
			case <-ctx.Done():
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// newSid returns 20 characters of base64url that cannot be guessed.
func newSid() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
