package bookings

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// roster is who is online on the other servers of a cluster, as far as they have said. Only presence changes it; any
// goroutine may read it.
type roster struct {
	mu    sync.Mutex
	nodes map[string]*neighbour
	count map[string]int // by user, on how many other servers
}

// neighbour is another server. What it says is numbered: who has missed something asks for the whole list.
type neighbour struct {
	heard  time.Time
	number uint64 // of its last change that is known
	users  map[string]struct{}
	parts  map[string]struct{} // of a list that is on its way
	next   int                 // the list's part that has to come
}

func newRoster() *roster { return &roster{nodes: map[string]*neighbour{}, count: map[string]int{}} }

// elsewhere reports whether a user is online on another server.
func (r *roster) elsewhere(user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count[user] > 0
}

// online returns who is online here or elsewhere, at most max of them, in order.
func (r *roster) online(here []string, max int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[string]struct{}, len(here)+len(r.count))
	for _, user := range here {
		all[user] = struct{}{}
	}
	for user := range r.count {
		if len(all) >= max {
			break
		}
		all[user] = struct{}{}
	}
	return append([]string{}, slices.Sorted(maps.Keys(all))...) // never nil: it is told as a list
}

// hear takes in what another server says. It returns those who are online elsewhere now and were not, and those who were
// and are not; and whether something was missed.
func (r *roster) hear(w word, now time.Time) (came, went []string, missed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.nodes[w.Node]
	if n == nil {
		n = &neighbour{users: map[string]struct{}{}}
		r.nodes[w.Node] = n
	}
	n.heard = now
	switch w.Kind {
	case wordBeat:
		missed = w.Number != n.number
	case wordChange:
		switch {
		case w.Number <= n.number:
		case w.Number > n.number+1:
			missed = true
		default:
			n.number = w.Number
			for _, user := range w.Users {
				if w.Online {
					came = append(came, r.add(n, user)...)
				} else {
					went = append(went, r.remove(n, user)...)
				}
			}
		}
	case wordList:
		if w.Part == 0 {
			n.parts, n.next = map[string]struct{}{}, 0
		}
		if n.parts == nil || w.Part != n.next {
			n.parts = nil
			return nil, nil, true
		}
		for _, user := range w.Users {
			n.parts[user] = struct{}{}
		}
		if n.next++; !w.Last {
			return nil, nil, false
		}
		came, went = r.replace(n, n.parts)
		n.number, n.parts = w.Number, nil
	}
	return came, went, missed
}

// silent forgets servers that were not heard of since then, and returns who is not online elsewhere any more.
func (r *roster) silent(since time.Time) (went []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, n := range r.nodes {
		if n.heard.Before(since) {
			_, gone := r.replace(n, nil)
			went = append(went, gone...)
			delete(r.nodes, name)
		}
	}
	return went
}

// wait says that nobody could be heard until now.
func (r *roster) wait(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.nodes {
		n.heard = now
	}
}

func (r *roster) replace(n *neighbour, users map[string]struct{}) (came, went []string) {
	for user := range users {
		came = append(came, r.add(n, user)...)
	}
	for user := range n.users {
		if _, stays := users[user]; !stays {
			went = append(went, r.remove(n, user)...)
		}
	}
	return came, went
}

func (r *roster) add(n *neighbour, user string) []string {
	if _, known := n.users[user]; known {
		return nil
	}
	n.users[user] = struct{}{}
	if r.count[user]++; r.count[user] > 1 {
		return nil
	}
	return []string{user}
}

func (r *roster) remove(n *neighbour, user string) []string {
	if _, known := n.users[user]; !known {
		return nil
	}
	delete(n.users, user)
	if r.count[user]--; r.count[user] > 0 {
		return nil
	}
	delete(r.count, user)
	return []string{user}
}
