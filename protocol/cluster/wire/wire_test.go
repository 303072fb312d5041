package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
	"kapoor.example/desk/protocol/socketio"
)

const (
	sender  = "bd33097301b8e083"
	request = "5b473a9a621d9458"
)

func arg(text string, attachments ...[]byte) socketio.Arg {
	return socketio.Arg{Raw: json.RawMessage(text), Attachments: attachments}
}

// bodies are one or more messages of every kind, with the data that Node writes for them.
func bodies() []struct {
	name string
	body cluster.Body
	data string // "" where there are bytes in it
} {
	bin := [][]byte{{1, 2, 3}}
	return []struct {
		name string
		body cluster.Body
		data string
	}{
		{
			"broadcast", cluster.Broadcast{Data: []byte(`["hello",1,"2",{"a":true}]`)},
			`{"packet":{"type":2,"data":["hello",1,"2",{"a":true}]},"opts":{"rooms":[],"except":[],"flags":{}}}`,
		},
		{
			"to a room", cluster.Broadcast{To: cluster.Target{Rooms: []string{"room1"}}, Data: []byte(`["room","x"]`)},
			`{"packet":{"type":2,"data":["room","x"]},"opts":{"rooms":["room1"],"except":[],"flags":{}}}`,
		},
		{
			"except a room", cluster.Broadcast{To: cluster.Target{Except: []string{"room1"}}, Data: []byte(`["exc","x"]`)},
			`{"packet":{"type":2,"data":["exc","x"]},"opts":{"rooms":[],"except":["room1"],"flags":{}}}`,
		},
		{
			"volatile and plain", cluster.Broadcast{Volatile: true, Plain: true, Data: []byte(`["vol","x"]`)},
			`{"packet":{"type":2,"data":["vol","x"]},"opts":{"rooms":[],"except":[],"flags":{"volatile":true,"compress":false}}}`,
		},
		{
			"to one socket", cluster.Broadcast{Single: true, To: cluster.Target{Rooms: []string{"s"}}, Data: []byte(`["remote",1]`)},
			`{"packet":{"type":2,"data":["remote",1]},"opts":{"rooms":["s"],"except":[],"flags":{"expectSingleResponse":true}}}`,
		},
		{
			"direct with ack",
			cluster.Broadcast{
				PacketID: "3", Timeout: 500 * time.Millisecond, To: cluster.Target{Rooms: []string{"s"}}, Data: []byte(`["ask"]`),
			},
			`{"packet":{"type":2,"data":["ask"],"id":3},"opts":{"rooms":["s"],"except":[],"flags":{"timeout":500}}}`,
		},
		{"binary", cluster.Broadcast{Data: []byte(`["bin",{"_placeholder":true,"num":0},{"n":null,"d":null}]`), Attachments: bin}, ""},
		{
			"join", cluster.Join{To: cluster.Target{Rooms: []string{"all"}}, Rooms: []string{"r1", "r2"}},
			`{"opts":{"rooms":["all"],"except":[],"flags":{}},"rooms":["r1","r2"]}`,
		},
		{
			"leave", cluster.Leave{To: cluster.Target{Rooms: []string{"all"}, Except: []string{"zz"}}, Rooms: []string{"r2"}},
			`{"opts":{"rooms":["all"],"except":["zz"],"flags":{}},"rooms":["r2"]}`,
		},
		{
			"disconnect", cluster.Disconnect{To: cluster.Target{Rooms: []string{"all"}}, Close: true},
			`{"opts":{"rooms":["all"],"except":[],"flags":{}},"close":true}`,
		},
		{
			"fetch sockets", cluster.FetchSockets{To: cluster.Target{Rooms: []string{"all"}}},
			`{"opts":{"rooms":["all"],"except":[],"flags":{}}}`,
		},
		{"server event", cluster.ServerEvent{Data: []byte(`["news",1,"2",{"b":3}]`)}, `{"packet":["news",1,"2",{"b":3}]}`},
		{"binary server event", cluster.ServerEvent{Data: []byte(`["n",{"_placeholder":true,"num":0}]`), Attachments: bin}, ""},
	}
}

