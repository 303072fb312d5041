package mongo

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
)

// cluster plays a sharded cluster to the driver, as far as the log is read: a find of events is answered with what a
// majority has, or what the server alone has, as its read concern says. No server that the tests can start keeps the two
// apart.
type cluster struct {
	t        *testing.T
	alone    []event // all there is
	majority int     // so many of them a majority has

	mu          sync.Mutex
	preferences []string // the modes of $readPreference that came
}

// start returns the address of the cluster.
func (c *cluster) start() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	var serving sync.WaitGroup
	c.t.Cleanup(serving.Wait)
	c.t.Cleanup(func() { _ = listener.Close() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				for c.serve(conn) == nil {
				}
			})
		}
	})
	return listener.Addr().String()
}

// The kinds of messages: a driver's first one and its answer, and all others.
const (
	kindReply   = 1
	kindQuery   = 2004
	kindMessage = 2013
)

// serve answers one message.
func (c *cluster) serve(conn net.Conn) error {
	header := make([]byte, 16)
	if _, err := io.ReadFull(conn, header); err != nil {
		return err
	}
	body := make([]byte, binary.LittleEndian.Uint32(header)-16)
	if _, err := io.ReadFull(conn, body); err != nil {
		return err
	}
	kind, front := uint32(kindReply), make([]byte, 20) // flags, cursor, start, 1 document
	if binary.LittleEndian.Uint32(header[12:]) == kindQuery {
		front[16] = 1
		body = nil
	} else {
		kind, front, body = kindMessage, make([]byte, 5), body[5:]
	}
	answer, err := bson.Marshal(c.answer(body))
	if err != nil {
		return err
	}
	reply := binary.LittleEndian.AppendUint32(nil, uint32(16+len(front)+len(answer)))
	reply = append(append(reply, 0, 0, 0, 0), header[4:8]...)
	reply = binary.LittleEndian.AppendUint32(reply, kind)
	_, err = conn.Write(append(append(reply, front...), answer...))
	return err
}

// answer says what becomes of a command, or how the cluster is doing where there is none.
func (c *cluster) answer(command bson.Raw) bson.D {
	if mode, ok := command.Lookup("$readPreference", "mode").StringValueOK(); ok {
		c.mu.Lock()
		c.preferences = append(c.preferences, mode)
		c.mu.Unlock()
	}
	yes := bson.D{
		{Key: "ok", Value: 1}, {Key: "isWritablePrimary", Value: true}, {Key: "ismaster", Value: true}, {Key: "msg", Value: "isdbgrid"},
		{Key: "maxWireVersion", Value: 25}, {Key: "maxBsonObjectSize", Value: 16 << 20}, {Key: "maxMessageSizeBytes", Value: 48000000},
		{Key: "maxWriteBatchSize", Value: 100000}, {Key: "logicalSessionTimeoutMinutes", Value: 30},
	}
	of, _ := command.Lookup("find").StringValueOK()
	found := bson.A{}
	one, _ := command.Lookup("filter", "_id").StringValueOK()
	switch {
	case of == "meta" && one == "log":
		found = append(found, logFacts{Epoch: 1})
	case of == "events":
		found = c.events(command)
	}
	return append(yes, bson.E{Key: "cursor", Value: bson.D{{Key: "id", Value: int64(0)}, {Key: "ns", Value: "desk." + of}, {Key: "firstBatch", Value: found}}})
}

func (c *cluster) events(find bson.Raw) bson.A {
	seen := c.alone
	if level, _ := find.Lookup("readConcern", "level").StringValueOK(); level == "majority" {
		seen = seen[:c.majority]
	}
	above, _ := find.Lookup("filter", "_id", "$gt").StringValueOK()
	from, _ := find.Lookup("filter", "_id", "$gte").StringValueOK()
	found := bson.A{}
	if _, err := find.LookupErr("filter", "revocation.userId"); err == nil {
		return found // none of these is one
	}
	for _, e := range seen {
		if e.ID > above && e.ID >= from {
			found = append(found, e)
		}
	}
	if way, ok := find.Lookup("sort", "_id").AsInt64OK(); ok && way < 0 && len(found) > 0 {
		found = found[len(found)-1:]
	}
	return found
}

// newCluster returns a cluster with events of one notice each, and the entries of its log.
func newCluster(t *testing.T, events, majority int) (*cluster, []booking.LogEntry) {
	c := &cluster{t: t, majority: majority}
	var h head
	var log []booking.LogEntry
	for range events {
		var e event
		e, h = h.next("key", "booking", letterWith("room"), uint64(len(log)+5))
		c.alone, log = append(c.alone, e), append(log, e.entries(booking.Position{})...)
	}
	return c, log
}

// TestRecallOfWhatAMajorityHas: the head was read from the server alone and the entries from what a majority has. An event
// between the two, which another process had just written, was counted as recalled and never came: the client lost it for
// good.
func TestRecallOfWhatAMajorityHas(t *testing.T) {
	c, log := newCluster(t, 3, 2)
	s, err := Open(t.Context(), Options{URI: "mongodb://" + c.start() + "/desk?readPreference=secondaryPreferred", SelectWithin: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	found, err := s.Recall(t.Context(), booking.Recall{After: log[0].Position, Rooms: []string{"room"}, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if !found.Complete || len(found.Entries) != 1 || found.Entries[0].Position != log[1].Position || found.Head != log[1].Position {
		t.Errorf("complete %t, %d entries, head %v; want up to %v", found.Complete, len(found.Entries), found.Head, log[1].Position)
	}
	// A secondary may be any time behind. The URI does not get to say that it will do.
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, mode := range c.preferences {
		if mode != "primary" {
			t.Fatalf("a command may go to a secondary: %q", mode)
		}
	}
}
