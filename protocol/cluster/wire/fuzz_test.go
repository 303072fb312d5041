package wire_test

import (
	"testing"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/wire"
)

// FuzzEntry reads anything as an entry. What it reads it can write, and reads the same again.
func FuzzEntry(f *testing.F) {
	for _, tt := range append(bodies(), replies()...) {
		e, err := wire.EncodeEntry(cluster.Message{Sender: sender, Namespace: "/", Request: request, Body: tt.body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.Type, e.Data)
	}
	f.Add("3", "gqZwYWNrZXSCpHR5cGUCpGRhdGGTo2JpbsQDAQIDgqFuwKFkwKRvcHRzg6Vyb29tc5CmZXhjZXB0kKVmbGFnc4A=")
	f.Add("13", "")
	f.Fuzz(func(t *testing.T, kind, data string) {
		m, err := wire.EntryOf([]string{"uid", sender, "nsp", "/", "type", kind, "data", data}).Message()
		if err != nil {
			return
		}
		e, err := wire.EncodeEntry(m)
		if err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
		again, err := e.Message()
		if err != nil {
			t.Fatalf("%+v: %v", e, err)
		}
		sameShape(t, again, m)
	})
}

// FuzzDecode reads anything as a message on a channel.
func FuzzDecode(f *testing.F) {
	for _, tt := range append(bodies(), replies()...) {
		b, err := wire.Encode(cluster.Message{Sender: sender, Namespace: "/", Request: request, Body: tt.body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.Decode(b)
		if err != nil {
			return
		}
		again, err := wire.Encode(m)
		if err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
		back, err := wire.Decode(again)
		if err != nil {
			t.Fatalf("%x: %v", again, err)
		}
		sameShape(t, back, m)
	})
}

// FuzzSession reads anything as a session.
func FuzzSession(f *testing.F) {
	f.Add("hKNzaWSiczGjcGlkonAxpXJvb21zkqJzMaFypGRhdGGCoXWheKFmxAEJ")
	f.Add("gA==")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := wire.DecodeSession(text)
		if err != nil {
			return
		}
		if text, err = wire.EncodeSession(s); err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		if again, err := wire.DecodeSession(text); err != nil || again.ID != s.ID || again.PID != s.PID || len(again.Rooms) != len(s.Rooms) {
			t.Fatalf("%+v became %+v, %v", s, again, err)
		}
	})
}

// sameShape compares what does not change by being written: numbers may be written otherwise.
func sameShape(t *testing.T, got, want cluster.Message) {
	t.Helper()
	if got.Sender != want.Sender || got.Namespace != want.Namespace || got.Request != want.Request {
		t.Errorf("%+v became %+v", want, got)
	}
	switch want := want.Body.(type) {
	case cluster.Broadcast:
		got, ok := got.Body.(cluster.Broadcast)
		if !ok || len(got.To.Rooms) != len(want.To.Rooms) || len(got.To.Except) != len(want.To.Except) ||
			got.PacketID != want.PacketID || got.Volatile != want.Volatile || len(got.Attachments) != len(want.Attachments) {
			t.Errorf("%+v became %+v", want, got)
		}
	case cluster.ClientCount:
		if got.Body != want {
			t.Errorf("%+v became %+v", want, got)
		}
	}
}
