package bustest

import (
	"testing"

	"kapoor.example/desk/protocol/cluster"
)

// marks: whoever asks learns where the last broadcasts stood, also of entries that were taken out, and from where on that is
// known.
func (s suite) marks(t *testing.T) {
	h := s.open(t)
	s.need(t, "trim the log", h.Trim)
	s.need(t, "lose the log", h.Lose)
	p := join(t, h, "/", "/chat")
	read := func() cluster.Marks {
		t.Helper()
		m, err := p.bus.Marks(t.Context(), "/")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	all := history(t, p)
	mustPublish(t, p.bus, "/chat", event(100))
	p.delivered(len(all) + 1)
	check := func(when string) {
		t.Helper()
		m := read()
		for _, row := range []struct {
			after int
			rooms []string
			want  bool
		}{
			{8, []string{"r1", "r2", "s1"}, false}, {7, []string{"r1"}, true}, {7, []string{"r2", "s1"}, false},
			{5, []string{"r2", "s1"}, false}, {4, nil, true}, {0, []string{"nobody"}, true},
		} {
			if got := m.Behind(all[row.after].Position, row.rooms); got != row.want {
				t.Errorf("%s, behind entry %d for %v: %t", when, row.after, row.rooms, got)
			}
		}
	}
	check("in the log")
	h.Trim(t)
	check("taken out")
	h.Lose(t)
	p.eventually("the loss to be noticed", func() bool {
		m, err := p.bus.Marks(t.Context(), "/")
		return err == nil && m.Behind(all[8].Position, []string{"nobody"})
	})
}
