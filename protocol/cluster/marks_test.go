package cluster_test

import (
	"fmt"
	"testing"

	"kapoor.example/desk/protocol/cluster"
)

// TestMarksAreBounded: rooms that are forgotten count as ones with an event.
func TestMarksAreBounded(t *testing.T) {
	var m cluster.Marks
	at := func(i int) cluster.Position { return cluster.Position{Ms: uint64(i)} }
	for i := range 100 {
		m.Note([]string{fmt.Sprint("r", i)}, at(i+1))
		m.Bound(10)
	}
	if len(m.Rooms) > 10 || m.Floor.IsZero() {
		t.Fatalf("%d rooms, floor %v", len(m.Rooms), m.Floor)
	}
	if !m.Behind(at(50), []string{"none"}) || m.Behind(at(100), []string{"none"}) || !m.Behind(at(99), []string{"r99"}) {
		t.Errorf("%+v", m)
	}
}
