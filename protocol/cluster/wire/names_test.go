package wire_test

import (
	"slices"
	"testing"

	"kapoor.example/desk/protocol/cluster/wire"
)

func TestStreams(t *testing.T) {
	tests := []struct {
		name, namespace string
		streams         int
		want            string
	}{
		{"one", "/anything", 1, "socket.io"},
		{"none said", "/", 0, "socket.io"},
		{"the main one", "/", 4, "socket.io-3"},
		{"custom", "/custom", 4, "socket.io-0"},
		{"chat", "/chat", 4, "socket.io-3"},
		{"below zero", "/secure", 4, "socket.io--2"},
		{"a character of two units", "/𝄞", 1000, "socket.io-561"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := wire.DefaultNames()
			n.Streams = tt.streams
			got := n.StreamOf(tt.namespace)
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !slices.Contains(n.All(), got) {
				t.Errorf("%s is not in %v", got, n.All())
			}
		})
	}
}

func TestChannelsAndKeys(t *testing.T) {
	n := wire.DefaultNames()
	if got := n.Public("/chat"); got != "socket.io#/chat#" {
		t.Error(got)
	}
	if got := n.Private("/", "bd33"); got != "socket.io#/#bd33#" {
		t.Error(got)
	}
	if got := n.Session("p"); got != "sio:session:p" {
		t.Error(got)
	}
}
