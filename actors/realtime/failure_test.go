package realtime

import (
	"fmt"
	"slices"
	"testing"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/protocol"
)

// heldShard is a desk, and what has its shards stand still until they are released.
func heldShard(t *testing.T) (d *desk, hold func() (release func())) {
	d = openDesk(t, &book{}, func(r *Replay) { r.RingEvents = 1 })
	return d, func() func() {
		held, release := make(chan struct{}), make(chan struct{})
		for _, shard := range d.shards {
			shard.send(visit{namespace: "none", done: func() { held <- struct{}{}; <-release }})
		}
		for range d.shards {
			<-held
		}
		return func() { close(release) }
	}
}

// TestPanicWithEmitsPending: a shard that panicked over anything at all dropped the emits it had collected. The connections
// stayed open, the next event had a later offset, and so the clients lost committed events for good.
func TestPanicWithEmitsPending(t *testing.T) {
	d, hold := heldShard(t)
	c, _ := d.arrive()
	release := hold()
	for i := range 3 {
		d.Publish([]Entry{d.book.write(fmt.Sprint(i), "anna")}, nil)
	}
	done := make(chan struct{})
	d.Publish([]Entry{d.book.write("3", "anna")}, func() { close(done) })
	d.adapter.settled(t)
	for _, shard := range d.shards {
		shard.send(actors.Detonate{Reason: "test"})
	}
	release()
	<-done
	if got := d.told(c); !slices.Equal(got, []string{"0", "1", "2", "3"}) {
		t.Errorf("it was told %v", got)
	}
	for _, shard := range d.shards {
		eventually(t, "no emits are counted", func() bool { return shard.backlog.Load() == 0 })
	}
}

// settled waits until the adapter has handed on everything.
func (a *adapter) settled(t *testing.T) {
	t.Helper()
	eventually(t, "the adapter", func() bool { return a.backlog.Load() == 0 })
}

// TestPanicOverAnEmit: where it cannot be said who has got what, every client of the shard comes back and recovers.
func TestPanicOverAnEmit(t *testing.T) {
	d, hold := heldShard(t)
	c, w := d.arrive()
	offset := d.publish("seen", "anna")
	c.receives(t, `42["seen"`)
	release := hold()
	d.Of("/").All().visit(func(index *namespaceIndex, _ *member) {
		index.rooms["poison"] = &roomIndex{members: []*member{nil}}
	}, nil)
	d.Publish([]Entry{d.book.write("before", "anna")}, nil)
	done := make(chan struct{})
	d.Publish([]Entry{d.book.write("poison", "anna", "poison")}, func() { close(done) })
	d.adapter.settled(t)
	release()
	<-done // whoever waits for a publication must not wait for ever
	c.closes(t)
	c, _, resumed := d.returns(w, offset)
	if !resumed {
		t.Fatalf("not resumed: %s", d.results.last())
	}
	if got := d.told(c); !slices.Equal(got, []string{"before", "poison"}) {
		t.Errorf("it was told %v", got)
	}
	if n := d.Of("/").size.Load(); n != 1 {
		t.Errorf("the namespace counts %d sockets", n)
	}
}

// TestPanicOverAPublication: the adapter counted a publication as done that no shard had got.
func TestPanicOverAPublication(t *testing.T) {
	d := openDesk(t, &book{}, nil)
	c, w := d.arrive()
	offset := d.publish("seen", "anna")
	c.receives(t, `42["seen"`)
	// Nothing is known over which the adapter would panic: so it is told that it has, when it was half through.
	list := []Entry{d.book.write("first", "anna"), d.book.write("second", "anna")}
	d.resumption.add("/", list[0].Offset, list[0].Rooms, protocol.EventFrame("/", "first", []byte("{}"), list[0].Offset))
	done := make(chan struct{})
	d.adapter.Failed(publication{entries: list, done: func() { close(done) }})
	<-done
	c.closes(t)
	d.publish("third", "anna")
	c, _, resumed := d.returns(w, offset)
	if !resumed {
		t.Fatalf("not resumed: %s", d.results.last())
	}
	if got := d.told(c); !slices.Equal(got, []string{"first", "second", "third"}) {
		t.Errorf("it was told %v", got)
	}
}
