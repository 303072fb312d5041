package engineio

import (
	"errors"
	"testing"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		name string
		text string
		want PacketType
		data string
		err  error
	}{
		{name: "open", text: `0{"sid":"x"}`, want: Open, data: `{"sid":"x"}`},
		{name: "close", text: "1", want: Close},
		{name: "ping", text: "2", want: Ping},
		{name: "probe", text: "2probe", want: Ping, data: "probe"},
		{name: "pong", text: "3", want: Pong},
		{name: "message", text: "4hello", want: Message, data: "hello"},
		{name: "empty message", text: "4", want: Message},
		{name: "message of several bytes a character", text: "4€…𝄞", want: Message, data: "€…𝄞"},
		{name: "message that holds the separator", text: "4a\x1eb", want: Message, data: "a\x1eb"},
		{name: "upgrade", text: "5", want: Upgrade},
		{name: "noop", text: "6", want: Noop},
		{name: "nothing", text: "", err: ErrPacket},
		{name: "type 7", text: "7", err: ErrPacket},
		{name: "type before 0", text: "/", err: ErrPacket},
		{name: "letters", text: "abc", err: ErrPacket},
		{name: "type as a byte and not as a digit", text: "\x04abc", err: ErrPacket},
		{name: "base64 that is none", text: "bA?", err: ErrPacket},
		{name: "leading space", text: " 4a", err: ErrPacket},
		{name: "not UTF-8", text: "4\xff\xfe", err: ErrPacket},
		{name: "half a character", text: "4\xe2\x82", err: ErrPacket},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Decode([]byte(tt.text))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if p.Type != tt.want || string(p.Data) != tt.data || p.Binary {
				t.Errorf("got %c %q binary=%v", p.Type, p.Data, p.Binary)
			}
			if back := AppendText(nil, p.Type, p.Data); string(back) != tt.text {
				t.Errorf("encoded again: %q", back)
			}
		})
	}
}

// TestDecodeBase64 is for clients with forceBase64: over a WebSocket they sent their binary messages as text, and were
// closed with a parse error.
func TestDecodeBase64(t *testing.T) {
	p, err := Decode([]byte("bAQID"))
	if err != nil || p.Type != Message || !p.Binary || string(p.Data) != "\x01\x02\x03" {
		t.Errorf("got %c %q binary=%v, %v", p.Type, p.Data, p.Binary, err)
	}
}

func TestAppendBinary(t *testing.T) {
	for data, want := range map[string]string{
		"":             "b",
		"\x01":         "bAQ==",
		"\x01\x02":     "bAQI=",
		"\x01\x02\x03": "bAQID",
		"\xff\xfe\xfd": "b//79",
	} {
		if got := AppendBinary([]byte("x"), []byte(data)); string(got) != "x"+want {
			t.Errorf("%x: got %q, want %q", data, got, "x"+want)
		}
	}
}
