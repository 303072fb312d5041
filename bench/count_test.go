package main

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"kapoor.example/desk/bench/result"
	"kapoor.example/desk/bench/swarm"
)

func TestLedger(t *testing.T) {
	tests := []struct {
		name     string
		first    uint32
		received []uint32
		sent     uint32
		want     result.Counts
	}{
		{"all", 0, []uint32{1, 2, 3}, 3, result.Counts{Expected: 3, Received: 3}},
		{"nothing", 0, nil, 3, result.Counts{Expected: 3, Lost: 3}},
		{"nothing sent", 7, nil, 7, result.Counts{}},
		{"the last is lost", 0, []uint32{1, 2}, 3, result.Counts{Expected: 3, Received: 2, Lost: 1}},
		{"the first are lost", 0, []uint32{3}, 3, result.Counts{Expected: 3, Received: 1, Lost: 2}},
		{"a gap", 0, []uint32{1, 4}, 4, result.Counts{Expected: 4, Received: 2, Lost: 2}},
		{"doubled", 0, []uint32{1, 1, 2, 1}, 2, result.Counts{Expected: 2, Received: 2, Doubled: 2}},
		{"out of order", 0, []uint32{1, 3, 2, 4}, 4, result.Counts{Expected: 4, Received: 4, OutOfOrder: 1}},
		{"out of order and doubled", 0, []uint32{2, 1, 1}, 2, result.Counts{Expected: 2, Received: 2, OutOfOrder: 1, Doubled: 1}},
		{"after another part", 10, []uint32{11, 12}, 12, result.Counts{Expected: 2, Received: 2}},
		{"of another part", 10, []uint32{9, 10, 11}, 11, result.Counts{Expected: 1, Received: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLedger(test.first)
			for _, seq := range test.received {
				l.receive(seq)
			}
			if got := l.total(test.sent); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestStamp(t *testing.T) {
	prefix := []byte(`2["bookingUpdated",`)
	for _, want := range []stamp{{1, 1}, {4294967295, 9223372036854775807}, {0, 0}, {12345, 678900000}} {
		for _, size := range []int{0, stampLength, 231, 2000} {
			payload := want.appendTo(nil, size)
			if len(payload) != max(size, stampLength) {
				t.Errorf("%d bytes, not %d", len(payload), size)
			}
			got, ok := readStamp(append(bytes.Clone(prefix), payload...), prefix)
			if !ok || got != want {
				t.Errorf("read %+v, %v of %s", got, ok, payload)
			}
		}
	}
	good := string(stamp{5, 6}.appendTo(nil, 0))
	for _, packet := range []string{
		"", "2", `2["other",` + good, `2["bookingUpdated",` + good[:40], `2["bookingUpdated",` + good[1:],
		`2["bookingUpdated",{"seq":"00000x0005` + good[18:], `2["bookingUpdated",{"seq":5}]`,
	} {
		if s, ok := readStamp([]byte(packet), prefix); ok {
			t.Errorf("read %+v of %q", s, packet)
		}
	}
}

// TestBackoffIsTheStockClients holds the bounds of the stock client's waits.
func TestBackoffIsTheStockClients(t *testing.T) {
	b := newBackoff(1)
	tests := []struct {
		failures    int
		least, most time.Duration
	}{
		{0, 500 * time.Millisecond, 1500 * time.Millisecond},
		{1, time.Second, 3 * time.Second},
		{2, 2 * time.Second, 5 * time.Second},
		{3, 2500 * time.Millisecond, 5 * time.Second},
		{100, 2500 * time.Millisecond, 5 * time.Second},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.failures), func(t *testing.T) {
			shortest, longest := time.Hour, time.Duration(0)
			for range 1000 {
				d := b.after(test.failures)
				shortest, longest = min(shortest, d), max(longest, d)
			}
			if shortest < test.least || longest > test.most || longest-shortest < (test.most-test.least)/2 {
				t.Errorf("from %s to %s", shortest, longest)
			}
		})
	}
}

// TestDiary compares what a client was told with a timeline: created, then status, assignment, message, status.
func TestDiary(t *testing.T) {
	state := bookingState{ID: "b", Version: 5}
	for i, kind := range []string{"status", "assignment", "message", "status"} {
		state.Updates = append(state.Updates, struct {
			ID   string `json:"_id"`
			Kind string `json:"kind"`
		}{fmt.Sprint("e", i+2), kind})
	}
	all := func(d *diary) {
		d.created = true
		d.update(2)
		d.entry("e2")
		d.update(3)
		d.entry("e4")
		d.update(5)
		d.entry("e5")
	}
	tests := []struct {
		name            string
		told            func(*diary)
		owner, messages bool
		want            result.Counts
	}{
		{"an owner was told all", all, true, true, result.Counts{Expected: 7, Received: 7}},
		{"an admin was told all", all, false, true, result.Counts{Expected: 5, Received: 5}},
		{"staff were told all", all, false, false, result.Counts{Expected: 4, Received: 4}},
		{"an owner was told nothing", func(*diary) {}, true, true, result.Counts{Expected: 7, Lost: 7}},
		{"one is doubled", func(d *diary) { all(d); d.update(3); d.entry("e4") }, true, true, result.Counts{Expected: 7, Received: 7, Doubled: 2}},
		{"out of order", func(d *diary) { d.created = true; d.update(3); d.update(2); d.update(5) }, false, false, result.Counts{Expected: 4, Received: 4, OutOfOrder: 1}},
		{"REST told the beginning", func(d *diary) { d.known = 4; d.update(5); d.entry("e5") }, true, true, result.Counts{Expected: 2, Received: 2}},
		{"and the rest is lost", func(d *diary) { d.known = 4 }, true, true, result.Counts{Expected: 2, Lost: 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := inbox{diaries: map[string]*diary{}}
			d := in.of("b")
			test.told(d)
			if got := d.compare(state, test.owner, test.messages); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestOffsetIsTheLastArgument(t *testing.T) {
	tests := []struct{ name, arguments, want string }{
		{"an offset", `{"bookingId":"x"},"1795427234-3"]`, "1795427234-3"},
		{"none", `{"bookingId":"x"}]`, "before"},
		{"a text that is no argument of its own", `{"a":"b","c"]`, "before"},
		{"nothing", ``, "before"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := inbox{offset: "before"}
			in.note([]byte(test.arguments))
			if in.offset != test.want {
				t.Errorf("offset %q", in.offset)
			}
		})
	}
}

func TestFields(t *testing.T) {
	packet := []byte(`2["bookingUpdated",{"eventId":"e","bookingId":"b1","version":42,"message":"sent at 0000000000000001234"}]`)
	if id := textField(packet, bookingIDField); string(id) != "b1" {
		t.Errorf("booking %q", id)
	}
	if v := numberField(packet, versionField); v != 42 {
		t.Errorf("version %d", v)
	}
	if at, ok := sentAt(packet); !ok || at != 1234 {
		t.Errorf("sent at %d, %v", at, ok)
	}
	for _, broken := range []string{``, `"bookingId":"`, `{"bookingId":7}`} {
		if id := textField([]byte(broken), bookingIDField); id != nil {
			t.Errorf("%q has booking %q", broken, id)
		}
	}
	if at, ok := sentAt([]byte(`{"message":"hello"}`)); ok {
		t.Errorf("sent at %d", at)
	}
	if text := sentText(77); len(text) != len(sentMark)+sentDigits {
		t.Errorf("%q", text)
	}
}

// TestReceivingABroadcastAllocatesNothing: what the audience does for each delivery.
func TestReceivingABroadcastAllocatesNothing(t *testing.T) {
	a := newAudience(1, 1)
	var c swarm.Client
	seq := uint32(0)
	packet := append([]byte(`2["bookingUpdated",`), stamp{}.appendTo(nil, 231)...)
	next := func() {
		seq++
		appendDigits(packet[:len(`2["bookingUpdated",`)+len(stampBegin)], uint64(seq), seqDigits)
		a.Packet(&c, 5, packet)
	}
	if n := testing.AllocsPerRun(1000, next); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := a.counts(seq); got.Received != uint64(seq) || got.Lost != 0 || got.Doubled != 0 {
		t.Errorf("%+v of %d", got, seq)
	}
}

func TestMedian(t *testing.T) {
	for want, values := range map[float64][]float64{3: {3}, 2: {3, 1, 2}, 2.5: {4, 1, 2, 3}} {
		if got := median(values); got != want {
			t.Errorf("of %v: %v", values, got)
		}
	}
}