// replies are messages that only answer.
func replies() []struct {
	name string
	body cluster.Body
	data string
} {
	socket := cluster.Socket{
		ID: "pabnuf94S_BltTxYAAAB", Rooms: []string{"pabnuf94S_BltTxYAAAB", "all"}, Data: arg(`{"user":"u"}`),
		Handshake: cluster.Handshake{
			Header: map[string][]string{"host": {"localhost"}}, Time: "Mon", Address: "::1", Issued: time.UnixMilli(1795395554511),
			URL: "/socket.io/?EIO=4", Query: map[string]string{"EIO": "4"}, Auth: arg(`{"token":"good"}`),
		},
	}
	second := socket
	second.ID, second.Data = "other", arg(`{"f":{"_placeholder":true,"num":0}}`, []byte("bytes"))
	return []struct {
		name string
		body cluster.Body
		data string
	}{
		{
			"sockets", cluster.Sockets{List: []cluster.Socket{socket}},
			`{"requestId":"5b473a9a621d9458","sockets":[{"id":"pabnuf94S_BltTxYAAAB","handshake":{"headers":{"host":"localhost"},` +
				`"time":"Mon","address":"::1","xdomain":false,"secure":false,"issued":1795395554511,"url":"/socket.io/?EIO=4",` +
				`"query":{"EIO":"4"},"auth":{"token":"good"}},"rooms":["pabnuf94S_BltTxYAAAB","all"],"data":{"user":"u"}}]}`,
		},
		{"no sockets", cluster.Sockets{List: []cluster.Socket{}}, `{"requestId":"5b473a9a621d9458","sockets":[]}`},
		{"sockets with bytes", cluster.Sockets{List: []cluster.Socket{second}}, ""},
		{"answer", cluster.Answer{Value: arg(`{"answer":42}`)}, `{"requestId":"5b473a9a621d9458","packet":{"answer":42}}`},
		{"binary answer", cluster.Answer{Value: arg(`{"_placeholder":true,"num":0}`, []byte{9})}, ""},
		{"client count", cluster.ClientCount{N: 7}, `{"requestId":"5b473a9a621d9458","clientCount":7}`},
		{"client ack", cluster.ClientAck{Value: arg(`"yes"`)}, `{"requestId":"5b473a9a621d9458","packet":"yes"}`},
	}
}

