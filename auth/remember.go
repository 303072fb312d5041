package auth

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// remember keeps what was read for a short while, at most so many values. A value that is forgotten while it is being
// read is read again: what was read before the change that made it wrong is neither kept nor returned.
type remember[V any] struct {
	read func(ctx context.Context, key string) (V, error)
	ttl  time.Duration
	now  func() time.Time

	mu      sync.Mutex
	kept    *simplelru.LRU[string, kept[V]]
	reading map[string]*reading
}

type kept[V any] struct {
	value V
	until time.Time
}

// reading is what goes on for a key: how many read it, and how often it was forgotten meanwhile.
type reading struct{ readers, forgotten int }

func newRemember[V any](size int, ttl time.Duration, now func() time.Time, read func(context.Context, string) (V, error)) (*remember[V], error) {
	lru, err := simplelru.NewLRU[string, kept[V]](size, nil)
	if err != nil {
		return nil, err
	}
	return &remember[V]{read: read, ttl: ttl, now: now, kept: lru, reading: map[string]*reading{}}, nil
}

// value returns what is kept for a key, or reads it. Errors are not kept.
func (m *remember[V]) value(ctx context.Context, key string) (V, error) {
	for {
		if v, ok := m.look(key); ok {
			return v, nil
		}
		before := m.begin(key)
		v, err := m.read(ctx, key)
		if m.end(key, before, v, err) || err != nil {
			return v, err
		}
	}
}

func (m *remember[V]) look(key string) (v V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.kept.Get(key)
	if !ok || !m.now().Before(k.until) {
		return v, false
	}
	return k.value, true
}

func (m *remember[V]) begin(key string) (forgotten int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.reading[key]
	if r == nil {
		r = &reading{}
		m.reading[key] = r
	}
	r.readers++
	return r.forgotten
}

// end keeps what was read and reports whether it could: not when the key was forgotten since begin.
func (m *remember[V]) end(key string, before int, v V, err error) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.reading[key]
	if r.readers--; r.readers == 0 {
		delete(m.reading, key)
	}
	if err != nil || r.forgotten != before {
		return false
	}
	m.kept.Add(key, kept[V]{v, m.now().Add(m.ttl)})
	return true
}

// forget makes the next value be read.
func (m *remember[V]) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept.Remove(key)
	if r := m.reading[key]; r != nil {
		r.forgotten++
	}
}
