package realtime

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Of returns the namespace with this name, made if need be. Call it while setting up.
func (s *Server) Of(name string) *Namespace {
	name = canonical(name)
	s.namespacesMu.Lock()
	defer s.namespacesMu.Unlock()
	n := s.namespaces[name]
	if n == nil {
		n = newNamespace(s, name, behaviour{})
		s.namespaces[name] = n
	}
	return n
}

// canonical gives a name its slash: "" is "/", "chat" is "/chat".
func canonical(name string) string {
	if !strings.HasPrefix(name, "/") {
		return "/" + name
	}
	return name
}

// OfPattern returns a parent of dynamic namespaces: whatever name the pattern matches becomes a namespace when the first
// client connects to it. See OfFunc.
func (s *Server) OfPattern(p *regexp.Regexp) *Namespace {
	return s.OfFunc(func(name string, _ json.RawMessage) bool { return p.MatchString(name) })
}

// OfFunc returns a parent of dynamic namespaces: a name that no namespace has becomes one when match says so. The first
// parent that matches makes it; the child begins with all that was set on its parent. What is emitted on the parent, or
// asked of it, concerns all its children. match is called on the session's actor with the CONNECT payload (nil without)
// and must not block. It is asked only where there is no such namespace yet: who may enter is for a middleware to say.
// Call it while setting up.
func (s *Server) OfFunc(match func(name string, auth json.RawMessage) bool) *Namespace {
	n := newNamespace(s, "", behaviour{})
	n.match, n.children = match, map[string]*Namespace{}
	s.namespacesMu.Lock()
	defer s.namespacesMu.Unlock()
	s.parents = append(s.parents, n)
	return n
}

// OnNewNamespace adds a hook that is called with every child of a dynamic namespace before its first socket is
// admitted. It may set up the child, and must not block. Call it while setting up.
func (s *Server) OnNewNamespace(f func(*Namespace)) { s.onNewNamespace = append(s.onNewNamespace, f) }

// Namespaces returns the names of all namespaces there are now, sorted.
func (s *Server) Namespaces() []string {
	s.namespacesMu.RLock()
	defer s.namespacesMu.RUnlock()
	return slices.Sorted(maps.Keys(s.namespaces))
}

// Sockets returns the number of connected sockets of a namespace.
func (s *Server) Sockets(namespace string) int {
	s.namespacesMu.RLock()
	defer s.namespacesMu.RUnlock()
	if n := s.namespaces[canonical(namespace)]; n != nil {
		return n.Size()
	}
	return 0
}

// use returns the namespace that a CONNECT names, nil for none; disuse must follow.
func (s *Server) use(name string, auth json.RawMessage) *Namespace {
	s.namespacesMu.RLock()
	n := s.namespaces[name]
	parents := s.parents
	s.namespacesMu.RUnlock()
	if n != nil {
		if n.parent == nil {
			return n
		}
		return s.useChild(n.parent, name)
	}
	for _, p := range parents {
		if p.match(name, auth) {
			return s.useChild(p, name)
		}
	}
	return nil
}

// useChild finds or makes the child of a parent. Children are made one at a time, and without the lock that hooks need.
func (s *Server) useChild(parent *Namespace, name string) *Namespace {
	if n := s.useKnown(name); n != nil {
		return n
	}
	s.making.Lock()
	defer s.making.Unlock()
	if n := s.useKnown(name); n != nil {
		return n
	}
	if !s.makeRoom() {
		s.options.Logger.Warn().Int("namespaces", s.options.MaxDynamic).Msg("Too many dynamic namespaces")
		return nil
	}
	n := newNamespace(s, name, parent.inherit())
	n.parent, n.users = parent, 1
	made := false
	defer func() {
		if !made { // a hook panicked
			s.link.exit(name)
		}
	}()
	for _, f := range s.onNewNamespace {
		f(n)
	}
	s.namespacesMu.Lock()
	defer s.namespacesMu.Unlock()
	s.namespaces[name], parent.children[name] = n, n
	s.dynamic++
	made = true
	return n
}

// useKnown is useChild for one that is there.
func (s *Server) useKnown(name string) *Namespace {
	s.namespacesMu.Lock()
	defer s.namespacesMu.Unlock()
	n := s.namespaces[name]
	if n != nil {
		n.users++
		delete(s.empty, n)
	}
	return n
}

// makeRoom reports whether there may be one more child. Where there are as many as may be, an empty one is removed.
func (s *Server) makeRoom() bool {
	s.namespacesMu.Lock()
	defer s.namespacesMu.Unlock()
	if s.dynamic < s.options.MaxDynamic {
		return true
	}
	for n := range s.empty {
		s.removeChild(n)
		return true
	}
	return false
}

// removeChild forgets an empty child. The caller holds namespacesMu.
func (s *Server) removeChild(n *Namespace) {
	delete(s.namespaces, n.name)
	delete(n.parent.children, n.name)
	delete(s.empty, n)
	s.dynamic--
	s.link.exit(n.name)
}

// disuse says that a socket of use is gone, or was refused. An empty child is removed where the options ask for it, or when
// another one needs its place.
func (s *Server) disuse(n *Namespace) {
	if n.parent == nil {
		return
	}
	s.namespacesMu.Lock()
	defer s.namespacesMu.Unlock()
	n.users--
	switch {
	case n.users > 0:
	case s.options.CleanupEmptyNamespaces:
		s.removeChild(n)
	default:
		s.empty[n] = struct{}{}
	}
}

// targets returns the namespaces that an emit concerns: itself, or all children of a parent.
func (n *Namespace) targets() []*Namespace {
	if n.match == nil {
		return []*Namespace{n}
	}
	n.server.namespacesMu.RLock()
	defer n.server.namespacesMu.RUnlock()
	return slices.Collect(maps.Values(n.children))
}
