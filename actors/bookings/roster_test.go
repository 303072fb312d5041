package bookings

import (
	"slices"
	"testing"
	"time"
)

// TestRoster: what other servers say about who is online, and what follows for those who watch.
func TestRoster(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	change := func(node string, number uint64, online bool, users ...string) word {
		return word{Node: node, Kind: wordChange, Number: number, Online: online, Users: users}
	}
	list := func(node string, number uint64, part int, last bool, users ...string) word {
		return word{Node: node, Kind: wordList, Number: number, Part: part, Last: last, Users: users}
	}
	tests := map[string]struct {
		said       []word
		came, went []string // of the last word
		missed     bool     // by the last word
		online     []string
	}{
		"comes":                 {said: []word{change("b", 1, true, "u")}, came: []string{"u"}, online: []string{"u"}},
		"goes":                  {said: []word{change("b", 1, true, "u"), change("b", 2, false, "u")}, went: []string{"u"}},
		"twice the same":        {said: []word{change("b", 1, true, "u"), change("b", 1, true, "u")}, online: []string{"u"}},
		"on two servers":        {said: []word{change("b", 1, true, "u"), change("c", 1, true, "u")}, online: []string{"u"}},
		"leaves one of two":     {said: []word{change("b", 1, true, "u"), change("c", 1, true, "u"), change("b", 2, false, "u")}, online: []string{"u"}},
		"who was never there":   {said: []word{change("b", 1, false, "u")}},
		"a change is missing":   {said: []word{change("b", 1, true, "u"), change("b", 3, true, "v")}, missed: true, online: []string{"u"}},
		"a beat after a gap":    {said: []word{{Node: "b", Kind: wordBeat, Number: 4}}, missed: true},
		"a beat":                {said: []word{change("b", 1, true, "u"), {Node: "b", Kind: wordBeat, Number: 1}}, online: []string{"u"}},
		"a list replaces":       {said: []word{change("b", 1, true, "u"), list("b", 5, 0, true, "v")}, came: []string{"v"}, went: []string{"u"}, online: []string{"v"}},
		"a list in parts":       {said: []word{list("b", 5, 0, false, "u"), list("b", 5, 1, true, "v")}, came: []string{"u", "v"}, online: []string{"u", "v"}},
		"half a list":           {said: []word{list("b", 5, 0, false, "u")}},
		"a list without a part": {said: []word{list("b", 5, 0, false, "u"), list("b", 5, 2, true, "v")}, missed: true},
		"the end of a list":     {said: []word{list("b", 5, 1, true, "v")}, missed: true},
		"an empty list":         {said: []word{change("b", 1, true, "u"), list("b", 2, 0, true)}, went: []string{"u"}},
		"goes on after a list":  {said: []word{list("b", 5, 0, true, "u"), change("b", 6, false, "u")}, went: []string{"u"}},
		"something unknown":     {said: []word{{Node: "b", Kind: "sings", Users: []string{"u"}}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRoster()
			var came, went []string
			var missed bool
			for _, w := range tt.said {
				came, went, missed = r.hear(w, at)
			}
			slices.Sort(came)
			if !slices.Equal(came, tt.came) || !slices.Equal(went, tt.went) || missed != tt.missed {
				t.Errorf("came %v, went %v, missed %v", came, went, missed)
			}
			if got := r.online(nil, maxOnline); !slices.Equal(got, tt.online) || got == nil {
				t.Errorf("online are %v", got)
			}
		})
	}
}

// TestSilentServers: who was on a server that is not heard of any more is gone, unless they are on another one.
func TestSilentServers(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	r := newRoster()
	for _, w := range []word{
		{Node: "b", Kind: wordList, Number: 2, Users: []string{"both", "only"}, Last: true},
		{Node: "c", Kind: wordList, Number: 1, Users: []string{"both"}, Last: true},
	} {
		r.hear(w, at)
	}
	r.hear(word{Node: "c", Kind: wordBeat, Number: 1}, at.Add(time.Minute))
	if went := r.silent(at); len(went) != 0 {
		t.Errorf("went although all were heard: %v", went)
	}
	if went := r.silent(at.Add(time.Second)); !slices.Equal(went, []string{"only"}) {
		t.Errorf("went: %v", went)
	}
	if !r.elsewhere("both") || r.elsewhere("only") {
		t.Error("who is on the other server is not told from who is not")
	}
	if _, _, missed := r.hear(word{Node: "b", Kind: wordBeat, Number: 2}, at); !missed {
		t.Error("who comes back is not asked for its list")
	}
	r.wait(at.Add(time.Hour))
	if went := r.silent(at.Add(30 * time.Minute)); len(went) != 0 {
		t.Errorf("went while nobody could be heard: %v", went)
	}
	if got := r.online([]string{"here"}, 1); !slices.Equal(got, []string{"here"}) {
		t.Errorf("bounded to one: %v", got)
	}
}
