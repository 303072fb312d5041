package protocol

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"kapoor.example/desk/protocol/engineio"
	"kapoor.example/desk/protocol/socketio"
)

func TestFrame(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	tests := []struct {
		name      string
		frame     *Frame
		webSocket string
		polling   string
		packets   int
	}{
		{"ping", Ping(), "\x81\x012", "2", 1},
		{"close", Close(), "\x81\x011", "1", 1},
		{"noop", Noop(), "\x81\x016", "6", 1},
		{"answer to a probe", Probe(), "\x81\x063probe", "3probe", 1},
		{"raw packet", Text([]byte(`42["x"]`)), "\x81\x0742[\"x\"]", `42["x"]`, 1},
		{"empty message", Message(nil, nil), "\x81\x014", "4", 1},
		{"message", Message([]byte(`2["x"]`), nil), "\x81\x0742[\"x\"]", `42["x"]`, 1},
		{
			"message with attachments", Message([]byte("52-[]"), [][]byte{{1, 2, 3}, {}}),
			"\x81\x06452-[]\x82\x03\x01\x02\x03\x82\x00", "452-[]\x1ebAQID\x1eb", 3,
		},
		{"binary", Binary([]byte{1, 2, 3}), "\x82\x03\x01\x02\x03", "bAQID", 1},
		{"empty binary", Binary(nil), "\x82\x00", "b", 1},
		{"125 bytes", Text([]byte(long[:125])), "\x81\x7d" + long[:125], long[:125], 1},
		{"126 bytes", Text([]byte(long[:126])), "\x81\x7e\x00\x7e" + long[:126], long[:126], 1},
		{"65535 bytes", Text([]byte(long[:65535])), "\x81\x7e\xff\xff" + long[:65535], long[:65535], 1},
		{"65536 bytes", Text([]byte(long[:65536])), "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + long[:65536], long[:65536], 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.frame.WebSocket(); string(got) != tt.webSocket {
				t.Errorf("WebSocket: %.80q, want %.80q", got, tt.webSocket)
			}
			if got := tt.frame.Polling(); string(got) != tt.polling {
				t.Errorf("polling: %.80q, want %.80q", got, tt.polling)
			}
			if tt.frame.Size() != len(tt.webSocket) || tt.frame.Packets() != tt.packets {
				t.Errorf("size %d, packets %d", tt.frame.Size(), tt.frame.Packets())
			}
		})
	}
}

// The polling form is read back from the WebSocket form; attachments of every header length must survive that.
func TestFramePollingOfEveryLength(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 124, 125, 126, 127, 65535, 65536, 65537, 1_000_000} {
		attachment := bytes.Repeat([]byte{0xa5}, n)
		f := Message([]byte("51-[]"), [][]byte{attachment, attachment})
		var got []engineio.Packet
		err := engineio.DecodePayload(f.Polling(), 0, func(p engineio.Packet) error {
			got = append(got, p)
			return nil
		})
		if err != nil || len(got) != 3 || !bytes.Equal(got[1].Data, attachment) || !bytes.Equal(got[2].Data, attachment) {
			t.Errorf("%d bytes: %d packets, %v", n, len(got), err)
		}
	}
}