// same compares messages, whatever of them shares what.
func same(t *testing.T, got, want cluster.Message) {
	t.Helper()
	normal := func(m cluster.Message) string {
		text, err := json.Marshal(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		// What is not there may be nil or empty.
		for _, empty := range []string{"[]", "{}"} {
			text = []byte(strings.ReplaceAll(string(text), ":"+empty, ":null"))
		}
		m.Body = nil
		head, _ := json.Marshal(m)
		return string(head) + reflect.TypeOf(want.Body).Name() + string(text) + attachments(m)
	}
	if g, w := normal(got), normal(want); g != w || reflect.TypeOf(got.Body) != reflect.TypeOf(want.Body) {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func attachments(m cluster.Message) string {
	switch b := m.Body.(type) {
	case cluster.Answer:
		return string(b.Value.Attachments[0])
	case cluster.Sockets:
		return string(b.List[0].Data.Attachments[0])
	}
	return ""
}

func TestEntries(t *testing.T) {
	for _, tt := range bodies() {
		t.Run(tt.name, func(t *testing.T) {
			m := cluster.Message{Sender: sender, Namespace: "/", Body: tt.body}
			e, err := wire.EncodeEntry(m)
			if err != nil {
				t.Fatal(err)
			}
			if _, asks := tt.body.(cluster.FetchSockets); tt.data != "" && e.Data != tt.data && !asks {
				t.Errorf("data %s\nwant %s", e.Data, tt.data)
			}
			got, err := wire.EntryOf(e.Fields()).Message()
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, m)
		})
	}
}

func TestChannels(t *testing.T) {
	for _, tt := range append(bodies(), replies()...) {
		t.Run(tt.name, func(t *testing.T) {
			m := cluster.Message{Sender: sender, Namespace: "/chat", Request: request, Body: tt.body}
			switch tt.body.(type) {
			case cluster.Join, cluster.Leave, cluster.Disconnect:
				m.Request = "" // nobody is asked
			}
			b, err := wire.Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			got, err := wire.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, m)
			e, err := wire.EncodeEntry(m) // servers before 0.3 answer in the log
			if err != nil {
				t.Fatal(err)
			}
			if m.Request != "" && tt.data != "" && strings.Contains(tt.data, "requestId") && e.Data != tt.data {
				t.Errorf("data %s\nwant %s", e.Data, tt.data)
			}
			if got, err = e.Message(); err != nil {
				t.Fatal(err)
			}
			same(t, got, m)
		})
	}
}

// TestSamples reads what Node's servers have written.
func TestSamples(t *testing.T) {
	empty := `"opts":{"rooms":[],"except":[],"flags":{}}`
	tests := []struct {
		name, kind, data string
		want             cluster.Body
	}{
		{
			"binary", "3", "gqZwYWNrZXSCpHR5cGUCpGRhdGGTo2JpbsQDAQIDgqFuwKFkwKRvcHRzg6Vyb29tc5CmZXhjZXB0kKVmbGFnc4A=",
			cluster.Broadcast{Data: []byte(`["bin",{"_placeholder":true,"num":0},{"n":null,"d":null}]`), Attachments: [][]byte{{1, 2, 3}}},
		},
		{
			"an emitter's", "3", `{"packet":{"type":2,"data":["e",1],"nsp":"/"},` + empty + `}`,
			cluster.Broadcast{Data: []byte(`["e",1]`)},
		},
		{
			"with white space", "3", `{"opts": {"rooms": ["a b"], "except": [], "flags": {}}, "packet": {"type": 2, "data": ["e", {"k": "v w"}]}}`,
			cluster.Broadcast{To: cluster.Target{Rooms: []string{"a b"}}, Data: []byte(`["e",{"k":"v w"}]`)},
		},
		{"without flags", "3", `{"packet":{"type":2,"data":["e"]},"opts":{"rooms":null}}`, cluster.Broadcast{Data: []byte(`["e"]`)}},
		{"a number for a name", "3", `{"packet":{"type":2,"data":[5]},` + empty + `}`, cluster.Broadcast{Data: []byte(`[5]`)}},
		{"binary type", "3", `{"packet":{"type":5,"data":["e"]},` + empty + `}`, cluster.Broadcast{Data: []byte(`["e"]`)}},
		{
			"what passes for a placeholder", "3", `{"packet":{"type":2,"data":["e",{"_placeholder":true,"num":0}]},` + empty + `}`,
			cluster.Broadcast{Data: []byte(`["e",{"_placeholder":true,"num":0}]`)},
		},
		{"an emitter's server event", "9", `{"packet":["news",1]}`, cluster.ServerEvent{Data: []byte(`["news",1]`)}},
		{"an answer of nothing", "10", `{"requestId":"r"}`, cluster.Answer{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := wire.EntryOf([]string{"uid", "emitter", "nsp", "/", "type", tt.kind, "data", tt.data, "more", "x"})
			m, err := e.Message()
			if err != nil {
				t.Fatal(err)
			}
			want := cluster.Message{Sender: cluster.EmitterName, Namespace: "/", Request: m.Request, Body: tt.want}
			if tt.name == "an answer of nothing" {
				if _, ok := m.Body.(cluster.Answer); !ok || m.Request != "r" {
					t.Errorf("%+v", m)
				}
				return
			}
			same(t, m, want)
		})
	}
}

func TestMalformed(t *testing.T) {
	opts := `"opts":{"rooms":[],"except":[],"flags":{}}`
	entry := func(kind, data string) wire.Entry {
		return wire.Entry{Sender: sender, Namespace: "/", Type: kind, Data: data}
	}
	packed := func(b string) string { return base64.StdEncoding.EncodeToString([]byte(b)) }
	tests := []struct {
		name  string
		entry wire.Entry
		want  error
	}{
		{"nothing", wire.Entry{}, wire.ErrMalformed},
		{"no sender", wire.Entry{Namespace: "/", Type: "3", Data: `{}`}, wire.ErrMalformed},
		{"no namespace", wire.Entry{Sender: sender, Type: "3", Data: `{}`}, wire.ErrMalformed},
		{"no type", entry("", `{}`), wire.ErrMalformed},
		{"unknown type", entry("14", `{}`), wire.ErrMalformed},
		{"type below zero", entry("-3", `{}`), wire.ErrMalformed},
		{"huge type", entry("99999999999999999999", `{}`), wire.ErrMalformed},
		{"heartbeat", entry("2", ""), wire.ErrForeign},
		{"first heartbeat", entry("1", ""), wire.ErrForeign},
		{"close", entry("13", ""), wire.ErrForeign},
		{"no data", entry("3", ""), wire.ErrMalformed},
		{"no JSON", entry("3", `{"packet"`), wire.ErrMalformed},
		{"no base64", entry("3", `****`), wire.ErrMalformed},
		{"no msgpack", entry("3", packed("\xc1")), wire.ErrMalformed},
		{"cut msgpack", entry("3", packed("\x82\xa6packet")), wire.ErrMalformed},
		{"a list", entry("3", packed("\x92\x01\x02")), wire.ErrMalformed},
		{"a map that says it is huge", entry("3", packed("\xdf\xff\xff\xff\xff")), wire.ErrMalformed},
		{"an odd key", entry("3", packed("\x81\xc0\x01")), wire.ErrMalformed},
		{"no packet", entry("3", `{`+opts+`}`), wire.ErrMalformed},
		{"packet of another type", entry("3", `{"packet":{"type":3,"data":["e"]},`+opts+`}`), wire.ErrMalformed},
		{"no opts", entry("3", `{"packet":{"type":2,"data":["e"]}}`), wire.ErrMalformed},
		{"opts that are none", entry("3", `{"packet":{"type":2,"data":["e"]},"opts":7}`), wire.ErrMalformed},
		{"rooms that are none", entry("4", `{`+opts+`,"rooms":"r"}`), wire.ErrMalformed},
		{"rooms of numbers", entry("4", `{`+opts+`,"rooms":[1]}`), wire.ErrMalformed},
		{"close that is none", entry("6", `{`+opts+`,"close":"yes"}`), wire.ErrMalformed},
		{"event without a name", entry("3", `{"packet":{"type":2,"data":[]},`+opts+`}`), wire.ErrMalformed},
		{"event that is none", entry("3", `{"packet":{"type":2,"data":{}},`+opts+`}`), wire.ErrMalformed},
		{"reserved name", entry("3", `{"packet":{"type":2,"data":["disconnect"]},`+opts+`}`), wire.ErrMalformed},
		{"reserved name with escapes", entry("3", `{"packet":{"type":2,"data":["\u0063onnect"]},`+opts+`}`), wire.ErrMalformed},
		{"packet id that is none", entry("3", `{"packet":{"type":2,"data":["e"],"id":-1},`+opts+`}`), wire.ErrMalformed},
		{"server event that is none", entry("9", `{"packet":7}`), wire.ErrMalformed},
		{"answer to nothing", entry("10", `{"packet":1}`), wire.ErrMalformed},
		{"clients below zero", entry("11", `{"requestId":"r","clientCount":-1}`), wire.ErrMalformed},
		{"half a client", entry("11", `{"requestId":"r","clientCount":1.5}`), wire.ErrMalformed},
		{"sockets that are none", entry("8", `{"requestId":"r","sockets":7}`), wire.ErrMalformed},
		{"socket without an id", entry("8", `{"requestId":"r","sockets":[{}]}`), wire.ErrMalformed},
		{"too large", entry("3", strings.Repeat("x", wire.MaxSize+1)), cluster.ErrTooLarge},
		{"nested JSON", entry("3", `{"packet":{"type":2,"data":["e",`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`]},`+opts+`}`), wire.ErrMalformed},
		{
			"nested msgpack",
			entry("3", packed("\x82\xa6packet\x82\xa4type\x02\xa4data\x92\xa1e"+strings.Repeat("\x91", 5000)+"\xc0\xa4opts\x80")), wire.ErrMalformed,
		},
		{
			"bytes beside what passes for a placeholder",
			entry("3", packed("\x82\xa6packet\x82\xa4type\x02\xa4data\x93\xa1e\xc4\x01x\x81\xac_placeholder\xc3\xa4opts\x80")), wire.ErrMalformed,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if m, err := tt.entry.Message(); !errors.Is(err, tt.want) {
				t.Errorf("%+v %v", m, err)
			}
		})
	}
}

