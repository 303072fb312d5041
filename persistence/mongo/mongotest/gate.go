package mongotest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
)

// Gate is a proxy in front of a server, through which messages pass one by one: so it can be shut behind any command.
type Gate struct {
	server     string
	oneAtATime bool
	translate  func(answer []byte) []byte
	listener   net.Listener
	one        sync.Mutex
	wait       sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	left  int  // commands that pass before the gate is shut; negative for ever
	lost  bool // the command that shuts it is carried out, and its answer lost
	shut  bool
	hold  *hold // nil while nothing is held
}

// hold is a command that waits.
type hold struct {
	name, in      string
	held, release chan struct{}
	once          sync.Once
}

// GateOptions say what a gate does with the messages.
type GateOptions struct {
	// OneAtATime lets one command through at a time, over all connections.
	OneAtATime bool
	// Translate changes an answer on its way. Nil leaves it as it is.
	Translate func(answer []byte) []byte
}

// OpenGate opens a gate to the server at an address, host:port.
func OpenGate(server string, o GateOptions) (*Gate, error) {
	var anywhere net.ListenConfig
	listener, err := anywhere.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if o.Translate == nil {
		o.Translate = func(answer []byte) []byte { return answer }
	}
	g := &Gate{server: server, oneAtATime: o.OneAtATime, translate: o.Translate, listener: listener, conns: map[net.Conn]bool{}, left: -1}
	g.wait.Go(g.accept)
	return g, nil
}

// Addr returns where the gate listens.
func (g *Gate) Addr() string { return g.listener.Addr().String() }

// Close shuts the gate and waits for what goes through it.
func (g *Gate) Close() {
	_ = g.listener.Close()
	g.close()
	g.wait.Wait()
}

// ShutAfter lets n more commands pass. The next one does not arrive or, with lost, is carried out without an answer; from
// then on no connection is left and none is taken.
func (g *Gate) ShutAfter(n int, lost bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.lost = n, lost
}

// Hold has commands of a name on a collection wait on their way, as those of a process that is held up, until release is
// called. held is closed when the first has come.
func (g *Gate) Hold(name, collection string) (held <-chan struct{}, release func()) {
	h := &hold{name: name, in: collection + "\x00", held: make(chan struct{}), release: make(chan struct{})}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hold = h
	return h.held, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.hold = nil
		close(h.release)
	}
}

// waitFor holds a command that is to be held.
func (g *Gate) waitFor(command []byte) {
	g.mu.Lock()
	h := g.hold
	g.mu.Unlock()
	if h == nil || commandName(command) != h.name || !bytes.Contains(command[:min(len(command), 200)], []byte(h.in)) {
		return
	}
	h.once.Do(func() { close(h.held) })
	<-h.release
}

// Shut reports whether the gate is shut.
func (g *Gate) Shut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut
}

func (g *Gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.conns {
		_ = c.Close()
	}
}

func (g *Gate) accept() {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return
		}
		if !g.keep(client) {
			continue
		}
		g.wait.Go(func() {
			defer g.drop(client)
			var dialer net.Dialer
			server, err := dialer.DialContext(context.Background(), "tcp", g.server)
			if err != nil || !g.keep(server) {
				return
			}
			defer g.drop(server)
			for g.pass(client, server) == nil {
			}
		})
	}
}

func (g *Gate) keep(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		_ = c.Close()
		return false
	}
	g.conns[c] = true
	return true
}

func (g *Gate) drop(c net.Conn) {
	_ = c.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

var errShut = errors.New("the gate is shut")

// pass lets one message and its answer through.
func (g *Gate) pass(client, server net.Conn) error {
	command, err := readMessage(client)
	if err != nil {
		return err
	}
	g.waitFor(command)
	if g.oneAtATime {
		g.one.Lock()
		defer g.one.Unlock()
	}
	last, lost := g.count(command)
	if last && !lost {
		g.close()
		return errShut
	}
	if _, err := server.Write(command); err != nil {
		return err
	}
	answer, err := readMessage(server)
	if err != nil {
		return err
	}
	if last {
		g.close()
		return errShut
	}
	_, err = client.Write(g.translate(answer))
	return err
}

// count says whether a command is the one that shuts the gate. Those by which a driver finds its server do not count.
func (g *Gate) count(command []byte) (last, lost bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left < 0 || slices.Contains([]string{"", "hello", "ismaster", "ping", "endsessions"}, strings.ToLower(commandName(command))) {
		return false, false
	}
	g.left--
	return g.left < 0, g.lost
}

// Where things are in a message. Its length, its id, whom it answers and its kind take 16 bytes, flags 4; a byte says what
// section comes first, 0 for a document, which begins with its length and the type of its first field.
const (
	kindAt    = 12
	sectionAt = 20
	nameAt    = sectionAt + 1 + 4 + 1
	message   = 2013 // the kind of all messages but a driver's first one
)

// commandName returns the name of a command: that of its first field.
func commandName(m []byte) string {
	if len(m) < nameAt || binary.LittleEndian.Uint32(m[kindAt:]) != message || m[sectionAt] != 0 {
		return ""
	}
	name, _, _ := strings.Cut(string(m[nameAt:min(len(m), nameAt+40)]), "\x00")
	return name
}

// readMessage reads one message of the wire protocol: its length comes first.
func readMessage(c net.Conn) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n < 16 || n > 64<<20 {
		return nil, errors.New("not a message")
	}
	whole := make([]byte, n)
	copy(whole, length[:])
	_, err := io.ReadFull(c, whole[4:])
	return whole, err
}