func TestEventFrame(t *testing.T) {
	tests := []struct {
		name                     string
		namespace, event, offset string
		payload                  []byte
		want                     string
	}{
		{"default namespace", "/", "bookingCreated", "", []byte(`{"b":1,"a":2}`), `42["bookingCreated",{"b":1,"a":2}]`},
		{"no namespace", "", "x", "", []byte(`1`), `42["x",1]`},
		{"namespace", "/chat", "x", "", []byte(`null`), `42/chat,["x",null]`},
		{"namespace without its slash", "chat", "x", "", []byte(`null`), `42/chat,["x",null]`},
		{"offset", "/", "x", "7-a", []byte(`{}`), `42["x",{},"7-a"]`},
		{"offset alone", "/", "x", "7", nil, `42["x","7"]`},
		{"nothing", "/", "x", "", nil, `42["x"]`},
		{"names are quoted", "/", "a\"b\\c\n<é>\x01", "\"", nil, `42["a\"b\\c\n<é>\u0001","\""]`},
		{"a name that is not UTF-8", "/", "a\xff", "", nil, "42[\"a\uFFFD\"]"},
		{"a long name", "/", strings.Repeat("n", 300), "", []byte(`1`), `42["` + strings.Repeat("n", 300) + `",1]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := EventFrame(tt.namespace, tt.event, tt.payload, tt.offset)
			if got := string(f.Polling()); got != tt.want {
				t.Fatalf("got  %s\nwant %s", got, tt.want)
			}
			if again := Text([]byte(tt.want)); !bytes.Equal(f.WebSocket(), again.WebSocket()) {
				t.Error("not what Text makes of the same packet")
			}
			var d socketio.Decoder
			if _, complete, err := d.Text(f.Polling()[1:]); !complete || err != nil {
				t.Errorf("does not decode: %v", err)
			}
		})
	}
}

// A frame goes to many connections; one that wrote behind its end would write into everybody's.
func TestFrameCannotBeAppendedTo(t *testing.T) {
	f := Message([]byte(`2["x"]`), nil)
	_ = append(f.WebSocket(), "garbage"...)
	_ = append(f.Polling(), "garbage"...)
	if got := string(f.Polling()); got != `42["x"]` || cap(f.WebSocket()) != len(f.WebSocket()) || cap(f.Polling()) != len(f.Polling()) {
		t.Errorf("frame is %q", got)
	}
}

func TestFrameCopiesItsInput(t *testing.T) {
	packet, attachment, payload := []byte("51-[]"), []byte{1}, []byte("1")
	f, e := Message(packet, [][]byte{attachment}), EventFrame("", "x", payload, "")
	packet[0], attachment[0], payload[0] = 'X', 9, '9'
	if got := string(f.Polling()) + string(e.Polling()); got != "451-[]\x1ebAQ=="+`42["x",1]` {
		t.Errorf("frames changed to %q", got)
	}
}

func TestPollingIsMadeOnce(t *testing.T) {
	f := Message([]byte("51-[]"), [][]byte{{1, 2, 3}})
	var wait sync.WaitGroup
	forms := make([][]byte, 8)
	for i := range forms {
		wait.Go(func() { forms[i] = f.Polling() })
	}
	wait.Wait()
	for _, form := range forms {
		if &form[0] != &forms[0][0] {
			t.Fatal("made more than once")
		}
	}
}

func TestFrameAllocations(t *testing.T) {
	packet, attachments := []byte(`51-["x",{"_placeholder":true,"num":0}]`), [][]byte{make([]byte, 300)}
	payload := json.RawMessage(`{"bookingId":"01JD5Z3V8K"}`)
	for name, make := range map[string]func() *Frame{
		"text":    func() *Frame { return Text(packet) },
		"message": func() *Frame { return Message(packet, attachments) },
		"event":   func() *Frame { return EventFrame("/", "bookingUpdated", payload, "0000000000000042") },
	} {
		var f *Frame
		// The frame itself and its bytes; the polling form of a single text packet is part of them.
		if n := testing.AllocsPerRun(100, func() { f = make() }); n > 2 {
			t.Errorf("%s: %v allocations", name, n)
		}
		_ = f
	}
}

func BenchmarkEventFrame(b *testing.B) {
	payload := []byte(`{"bookingId":"01JD5Z3V8K","customerName":"Asha","brand":"Samsung","model":"QN90","status":"Scheduled","oldStatus":"Pending","version":2}`)
	b.ReportAllocs()
	for b.Loop() {
		EventFrame("/", "bookingUpdated", payload, "0000000000000042")
	}
}

func BenchmarkMessageWithAttachment(b *testing.B) {
	packet, attachments := []byte(`51-["x",{"_placeholder":true,"num":0}]`), [][]byte{make([]byte, 4096)}
	b.ReportAllocs()
	for b.Loop() {
		Message(packet, attachments).Polling()
	}
}
