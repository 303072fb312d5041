package engineio

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestHandshake(t *testing.T) {
	tests := []struct {
		name string
		in   Handshake
		want string
	}{
		{
			"on polling",
			Handshake{Sid: "lv_VI97HAXpY6yYWAAAC", Upgrades: []string{"websocket"}, PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, MaxPayload: 1_000_000},
			`0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`,
		},
		{
			"on a WebSocket",
			Handshake{Sid: "a", PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond, MaxPayload: 1},
			`0{"sid":"a","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1}`,
		},
		{
			"several upgrades, an odd sid from a generator",
			Handshake{Sid: "a\"\\\n<é>", Upgrades: []string{"websocket", "webtransport"}},
			`0{"sid":"a\"\\\n<é>","upgrades":["websocket","webtransport"],"pingInterval":0,"pingTimeout":0,"maxPayload":0}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.in.Append([]byte{})
			if string(got) != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !json.Valid(got[1:]) {
				t.Error("not JSON")
			}
		})
	}
}

func TestRequestErrors(t *testing.T) {
	tests := []struct {
		err    RequestError
		body   string
		status int
	}{
		{ErrTransportUnknown, `{"code":0,"message":"Transport unknown"}`, 400},
		{ErrUnknownSid, `{"code":1,"message":"Session ID unknown"}`, 400},
		{ErrBadMethod, `{"code":2,"message":"Bad handshake method"}`, 400},
		{ErrBadRequest, `{"code":3,"message":"Bad request"}`, 400},
		{ErrForbidden, `{"code":4,"message":"Forbidden"}`, 403},
		{ErrUnsupportedVersion, `{"code":5,"message":"Unsupported protocol version"}`, 400},
		{RequestError{4, "not <here>, \"friend\""}, `{"code":4,"message":"not <here>, \"friend\""}`, 403},
	}
	for _, tt := range tests {
		t.Run(tt.err.Message, func(t *testing.T) {
			if got := string(tt.err.JSON()); got != tt.body {
				t.Errorf("body %s, want %s", got, tt.body)
			}
			if got := tt.err.Status(); got != tt.status {
				t.Errorf("status %d, want %d", got, tt.status)
			}
			if !errors.Is(fmt.Errorf("handshake: %w", tt.err), tt.err) {
				t.Error("not found by errors.Is")
			}
		})
	}
}
