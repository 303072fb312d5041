package engineio

import (
	"testing"
	"time"
)

func BenchmarkDecode(b *testing.B) {
	text := []byte(`42["typing",{"bookingId":"01JD5Z3V8K","isTyping":true}]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodePayload(b *testing.B) {
	body := []byte("42[\"a\",1]\x1e452-[\"b\",{\"_placeholder\":true,\"num\":0}]\x1ebAQIDBAUGBwg=\x1e3")
	b.ReportAllocs()
	for b.Loop() {
		if err := DecodePayload(body, 16, func(Packet) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHandshake(b *testing.B) {
	h := Handshake{Sid: "lv_VI97HAXpY6yYWAAAC", Upgrades: []string{"websocket"}, PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, MaxPayload: 1_000_000}
	buffer := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buffer = h.Append(buffer[:0])
	}
}
