package realtime

import (
	"maps"
	"slices"
	"sync"
)

// directory finds sessions by their sid. Any goroutine may use it; the zero value is empty.
type directory struct {
	mu    sync.RWMutex
	bySid map[string]*Session
}

// add reports false where the sid is taken.
func (d *directory) add(s *Session) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bySid[s.sid] != nil {
		return false
	}
	if d.bySid == nil {
		d.bySid = map[string]*Session{}
	}
	d.bySid[s.sid] = s
	return true
}

// find returns nil for a sid that nobody has.
func (d *directory) find(sid string) *Session {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.bySid[sid]
}

// all returns those there are at the moment.
func (d *directory) all() []*Session {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Collect(maps.Values(d.bySid))
}

// remove reports whether the session was there.
func (d *directory) remove(s *Session) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bySid[s.sid] != s {
		return false
	}
	delete(d.bySid, s.sid)
	if len(d.bySid) == 0 {
		d.bySid = nil // a map never becomes smaller
	}
	return true
}
