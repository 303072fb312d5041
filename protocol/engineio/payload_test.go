package engineio

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// packetStrings decodes a payload into one readable string per packet.
func packetStrings(body string, maxPackets int) ([]string, error) {
	var got []string
	err := DecodePayload([]byte(body), maxPackets, func(p Packet) error {
		kind := string(rune(p.Type))
		if p.Binary {
			kind += "b"
		}
		got = append(got, kind+":"+string(p.Data))
		return nil
	})
	return got, err
}

func TestDecodePayload(t *testing.T) {
	million := strings.Repeat("\x1e", 1_000_000)
	tests := []struct {
		name string
		body string
		max  int
		want []string // what is delivered, also before an error
		err  error
	}{
		{name: "one packet", body: "4a", want: []string{"4:a"}},
		{name: "several keep their order", body: "4a\x1e2\x1e4b", want: []string{"4:a", "2:", "4:b"}},
		{name: "binary", body: "bAQID", want: []string{"4b:\x01\x02\x03"}},
		{name: "binary with padding", body: "bAQ==", want: []string{"4b:\x01"}},
		{name: "empty binary", body: "b", want: []string{"4b:"}},
		{name: "mixed keep their order", body: "4a\x1ebAQID\x1e4€\x1ebAA==", want: []string{"4:a", "4b:\x01\x02\x03", "4:€", "4b:\x00"}},
		{name: "as many as allowed", body: "4a\x1e4b", max: 2, want: []string{"4:a", "4:b"}},
		{name: "one more", body: "4a\x1e4b\x1e4c", max: 2, err: ErrTooMany},
		{name: "no limit", body: "4a\x1e4b\x1e4c", max: 0, want: []string{"4:a", "4:b", "4:c"}},
		{name: "bytes that are not UTF-8", body: "4a\xff\x1e4b", want: []string{"4:a\uFFFD", "4:b"}},
		{name: "a character cut by the separator", body: "4\xe2\x82\x1e4b", want: []string{"4:\uFFFD", "4:b"}},
		{name: "empty body", body: "", err: ErrPacket},
		{name: "only a separator", body: "\x1e", err: ErrPacket},
		{name: "separator at the end", body: "4a\x1e", want: []string{"4:a"}, err: ErrPacket},
		{name: "empty packet in the middle", body: "4a\x1e\x1e4b", want: []string{"4:a"}, err: ErrPacket},
		{name: "unknown type", body: "4a\x1eabc\x1e4b", want: []string{"4:a"}, err: ErrPacket},
		{name: "payload of the old revision", body: "5:4abcd", want: []string{"5::4abcd"}},
		{name: "length-prefixed payload of the old revision", body: "11:40{}", want: []string{"1:1:40{}"}},
		{name: "binary with a type", body: "b4AQID!", err: ErrPacket},
		{name: "base64 of the wrong length", body: "bAQI", err: ErrPacket},
		{name: "base64 with characters for URLs", body: "b__79", err: ErrPacket},
		{name: "base64 with garbage", body: "b{}[]", err: ErrPacket},
		{name: "a million separators", body: million, max: 1000, err: ErrTooMany},
		{name: "a million separators without a limit", body: million, err: ErrPacket},
		{name: "a million packets", body: "4" + strings.Repeat("\x1e4", 1_000_000), max: 1000, err: ErrTooMany},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := packetStrings(tt.body, tt.max)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDecodePayloadStopsWithItsReader(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	err := DecodePayload([]byte("1\x1e4a\x1e4b"), 0, func(Packet) error {
		calls++
		return stop
	})
	if err != stop || calls != 1 {
		t.Errorf("error %v after %d calls, want the reader's own after 1", err, calls)
	}
}

// Repairing a body must not write into it: the caller may log or count it.
func TestDecodePayloadLeavesTheBodyAlone(t *testing.T) {
	body := []byte("4\xff\x1ebAQID")
	before := bytes.Clone(body)
	if err := DecodePayload(body, 0, func(Packet) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(body, before) {
		t.Errorf("body is %q now", body)
	}
}
