package realtime

import (
	"context"
	"slices"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// Sessions is where the servers of a cluster leave the connections they have lost to each other.
type Sessions interface {
	// Leave leaves one for as long as it says. It must not wait; a Take that follows finds it.
	Leave(s cluster.Session)
	// Take takes one away, so that nobody else gets it; nil is none.
	Take(ctx context.Context, pid string) (*cluster.Session, error)
}

// sessionOf returns a socket that was lost as other servers get it.
func sessionOf(r *record, t cluster.Trace) cluster.Session {
	t.Namespace, t.User, t.UserRooms = r.namespace, r.user.ID, r.user.Rooms
	rooms := r.rooms
	if !slices.Contains(rooms, r.id) {
		rooms = append(slices.Clone(rooms), r.id)
	}
	return cluster.Session{ID: r.id, PID: r.pid, Rooms: rooms, Data: dataOf(r.data), Trace: &t}
}

// recordOf returns a session of another server as one that resumes it needs it.
func recordOf(s *cluster.Session, namespace string) *record {
	r := &record{pid: s.PID, id: s.ID, namespace: namespace, rooms: s.Rooms, session: s, data: dataFrom(s.Data)}
	if s.Trace != nil {
		r.user = User{ID: s.Trace.User, Rooms: s.Trace.UserRooms}
	}
	return r
}

// dataFrom returns what dataOf made of an application's data: JSON, with its attachments where it has some.
func dataFrom(a socketio.Arg) any {
	switch {
	case len(a.Attachments) > 0:
		return a
	case a.Raw == nil || string(a.Raw) == "null" || string(a.Raw) == "{}":
		return nil // Node's sockets have an empty object where ours have nothing
	}
	return a.Raw
}