func TestTooLargeToWrite(t *testing.T) {
	b := cluster.Broadcast{Data: []byte(`["e","` + strings.Repeat("x", wire.MaxSize) + `"]`)}
	m := cluster.Message{Sender: sender, Namespace: "/", Body: b}
	if _, err := wire.EncodeEntry(m); !errors.Is(err, cluster.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := wire.Encode(m); !errors.Is(err, cluster.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := wire.Decode(make([]byte, wire.MaxSize+1)); !errors.Is(err, cluster.ErrTooLarge) {
		t.Error(err)
	}
	if _, err := wire.DecodeSession(strings.Repeat("x", wire.MaxSize+1)); !errors.Is(err, cluster.ErrTooLarge) {
		t.Error(err)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	tests := []struct {
		name string
		body cluster.Body
		want error
	}{
		{"nothing", nil, cluster.ErrKind},
		{"placeholder without its attachment", cluster.Broadcast{
			Data: []byte(`["e",{"_placeholder":true,"num":1}]`), Attachments: [][]byte{{1}},
		}, wire.ErrMalformed},
		{"no JSON", cluster.ServerEvent{Data: []byte(`["e`)}, wire.ErrMalformed},
		{"a number out of range", cluster.ServerEvent{Data: []byte(`["e",1e999]`)}, wire.ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := wire.Encode(cluster.Message{Sender: sender, Namespace: "/", Body: tt.body}); !errors.Is(err, tt.want) {
				t.Error(err)
			}
		})
	}
}

func TestDecodeMalformed(t *testing.T) {
	tests := map[string]string{
		"nothing":             "",
		"a number":            "\x01",
		"no map":              "\x90",
		"an empty map":        "\x80",
		"a type that is none": "\x83\xa4type\xa1x\xa3uid\xa1u\xa3nsp\xa1/",
		"no sender":           "\x82\xa4type\x03\xa3nsp\xa1/",
		"a sender of bytes":   "\x83\xa4type\x03\xa3uid\xc4\x01u\xa3nsp\xa1/",
		"no data":             "\x83\xa4type\x03\xa3uid\xa1u\xa3nsp\xa1/",
		"an extension":        "\xc9\xff\xff\xff\xff\x01",
		"a cut extension":     "\xc8\xff",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if m, err := wire.Decode([]byte(text)); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("%+v %v", m, err)
			}
		})
	}
}

