package realtime

import (
	"encoding/json"
	"slices"

	"kapoor.example/desk/protocol/socketio"
)

// Entry is an event that has its place already and its payload encoded: one that was stored first.
type Entry struct {
	Namespace string // "/" when empty
	Name      string
	Rooms     []string // empty, or with RoomEveryone in it: everybody
	Payload   []byte   // JSON, sent as the only argument
	// Offset is what a client names to get what came after; "" sends none.
	Offset string
}

// event returns the entry as the payload of an event.
func (e Entry) event() (data []byte, attachments [][]byte) {
	data, _, err := socketio.EncodeEvent(e.Name, json.RawMessage(e.Payload))
	if err != nil {
		return nil, nil // for listeners only: a payload that is no JSON is nothing they could read
	}
	return data, nil
}

// audience returns the rooms; nil for everybody.
func (e Entry) audience() []string {
	if slices.Contains(e.Rooms, RoomEveryone) {
		return nil
	}
	return e.Rooms
}

// RoomEveryone in an Entry's rooms means every socket of the namespace.
const RoomEveryone = "*"

// Publish emits entries in their order, after everything published before, and calls done once no shard holds them any
// longer: whoever publishes much waits for that. Call it from one goroutine.
func (s *Server) Publish(entries []Entry, done func()) {
	s.adapter.send(publication{entries: entries, done: done})
}

// Revocation ends the connections that came in with tokens that are void now.
type Revocation struct {
	User    string
	Rights  uint64 // ends those of the user with lower rights
	TokenID string // ends those that came in with this token; "" for none
}

func (r Revocation) hits(u User) bool {
	return u.ID == r.User && (u.Rights < r.Rights || r.TokenID != "" && u.TokenID == r.TokenID)
}

// Revoke ends connections, in the order of Publish: none of them receives what is published after it.
func (s *Server) Revoke(r Revocation) { s.adapter.send(r) }
