package redis

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

const patience = 20 * time.Second

// nodeServer is a Node server with @socket.io/redis-streams-adapter and one client.
type nodeServer struct {
	t      *testing.T
	in     io.Writer
	lines  chan string
	client string // the id of its client's socket
}

// startNode runs a Node server of the cluster until the test ends. Without Node or its packages the test is skipped, and
// fails when CI=true.
func startNode(t *testing.T, url string) *nodeServer {
	t.Helper()
	missing := func(sentence string) {
		if os.Getenv("CI") == "true" {
			t.Fatal(sentence)
		}
		t.Skip(sentence)
	}
	path, err := exec.LookPath("node")
	if err != nil {
		missing("node is not installed.")
	}
	if _, err := os.Stat(filepath.Join("node", "node_modules", "@socket.io", "redis-streams-adapter")); err != nil {
		missing("@socket.io/redis-streams-adapter is not installed: interop/install does it.")
	}
	command := exec.Command(path, "server.mjs", url)
	command.Dir = "node"
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	n := &nodeServer{t: t, in: in, lines: make(chan string, 1000)}
	go func() {
		defer close(n.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			n.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = in.Close() // it ends then
		for range n.lines {
		}
		_ = command.Wait() // as it likes
	})
	ready := n.says(`["ready",`)
	n.client = strings.TrimSuffix(strings.TrimPrefix(ready, `["ready","`), `"]`)
	return n
}

// does has the server do something.
func (n *nodeServer) does(command ...any) {
	n.t.Helper()
	line, err := json.Marshal(command)
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		n.t.Fatal(err)
	}
}

// says waits for the next line, which has to begin like this.
func (n *nodeServer) says(start string) string {
	n.t.Helper()
	select {
	case line, ok := <-n.lines:
		if !ok || !strings.HasPrefix(line, start) {
			n.t.Fatalf("Node says %q instead of %q", line, start)
		}
		return line
	case <-time.After(patience):
		n.t.Fatalf("Node does not say %q", start)
	}
	return ""
}

// ear notes what comes over a bus, and answers.
type ear struct {
	heard chan cluster.Message
}

func (e *ear) Deliver(entries []cluster.Entry) {
	for _, one := range entries {
		if one.Ticket == 0 {
			e.heard <- one.Message
		}
	}
}
func (e *ear) Missed([]string)             {}
func (e *ear) Changed(cluster.State)       {}
func (e *ear) Signalled(m cluster.Message) { e.heard <- m }
func (e *ear) Asked(m cluster.Message, reply func(cluster.Body)) {
	switch m.Body.(type) {
	case cluster.FetchSockets:
		reply(cluster.Sockets{List: []cluster.Socket{{ID: "ours", Rooms: []string{"ours", "all"}, Data: socketio.Arg{Raw: []byte(`{"from":"Go"}`)}}}})
	case cluster.ServerEvent:
		reply(cluster.Answer{Value: socketio.Arg{Raw: []byte(`"noted by Go"`)}})
	case cluster.Broadcast:
		reply(cluster.ClientCount{N: 1})
		reply(cluster.ClientAck{Value: socketio.Arg{Raw: []byte(`"Go's client"`)}})
	}
}

