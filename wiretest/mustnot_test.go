package wiretest

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/actors/realtime"
	"kapoor.example/desk/http"
)

// What took other servers down, or let somebody in: none of it may, and whoever tries costs the others nothing.

// survives checks that the server still serves, and that what a test opened is gone.
func survives(r *rig) {
	r.t.Helper()
	r.serves()
	eventually(r.t, "the end of every connection", func() bool { return r.server.Connections()+r.engine.Connections() == 0 })
}

func TestMustNotTakeABodyForFrames(t *testing.T) {
	r := simple(t, nil)
	conn, in := r.raw("GET " + socketWS + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 12\r\n\r\nGET / HTTP/1")
	response, err := nethttp.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	_ = conn.Close()
	if response.StatusCode != nethttp.StatusBadRequest {
		t.Errorf("answered %d", response.StatusCode)
	}
	survives(r)
}

func TestMustNotTakeAnotherProtocolForAWebSocket(t *testing.T) {
	r := simple(t, nil)
	upgrade := "GET " + socketWS + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUpgrade: "
	conn, in := r.raw(upgrade + "h2c\r\n\r\n")
	response, err := nethttp.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	_ = conn.Close()
	if err != nil || response.StatusCode != nethttp.StatusBadRequest || string(body) != `{"code":3,"message":"Bad request"}` {
		t.Errorf("answered %d %q, %v", response.StatusCode, body, err)
	}
	for _, protocol := range []string{"h2c", "tcp", "WebSocket2", "websocket, h2c"} {
		conn, _ := r.raw(upgrade + protocol + "\r\n\r\n")
		_ = conn.(*net.TCPConn).SetLinger(0) // a reset
		_ = conn.Close()
	}
	survives(r)
}

func TestMustNotKnowInheritedNames(t *testing.T) {
	r := simple(t, nil)
	for _, name := range []string{"__proto__", "constructor", "prototype", "toString"} {
		r.get("/socket.io/?EIO=4&transport="+name).is(t, 400, `{"code":0,"message":"Transport unknown"}`)
		r.get(socketPolling+"&sid="+name).is(t, 400, gone)
	}
	survives(r)
}

func TestMustNotBelieveWhatOnlyServersSend(t *testing.T) {
	breaks(t, `44["x"]`)
	breaksWith(t, realtime.ReasonForcedServerClose, "", `44`, `44{"message":"x"}`, `44"x"`)
}

func TestMustNotCallReservedNames(t *testing.T) {
	breaks(t, `42[{"toString":"foo"}]`, `42["disconnect","123"]`, `42["newListener",{}]`)
}

func TestMustNotTakePlaceholdersForMethods(t *testing.T) {
	breaks(t, `451-["e",{"_placeholder":true,"num":"splice"}]`+"\x1ebAA==", `451-["e",{"_placeholder":true,"num":"length"}]`+"\x1ebAA==")
}

func TestMustNotWaitForAMillionAttachments(t *testing.T) {
	breaks(t, `45999999-["e"]`, `45`+strings.Repeat("9", 100_000)+`-["e"]`)
}

// TestMustNotCollectAttachmentsForEver: what had come of a packet whose attachments never all came counted nowhere, and
// was collected for whoever had connected, also for those who had joined nothing.
func TestMustNotCollectAttachmentsForEver(t *testing.T) {
	header := func(namespace string, attachments int) string {
		list := make([]string, attachments)
		for i := range list {
			list[i] = fmt.Sprintf(`{"_placeholder":true,"num":%d}`, i)
		}
		return fmt.Sprintf(`45%d-%s["e",%s]`, attachments, namespace, strings.Join(list, ","))
	}
	attachment := "b" + base64.StdEncoding.EncodeToString(make([]byte, 7_000))
	both(t, func(t *testing.T, join func(*rig) peer) {
		t.Run("of a namespace that was not joined", func(t *testing.T) {
			r := simple(t, mirror)
			p := join(r)
			p.say(header("", 9)) // nothing but this
			ended(t, p)
			p = join(r)
			connected(t, p, "")
			p.say(header("/other,", 9))
			ended(t, p)
			survives(r)
		})
		t.Run("beyond the limit", func(t *testing.T) {
			r := setup(t, realtime.Options{MaxPayload: 10_000, MaxPacket: 20_000}, http.EngineOptions{}, mirror)
			p := join(r)
			connected(t, p, "")
			for _, packet := range []string{header("", 9), attachment, attachment, attachment} {
				p.say(packet)
			}
			ended(t, p)
			survives(r)
		})
		t.Run("as many as Node takes", func(t *testing.T) {
			r := setup(t, realtime.Options{MaxPayload: 10_000, MaxInbound: 20_000, MaxQueue: 1 << 20}, http.EngineOptions{}, mirror)
			p := join(r)
			connected(t, p, "")
			for range 3 { // the credit of one is there for the next
				p.say(header("", 10))
				want := []string{strings.Replace(header("", 10), `"e"`, `"back","e"`, 1)}
				for range 10 {
					p.say(attachment)
					want = append(want, attachment)
				}
				p.receives(want...)
			}
		})
	})
}

func TestMustNotTakeTextForAnAttachment(t *testing.T) {
	breaks(t, `451-["e",{"_placeholder":true,"num":0}]`+"\x1e"+`42["e"]`)
}

func TestMustNotDescendForEver(t *testing.T) {
	breaks(t,
		`42["e",`+strings.Repeat("[", 1_000)+strings.Repeat("]", 1_000)+`]`,
		`42["e",`+strings.Repeat("[", 256)+strings.Repeat("]", 256)+`]`, // one level more than is allowed
		`42["e",`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+`]`,
		`42["e",`+strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000)+`]`,
		`42["e",`+strings.Repeat("[", 400_000))
}

