package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/persistence/redis/redistest"
)

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

// TestNodeSettings: the number of streams could not be set, and a node that reaches Redis on its own machine told the others
// to look for it on theirs, without a word to anybody.
func TestNodeSettings(t *testing.T) {
	server := redistest.Start(t)
	run := func(set map[string]string) (*Program, *lines) {
		t.Helper()
		p, log := program(t, server.URL()), &lines{}
		p.log = zerolog.New(log)
		p.config.RedisStreams = 3
		p.config.NodeAddress = set["NODE_ADDRESS"]
		if err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return p, log
	}
	const warning = "Only nodes on this machine can reach this one"
	_, silent := run(nil)
	eventually(t, "a warning", func() bool { return silent.has(warning) })
	p, log := run(map[string]string{"NODE_ADDRESS": "10.0.0.5:4000"})
	eventually(t, "it serves", func() bool { return p.desk.(*desk).cluster.nodes != nil && log.has("Server running") })
	if log.has(warning) {
		t.Error("warned although it is told where it is")
	}
	conn, err := net.DialTimeout("tcp", server.Address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // the test is over
	fmt.Fprint(conn, "EXISTS desk:trim:socket.io-0 desk:trim:socket.io-2\r\n")
	if answer, err := bufio.NewReader(conn).ReadString('\n'); err != nil || strings.TrimSpace(answer) != ":2" {
		t.Errorf("the streams: %q, %v", answer, err)
	}
}
