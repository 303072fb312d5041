package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/persistence/redis/redistest"
)

// pair runs two desks of a cluster and returns where they are, and the second one to be stopped.
func pair(t *testing.T) (a, b string, second *Program) {
	t.Helper()
	server := redistest.Start(t)
	a, second = node(t, server.URL()), program(t, server.URL())
	if err := second.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a, fmt.Sprintf("127.0.0.1:%d", second.Port()), second
}

// stop stops a desk as SIGTERM does, and fails where that does not go smoothly.
func stop(t *testing.T, p *Program) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // the default of STOP_TIMEOUT
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// upgraded opens a session on one node and upgrades it through another. It returns the sid and the WebSocket.
func upgraded(t *testing.T, on, through string) (sid string, conn net.Conn, r *bufio.Reader) {
	t.Helper()
	_, open := call(t, "GET", on, "", "")
	sid = sidOf(t, open)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", through)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the test is over
	fmt.Fprintf(conn, "GET /socket.io/?EIO=4&transport=websocket&sid=%s HTTP/1.1\r\nHost: desk\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", sid)
	r = bufio.NewReader(conn)
	answer, err := nethttp.ReadResponse(r, nil)
	if err != nil || answer.StatusCode != nethttp.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %+v, %v", answer, err)
	}
	if _, err := conn.Write([]byte("\x81\x862222" + mask("2probe"))); err != nil {
		t.Fatal(err)
	}
	expect(t, r, "\x81\x063probe")
	if _, err := conn.Write([]byte("\x81\x812222" + mask("5") + "\x81\x822222" + mask("40"))); err != nil {
		t.Fatal(err)
	}
	expect(t, r, "\x81") // the answer to the CONNECT: it is refused, and that is all the same here
	length, err := r.ReadByte()
	if err == nil {
		_, err = r.Discard(int(length))
	}
	if err != nil {
		t.Fatal(err)
	}
	return sid, conn, r
}

func expect(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("%q, %v; want %q", got, err, want)
	}
}

// TestStoppingNodeLetsGoOfPolls: a poll that a node had passed on kept it from stopping. After five seconds it was cut, which
// ended the session on a node that nobody had stopped, and the stop counted as gone wrong.
func TestStoppingNodeLetsGoOfPolls(t *testing.T) {
	a, b, second := pair(t)
	_, open := call(t, "GET", a, "", "")
	sid := sidOf(t, open)
	if status, text := call(t, "POST", a, "&sid="+sid, "40"); status != 200 {
		t.Fatalf("CONNECT: %d %q", status, text)
	}
	if _, text := call(t, "GET", b, "&sid="+sid, ""); !strings.HasPrefix(text, "4") { // what the CONNECT came to
		t.Fatalf("poll: %q", text)
	}
	polled := make(chan string, 1)
	go func() {
		r, err := nethttp.NewRequestWithContext(t.Context(), "GET", "http://"+b+"/socket.io/?EIO=4&transport=polling&sid="+sid, nil)
		if err != nil {
			polled <- err.Error()
			return
		}
		answer, err := nethttp.DefaultClient.Do(r)
		if err != nil {
			polled <- err.Error()
			return
		}
		text, err := io.ReadAll(answer.Body)
		polled <- fmt.Sprint(answer.StatusCode, " ", string(text), " ", err, answer.Body.Close())
	}()
	eventually(t, "the poll waits on the other node", func() bool {
		return second.desk.(*desk).cluster.passing.Polls() == 1
	})
	begun := time.Now()
	stop(t, second)
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if got := <-polled; got != "200 6 <nil> <nil>" {
		t.Errorf("the poll: %s", got)
	}
	if status, text := call(t, "POST", a, "&sid="+sid, "40/nowhere,"); status != 200 {
		t.Errorf("the session: %d %q", status, text)
	}
}

// TestStoppingNodeClosesTunnels: WebSockets that a node passes on were cut all at once when its process had ended, without a
// word to the clients.
func TestStoppingNodeClosesTunnels(t *testing.T) {
	a, b, second := pair(t)
	sid, conn, r := upgraded(t, a, b)
	stop(t, second)
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	expect(t, r, "\x88\x02\x03\xf4") // 1012, service restart
	if _, err := r.ReadByte(); err == nil {
		t.Error("something comes behind the close frame")
	}
	eventually(t, "the session is over", func() bool {
		status, _ := call(t, "POST", a, "&sid="+sid, "3")
		return status == 400
	})
}

// TestTunnelsWait: a WebSocket that is passed on held two goroutines, and three descriptors besides those of its connections.
func TestTunnelsWait(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the system does not tell which descriptors are open.")
		}
		t.Skip("the system does not tell which descriptors are open.")
	}
	a, b, second := pair(t)
	descriptors := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	upgraded(t, a, b)
	goroutines, files := runtime.NumGoroutine(), descriptors()
	const many = 40
	for range many {
		upgraded(t, a, b)
	}
	eventually(t, "goroutines to wait in an epoll set", func() bool { return runtime.NumGoroutine() < goroutines+many/2 })
	// The client's, the tunnel's two, and the one of the node that has the session.
	eventually(t, "descriptors to be let go of", func() bool { return descriptors() < files+4*many+many/2 })
	if n := second.desk.(*desk).cluster.passed(); n != many+1 {
		t.Errorf("%d WebSockets are passed on", n)
	}
}
