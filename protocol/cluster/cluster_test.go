package cluster_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"kapoor.example/desk/protocol/cluster"
)

func TestPosition(t *testing.T) {
	tests := []struct {
		name, text string
		want       cluster.Position
		ok         bool
	}{
		{"zero", "0-0", cluster.Position{}, true},
		{"of an entry", "1795395554511-2", cluster.Position{Ms: 1795395554511, Seq: 2}, true},
		{"the last one", "18446744073709551615-18446744073709551615", cluster.Position{Ms: math.MaxUint64, Seq: math.MaxUint64}, true},
		{"nothing", "", cluster.Position{}, false},
		{"no counter", "17", cluster.Position{}, false},
		{"empty counter", "17-", cluster.Position{}, false},
		{"a sign", "+1-0", cluster.Position{}, false},
		{"below zero", "-1-0", cluster.Position{}, false},
		{"leading zeros", "01-0", cluster.Position{}, false},
		{"too large", "18446744073709551616-0", cluster.Position{}, false},
		{"three parts", "1-2-3", cluster.Position{}, false},
		{"spaces", " 1-2", cluster.Position{}, false},
		{"very long", strings.Repeat("1", 1000) + "-0", cluster.Position{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := cluster.ParsePosition(tt.text)
			if got != tt.want || ok != tt.ok {
				t.Errorf("%v %v", got, ok)
			}
			if ok && got.String() != tt.text {
				t.Errorf("written as %s", got)
			}
		})
	}
}

func TestPositionsInOrder(t *testing.T) {
	ordered := []cluster.Position{{}, {Seq: 1}, {Ms: 1}, {Ms: 1, Seq: math.MaxUint64}, {Ms: 2}}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := a.Compare(b) < 0, i < j; got != want {
				t.Errorf("%v before %v: %v", a, b, got)
			}
		}
	}
	if got := ordered[3].Next(); got != ordered[4] {
		t.Errorf("next %v", got)
	}
	if got := (cluster.Position{Ms: 1}).Next(); got != (cluster.Position{Ms: 1, Seq: 1}) {
		t.Errorf("next %v", got)
	}
	if !(cluster.Position{}).IsZero() || ordered[1].IsZero() {
		t.Error("IsZero")
	}
}

func TestReaches(t *testing.T) {
	in := func(rooms ...string) func(string) bool {
		return func(room string) bool { return strings.Contains(" "+strings.Join(rooms, " ")+" ", " "+room+" ") }
	}
	tests := []struct {
		name   string
		target cluster.Target
		rooms  func(string) bool
		want   bool
	}{
		{"everybody", cluster.Target{}, in("s"), true},
		{"its room", cluster.Target{Rooms: []string{"a", "b"}}, in("s", "b"), true},
		{"another room", cluster.Target{Rooms: []string{"a"}}, in("s", "b"), false},
		{"excepted", cluster.Target{Except: []string{"s"}}, in("s"), false},
		{"in the room and excepted", cluster.Target{Rooms: []string{"a"}, Except: []string{"b"}}, in("a", "b"), false},
		{"another excepted", cluster.Target{Except: []string{"x"}}, in("s"), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.target.Reaches(tt.rooms); got != tt.want {
				t.Error(got)
			}
		})
	}
}

func TestLogged(t *testing.T) {
	for _, b := range []cluster.Body{cluster.Broadcast{}, cluster.Join{}, cluster.Leave{}, cluster.Disconnect{}} {
		if !cluster.Logged(b) {
			t.Errorf("%T", b)
		}
	}
	for _, b := range []cluster.Body{nil, cluster.FetchSockets{}, cluster.ServerEvent{}, cluster.Sockets{}, cluster.ClientAck{}} {
		if cluster.Logged(b) {
			t.Errorf("%T", b)
		}
	}
}

func TestQuestion(t *testing.T) {
	type said struct {
		sender string
		body   cluster.Body
	}
	count := func(n int) cluster.Body { return cluster.ClientCount{N: n} }
	tests := []struct {
		name    string
		asked   cluster.Body
		servers int
		said    []said
		given   int // answers that the asker gets
		missing int // 0 where all have answered
	}{
		{"nobody is there", cluster.FetchSockets{}, 0, nil, 0, 0},
		{"all lists", cluster.FetchSockets{}, 2, []said{{"a", cluster.Sockets{}}, {"b", cluster.Sockets{}}}, 2, 0},
		{"one list missing", cluster.FetchSockets{}, 2, []said{{"a", cluster.Sockets{}}}, 1, 1},
		{"a list twice", cluster.FetchSockets{}, 2, []said{{"a", cluster.Sockets{}}, {"a", cluster.Sockets{}}}, 1, 1},
		{"another answer", cluster.FetchSockets{}, 1, []said{{"a", cluster.Answer{}}, {"a", count(0)}}, 0, 1},
		{"answers of servers", cluster.ServerEvent{}, 1, []said{{"a", cluster.Answer{}}}, 1, 0},
		{"counts without clients", cluster.Broadcast{}, 2, []said{{"a", count(0)}, {"b", count(0)}}, 2, 0},
		{"acks", cluster.Broadcast{}, 1, []said{{"a", count(2)}, {"a", cluster.ClientAck{}}, {"a", cluster.ClientAck{}}}, 3, 0},
		{"an ack before the count", cluster.Broadcast{}, 1, []said{{"a", cluster.ClientAck{}}, {"a", count(1)}}, 2, 0},
		{"an ack missing", cluster.Broadcast{}, 1, []said{{"a", count(2)}, {"a", cluster.ClientAck{}}}, 2, 1},
		{"a count twice", cluster.Broadcast{}, 2, []said{{"a", count(1)}, {"a", count(5)}, {"a", cluster.ClientAck{}}, {"b", count(0)}}, 3, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := cluster.NewQuestion(tt.asked, tt.servers)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range tt.said {
				q.Offer(s.sender, s.body)
			}
			ctx, cancel := context.WithCancel(t.Context())
			if tt.missing > 0 {
				cancel()
			}
			defer cancel()
			given := 0
			err = q.Wait(ctx, func(string, cluster.Body) { given++ })
			var unanswered *cluster.UnansweredError
			switch {
			case tt.missing == 0:
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &unanswered) || !errors.Is(err, context.Canceled):
				t.Errorf("error %v", err)
			case unanswered.Want-unanswered.Got != tt.missing || !strings.Contains(err.Error(), "responses received out of"):
				t.Error(err)
			}
			if given != tt.given {
				t.Errorf("%d answers", given)
			}
		})
	}
	if _, err := cluster.NewQuestion(cluster.Join{}, 1); !errors.Is(err, cluster.ErrKind) {
		t.Error(err)
	}
}