func TestSessions(t *testing.T) {
	const written = "hKNzaWSiczGjcGlkonAxpXJvb21zkqJzMaFypGRhdGGCoXWheKFmxAEJ" // by Node
	want := cluster.Session{
		ID: "s1", PID: "p1", Rooms: []string{"s1", "r"}, Data: arg(`{"u":"x","f":{"_placeholder":true,"num":0}}`, []byte{9}),
	}
	got, err := wire.DecodeSession(written)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
	text, err := wire.EncodeSession(want)
	if err != nil || text != written {
		t.Errorf("%s %v", text, err)
	}
	if text, err = wire.EncodeSession(cluster.Session{ID: "s", PID: "p"}); err != nil {
		t.Fatal(err)
	}
	if got, err = wire.DecodeSession(text); err != nil || string(got.Data.Raw) != "{}" || len(got.Rooms) != 0 {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"", "*", "gA==", "wQ==", "gaNzaWQB"} {
		if s, err := wire.DecodeSession(bad); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%q: %+v %v", bad, s, err)
		}
	}
}

func TestMarker(t *testing.T) {
	e := wire.EntryOf(wire.Marker(sender, "/", 7).Fields())
	if !e.IsMarker() || e.Seq != 7 {
		t.Errorf("%+v", e)
	}
	if _, err := e.Message(); !errors.Is(err, wire.ErrForeign) {
		t.Error(err)
	}
	if wire.EntryOf([]string{"type", "2"}).IsMarker() || wire.EntryOf([]string{"type", "2", "seq", "x"}).IsMarker() {
		t.Error("a heartbeat is no marker")
	}
}
