package redis

import (
	"context"
	"time"
)

// known is what was found out of a node, or is being.
type known struct {
	address string        // "" for nobody
	asked   time.Time     // when Redis answered last
	missing time.Time     // since when Redis has nobody of the name, though there was somebody; zero while it has
	asking  chan struct{} // closed when whoever asks now has done so; nil where nobody does
}

const (
	nodeFresh = time.Second            // how long Redis is not asked again: for a node, and after it was asked in vain
	findTime  = 300 * time.Millisecond // what asking may take
	maxKnown  = 10_000                 // names that are remembered; clients say them
)

// Find returns the address of a node, or false where there is none of the name. One caller asks for a node at a time.
// Meanwhile, and while Redis does not answer, the others are told what it said last.
//
// A Redis that has come back without its data, or after the keys' time, has nobody of any name until the nodes have said
// where they are. So a node that was known stays known for a life longer: whether it is still there is seen when it is
// reached for.
func (n *Nodes) Find(ctx context.Context, name string) (address string, ok bool) {
	one, asking := n.lookUp(name)
	if asking != nil {
		if one.address == "" {
			select {
			case <-asking:
			case <-ctx.Done():
			}
			n.mu.Lock()
			defer n.mu.Unlock()
			one.address = n.addressLocked(name)
		}
		return one.address, one.address != ""
	}
	if one.asking != nil {
		said, err := n.ask(ctx, name)
		one.address = n.answered(name, said, err, ctx.Err() == nil)
	}
	return one.address, one.address != ""
}

// lookUp returns what is known of a node. Where asking is not nil somebody else asks; where one.asking is not, the caller
// has to, and to say so with answered.
func (n *Nodes) lookUp(name string) (one known, asking chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.client.options.Now()
	old := n.known[name]
	if old == nil {
		old = &known{}
	}
	switch {
	case now.Sub(n.failed) < nodeFresh, now.Sub(old.asked) < nodeFresh:
		return known{address: old.address}, nil
	case old.asking != nil:
		return known{address: old.address}, old.asking
	}
	if _, there := n.known[name]; !there {
		n.makeRoomLocked()
		n.known[name] = old
	}
	old.asking = make(chan struct{})
	return *old, nil
}

// makeRoomLocked forgets names that nobody has, and those that are asked for at the moment never.
func (n *Nodes) makeRoomLocked() {
	if len(n.known) < maxKnown {
		return
	}
	for name, one := range n.known {
		if one.address == "" && one.asking == nil {
			delete(n.known, name)
		}
	}
}

func (n *Nodes) addressLocked(name string) string {
	if one := n.known[name]; one != nil {
		return one.address
	}
	return ""
}

// answered notes what Redis has said, and returns what is true then. waited says that the caller has not given up before.
func (n *Nodes) answered(name, said string, err error, waited bool) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	one, now := n.known[name], n.client.options.Now()
	close(one.asking)
	one.asking = nil
	if err != nil {
		if waited {
			n.failed = now
		}
		return one.address
	}
	n.failed, one.asked = time.Time{}, now
	switch {
	case said != "":
		one.address, one.missing = said, time.Time{}
	case one.address == "":
	case one.missing.IsZero():
		one.missing = now
	case now.Sub(one.missing) >= n.life:
		one.address, one.missing = "", time.Time{}
	}
	return one.address
}
