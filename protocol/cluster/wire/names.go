package wire

import (
	"strconv"
	"unicode/utf16"
)

// Names are those of the streams and channels that the servers of a cluster share. All have to use the same.
type Names struct {
	Stream   string // of the log
	Streams  int    // over which namespaces are spread; 0 and 1 mean that Stream is the only one
	Channels string // what the names of channels begin with
	Sessions string // what the keys of sessions begin with
}

// DefaultNames are those of Node's adapter.
func DefaultNames() Names {
	return Names{Stream: "socket.io", Streams: 1, Channels: "socket.io", Sessions: "sio:session:"}
}

// StreamOf returns the stream of a namespace. Its number may be negative, as with Node: there nobody reads such a stream,
// and a namespace is cut off from the cluster by it. Here it is read like the others.
func (n Names) StreamOf(namespace string) string {
	if n.Streams <= 1 {
		return n.Stream
	}
	return n.numbered(int(hash(namespace)) % n.Streams)
}

// All returns every stream there can be.
func (n Names) All() []string {
	if n.Streams <= 1 {
		return []string{n.Stream}
	}
	list := make([]string, 0, 2*n.Streams-1)
	for i := 1 - n.Streams; i < n.Streams; i++ {
		list = append(list, n.numbered(i))
	}
	return list
}

func (n Names) numbered(i int) string { return n.Stream + "-" + strconv.Itoa(i) }

// Public returns the channel on which the servers of a namespace are asked.
func (n Names) Public(namespace string) string { return n.Channels + "#" + namespace + "#" }

// Private returns the channel on which one of them is answered.
func (n Names) Private(namespace, server string) string { return n.Public(namespace) + server + "#" }

// Session returns the key of a session.
func (n Names) Session(pid string) string { return n.Sessions + pid }

// hash is what JavaScript makes of a string, in 32 bits, unit by unit of UTF-16.
func hash(s string) int32 {
	var h int32
	for _, unit := range utf16.Encode([]rune(s)) {
		h = h*31 + int32(unit)
	}
	return h
}