func TestMustNotTakeOctetStreams(t *testing.T) {
	r := simple(t, nil)
	p := r.poll(socketPolling)
	r.do("POST", p.path, map[string]string{"Content-Type": "application/octet-stream"}, strings.NewReader("\x00\x04\xff4abc")).is(t, 400, "")
	p.gone()
	survives(r)
}

func TestMustNotCountAMillionPackets(t *testing.T) {
	for name, body := range map[string]string{
		"nothing but separators": strings.Repeat("\x1e", 1_000_000),
		"a million pongs":        strings.Repeat("3\x1e", 499_999) + "3",
	} {
		t.Run(name, func(t *testing.T) {
			r := simple(t, nil)
			bystander := r.open(socketWS)
			connected(t, bystander, "")
			p := r.poll(socketPolling)
			p.post(body)
			p.gone()
			_ = r.server.Of("/").Emit("still")
			bystander.receives(`42["still"]`)
			bystander.say("1")
			survives(r)
		})
	}
}

func TestMustNotRoundAckIDs(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := simple(t, mirror)
		p := join(r)
		connected(t, p, "")
		p.say(`4218446744073709551616["e"]`, `4318446744073709551616[]`, `42`+strings.Repeat("1", 10_000)+`["e"]`)
		p.receives(`4318446744073709551616[]`, `43`+strings.Repeat("1", 10_000)+`[]`)
	})
}

func TestMustNotChokeOnNames(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		r := setup(t, realtime.Options{MaxPayload: 2 << 20}, http.EngineOptions{}, mirror)
		p := join(r)
		connected(t, p, "")
		name := strings.Repeat("n", 1<<20)
		p.say(`421["` + name + `",1]`)
		p.receives(`431[1]`)
		p.say(`42["` + name + `"]`)
		p.receives(`42["back","` + name + `"]`)
	})
}