// together opens a bus beside a Node server.
func together(t *testing.T) (*Bus, *nodeServer, *ear) {
	t.Helper()
	server := redistest.Start(t)
	n := startNode(t, server.URL())
	b := openBus(t, connect(t, server.URL()), BusOptions{})
	b.Enter("/")
	e := &ear{heard: make(chan cluster.Message, 1000)}
	ran := make(chan error, 1)
	go func() { ran <- b.Run(t.Context(), e) }()
	t.Cleanup(func() {
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := b.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if !b.channel.confirmed(t.Context(), "/") {
		t.Fatal("no channel")
	}
	return b, n, e
}

func (e *ear) hears(t *testing.T) cluster.Message {
	t.Helper()
	select {
	case m := <-e.heard:
		return m
	case <-time.After(patience):
		t.Fatal("nothing was heard")
	}
	return cluster.Message{}
}

// TestFromNode: what a Node server does is understood.
func TestFromNode(t *testing.T) {
	_, n, e := together(t)
	tests := []struct {
		name    string
		command []any
		want    string
	}{
		{"emit", []any{"emit", []string{}, []string{}, "e", 1, "2", map[string]any{"c": nil}}, `{"To":{},"Data":["e",1,"2",{"c":null}]}`},
		{"rooms", []any{"emit", []string{"a", "b"}, []string{}, "e"}, `{"To":{"Rooms":["a","b"]},"Data":["e"]}`},
		{"except", []any{"emit", []string{}, []string{"all"}, "e"}, `{"To":{"Except":["all"]},"Data":["e"]}`},
		{"bytes", []any{"bytes"}, `{"To":{},"Data":["bytes",{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]}],"Attachments":["AQID","eA=="]}`},
		{"join", []any{"join", "all", "r"}, `{"To":{"Rooms":["all"]},"Rooms":["r"]}`},
		{"leave", []any{"leave", "all", "r"}, `{"To":{"Rooms":["all"]},"Rooms":["r"]}`},
		{"disconnect", []any{"disconnect", "nobody"}, `{"To":{"Rooms":["nobody"]},"Close":true}`},
		{"server event", []any{"note", 7}, `{"Data":["note",7]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n.does(tt.command...)
			if got := shown(t, e.hears(t).Body); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// shown writes a body with what it carries as JSON, and without what is empty.
func shown(t *testing.T, body cluster.Body) string {
	t.Helper()
	var out any
	list := func(to cluster.Target) any {
		return struct {
			Rooms  []string `json:",omitempty"`
			Except []string `json:",omitempty"`
		}{to.Rooms, to.Except}
	}
	switch b := body.(type) {
	case cluster.Broadcast:
		out = struct {
			To          any
			Data        json.RawMessage
			Attachments [][]byte `json:",omitempty"`
		}{list(b.To), b.Data, b.Attachments}
	case cluster.Join:
		out = struct {
			To    any
			Rooms []string
		}{list(b.To), b.Rooms}
	case cluster.Leave:
		out = struct {
			To    any
			Rooms []string
		}{list(b.To), b.Rooms}
	case cluster.Disconnect:
		out = struct {
			To    any
			Close bool
		}{list(b.To), b.Close}
	case cluster.ServerEvent:
		out = struct{ Data json.RawMessage }{b.Data}
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestToNode: a Node server does what we say.
func TestToNode(t *testing.T) {
	b, n, _ := together(t)
	all := cluster.Target{Rooms: []string{"all"}}
	tests := []struct {
		name string
		body cluster.Body
		want string
	}{
		{"emit", cluster.Broadcast{Data: []byte(`["e",1,"2",{"c":null}]`)}, `["event","e",1,"2",{"c":null}]`},
		{"room", cluster.Broadcast{To: all, Data: []byte(`["in all"]`)}, `["event","in all"]`},
		{"to the socket", cluster.Broadcast{To: cluster.Target{Rooms: []string{n.client}}, Data: []byte(`["direct"]`)}, `["event","direct"]`},
		{
			"bytes", cluster.Broadcast{Data: []byte(`["b",{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{1, 2, 3}}},
			`["event","b",{"bytes":[1,2,3]}]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := b.Publish("/", tt.body, nil); err != nil {
				t.Fatal(err)
			}
			if got := n.says(`["event"`); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	steps := []cluster.Body{
		cluster.Broadcast{To: cluster.Target{Except: []string{"node"}}, Data: []byte(`["not for it"]`)},
		cluster.Join{To: all, Rooms: []string{"new"}},
		cluster.Broadcast{To: cluster.Target{Rooms: []string{"new"}}, Data: []byte(`["joined"]`)},
		cluster.Leave{To: all, Rooms: []string{"new"}},
		cluster.Broadcast{To: cluster.Target{Rooms: []string{"new"}}, Data: []byte(`["left"]`)},
		cluster.Disconnect{To: all, Close: true},
	}
	for _, body := range steps {
		if _, err := b.Publish("/", body, nil); err != nil {
			t.Fatal(err)
		}
	}
	n.says(`["event","joined"]`)
	n.says(`["disconnect",`)
}

// TestAskingNode: both sides answer each other.
func TestAskingNode(t *testing.T) {
	b, n, _ := together(t)
	var got []string
	ask := func(body cluster.Body) {
		t.Helper()
		got = nil
		err := b.Ask(t.Context(), "/", body, func(_ string, answer cluster.Body) {
			switch a := answer.(type) {
			case cluster.Sockets:
				for _, s := range a.List {
					if h := s.Handshake; h.Time == "" || h.Issued.IsZero() || h.URL == "" || len(h.Header["host"]) == 0 || string(h.Auth.Raw) != "{}" || h.Query["EIO"] != "4" {
						t.Errorf("handshake %+v", h)
					}
					got = append(got, s.ID, strings.Join(s.Rooms, " "), string(s.Data.Raw), s.Handshake.Address)
				}
			case cluster.Answer:
				got = append(got, string(a.Value.Raw))
			case cluster.ClientAck:
				got = append(got, string(a.Value.Raw))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ask(cluster.FetchSockets{})
	if want := n.client + "," + n.client + " all node,{},127.0.0.1"; strings.Join(got, ",") != want {
		t.Errorf("sockets %q, want %q", got, want)
	}
	ask(cluster.ServerEvent{Data: []byte(`["note",{"a":1}]`)})
	if strings.Join(got, ",") != `{"noted":{"a":1}}` {
		t.Errorf("answers %q", got)
	}
	n.says(`["note",{"a":1}]`)
	ask(cluster.Broadcast{Data: []byte(`["question"]`), Timeout: patience})
	if strings.Join(got, ",") != `{"from":"node's client"}` {
		t.Errorf("acks %q", got)
	}
	n.says(`["event","question"]`)
	if err := b.Signal("/", cluster.Broadcast{Data: []byte(`["volatile"]`), Volatile: true}); err != nil {
		t.Fatal(err)
	}
	n.says(`["event","volatile"]`)
	if err := b.Signal("/", cluster.ServerEvent{Data: []byte(`["note","from Go"]`)}); err != nil {
		t.Fatal(err)
	}
	n.says(`["note","from Go"]`)

	n.does("fetch")
	if got := n.says(`["fetched"`); !strings.Contains(got, `{"id":"ours","rooms":["ours","all"],"data":{"from":"Go"}}`) || !strings.Contains(got, n.client) {
		t.Errorf("got %s", got)
	}
	n.does("ask", 1)
	n.says(`["answers","noted by Go"]`)
	n.does("acks")
	n.says(`["event","question"]`)
	if got := n.says(`["acks"`); !strings.Contains(got, `"Go's client"`) || !strings.Contains(got, `{"from":"node's client"}`) {
		t.Errorf("got %s", got)
	}
}
