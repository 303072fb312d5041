package clustertest

import (
	"slices"
	"testing"
)

// TestPresence: who is online is one thing for all nodes, and a node that dies takes with it only those who do not come back.
func TestPresence(t *testing.T) {
	d := startDesk(t, 3, nil, "PRESENCE_GRACE=1s", "PRESENCE_RATE=100000/1s")
	people, admin := d.customers(3), d.admin()
	url := d.balancer("haproxy")
	crowd := d.crowd()
	crowd.open("http://"+d.nodes[0].address(), 1, nil, []person{admin})
	online := func(who person) bool {
		var answer struct{ Online []string }
		crowd.do(map[string]any{"do": "ask", "client": 0, "name": "presence", "args": []any{}}, &answer)
		return slices.Contains(answer.Online, who.User.ID)
	}
	stays, moves, goes := people[0], people[1], people[2]
	crowd.open("http://"+d.nodes[1].address(), 1, nil, []person{stays})
	crowd.open(url, 3, nil, []person{moves}) // one on each node
	crowd.open("http://"+d.nodes[2].address(), 1, nil, []person{goes})
	for _, who := range people {
		eventually(t, "all are online for the first node", func() bool { return online(who) })
	}
	d.nodes[2].kill()
	// Longer than a grace: had somebody gone offline in between, it were told.
	crowd.open(url, 1, nil, []person{stays})
	if long() {
		eventually(t, "who did not come back is offline", func() bool { return !online(goes) })
		// That is known before it is told: the store is asked whom it concerns.
		eventually(t, "that is told", func() bool { return len(crowd.report()[0].Online[goes.User.ID]) > 1 })
	}
	watcher := crowd.report()[0]
	for name, who := range map[string]person{"who stays": stays, "who moves": moves} {
		if told := watcher.Online[who.User.ID]; !slices.Equal(told, []string{"userOnline"}) || !online(who) {
			t.Errorf("%s was told of as %v", name, told)
		}
	}
	want := []string{"userOnline"}
	if long() {
		want = append(want, "userOffline")
	}
	if told := watcher.Online[goes.User.ID]; !slices.Equal(told, want) {
		t.Errorf("who does not come back was told of as %v", told)
	}
}