func TestMustNotUpgradeTwice(t *testing.T) {
	r := simple(t, mirror)
	w := upgrade(t, r, socketPolling)
	connected(t, w, "")
	second := r.dial(socketWS + "&sid=" + w.sid)
	_ = second.conn.SetReadDeadline(time.Now().Add(patience))
	if messages, _ := second.closed(); len(messages) != 0 {
		t.Errorf("the second WebSocket was told %q", messages)
	}
	w.say(`421["e"]`)
	w.receives(`431[]`)
}

func TestMustNotHandleWhatComesAfterTheEnd(t *testing.T) {
	both(t, func(t *testing.T, join func(*rig) peer) {
		handled := make(chan string, 10)
		r := simple(t, func(s *realtime.Server) {
			s.Of("/").OnAny(func(_ *realtime.Socket, e *realtime.Event) { handled <- e.Name })
		})
		for _, end := range []string{"41", "1", "42{}"} {
			p := join(r)
			connected(t, p, "")
			p.say(end, `42["after"]`, `421["after"]`)
			switch p := p.(type) {
			case *websocket:
				_ = p.conn.Close()
			case *polling:
				p.post("1")
			}
		}
		eventually(t, "the ends", func() bool { return r.server.Sockets("/") == 0 })
		if len(handled) != 0 {
			t.Errorf("handled %q", <-handled)
		}
	})
}

// TestMustNotKeepNamesOfNamespaces: a hundred thousand names that no namespace has are refused one by one, and none of
// them costs memory afterwards.
func TestMustNotKeepNamesOfNamespaces(t *testing.T) {
	names := 100_000
	if testing.Short() {
		names = 10_000
	}
	r := setup(t, realtime.Options{MaxQueue: 64 << 20}, http.EngineOptions{}, nil)
	w := r.open(socketWS)
	connected(t, w, "")
	before := heap()
	done := make(chan error, 1)
	go func() {
		out := bufio.NewWriterSize(w.conn, 1<<16)
		var err error
		for i := 0; i < names && err == nil; i++ {
			packet := fmt.Sprintf("40/n%06d,", i)
			_, err = out.Write(append([]byte{0x81, 0x80 | byte(len(packet)), 0, 0, 0, 0}, packet...))
		}
		done <- errOf(err, out.Flush())
	}()
	for i := range names {
		if got, want := w.next(), fmt.Sprintf(`44/n%06d,{"message":"Invalid namespace"}`, i); got != want {
			t.Fatalf("answered %q, want %q", got, want)
		}
	}
	if err := take(t, done); err != nil {
		t.Fatal(err)
	}
	if got := r.server.Namespaces(); len(got) != 1 {
		t.Errorf("%d namespaces", len(got))
	}
	if grown := heap() - before; grown > 20<<20 {
		t.Errorf("%d bytes more than before", grown)
	}
	_ = w.conn.Close()
	survives(r)
}

func errOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// settledHeap is heap once servers of other tests have let go of what they held: their workers go when they have been idle
// for a second.
func settledHeap(t testing.TB) (bytes int64) {
	t.Helper()
	steady := 0
	eventually(t, "a heap that does not shrink", func() bool {
		<-time.After(50 * time.Millisecond) // the pace of looking
		was := bytes
		if bytes = heap(); was-bytes > 1<<16 {
			steady = 0
		}
		steady++
		return steady > 30
	})
	return bytes
}

// TestMustNotKeepCutConnections: connections that begin something and never finish it end.
func TestMustNotKeepCutConnections(t *testing.T) {
	r := simple(t, nil)
	for _, request := range []string{
		"GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n4",
		"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n4",
	} {
		p := r.poll(socketPolling)
		conn, _ := r.raw(fmt.Sprintf(request, p.path))
		_ = conn.Close()
		p.gone()
	}
	cut, _ := r.raw("GET /socket.io/?EIO=4&transport=web")
	_ = cut.Close()
	conn, in := r.raw("GET " + socketWS + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if _, err := in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte{0x81, 0xfe}); err != nil { // half a header
		t.Fatal(err)
	}
	_ = conn.Close()
	_, _ = io.Copy(io.Discard, in)
	survives(r)
}
