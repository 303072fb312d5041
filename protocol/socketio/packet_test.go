package socketio

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

func TestAppend(t *testing.T) {
	one := [][]byte{{1}}
	tests := []struct {
		name string
		in   Packet
		want string
	}{
		{"connect", Packet{Type: Connect}, "0"},
		{"connect answer", Packet{Type: Connect, Namespace: "/", Data: []byte(`{"sid":"a"}`)}, `0{"sid":"a"}`},
		{"connect answer in a namespace", Packet{Type: Connect, Namespace: "/ns", Data: []byte(`{"sid":"a"}`)}, `0/ns,{"sid":"a"}`},
		{"namespace without its slash", Packet{Type: Connect, Namespace: "ns"}, `0/ns,`},
		{"refusal", Packet{Type: ConnectError, Namespace: "/random", Data: []byte(`{"message":"Invalid namespace"}`)}, `4/random,{"message":"Invalid namespace"}`},
		{"disconnect", Packet{Type: Disconnect}, "1"},
		{"disconnect from a namespace", Packet{Type: Disconnect, Namespace: "/ns"}, "1/ns,"},
		{"event", Packet{Type: Event, Data: []byte(`["x"]`)}, `2["x"]`},
		{"event with an id in a namespace", Packet{Type: Event, Namespace: "/ns", ID: "0", Data: []byte(`["x"]`)}, `2/ns,0["x"]`},
		{"event with binary", Packet{Type: Event, Data: []byte(`["x"]`), Attachments: one}, `51-["x"]`},
		{"binary event without binary", Packet{Type: BinaryEvent, Data: []byte(`["x"]`)}, `2["x"]`},
		{"ack", Packet{Type: Ack, ID: "18446744073709551616", Data: []byte(`[]`)}, `318446744073709551616[]`},
		{"ack with binary", Packet{Type: Ack, Namespace: "/ns", ID: "7", Data: []byte(`[]`), Attachments: [][]byte{{1}, {2}}}, `62-/ns,7[]`},
		{"binary ack without binary", Packet{Type: BinaryAck, ID: "7", Data: []byte(`[]`)}, `37[]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(Append([]byte("4"), tt.in)); got != "4"+tt.want {
				t.Errorf("got %s, want %s", got, "4"+tt.want)
			}
		})
	}
}

func TestEvent(t *testing.T) {
	tests := []struct {
		name string
		in   Packet
		want string
		args []string
		err  error
	}{
		{"string", Packet{Type: Event, Data: []byte(`["x",1,{"b":1,"a":2}]`)}, "x", []string{"1", `{"b":1,"a":2}`}, nil},
		{"with escapes", Packet{Type: Event, Data: []byte(`["\u00e9\n\ud834\udd1e"]`)}, "é\n𝄞", nil, nil},
		{"number", Packet{Type: Event, Data: []byte(`[7,null]`)}, "7", []string{"null"}, nil},
		{"number as it was written", Packet{Type: Event, Data: []byte(`[1.50e2]`)}, "1.50e2", nil, nil},
		{"white space", Packet{Type: BinaryEvent, Data: []byte(` [ "x" , [ 1 ] ] `)}, "x", []string{"[ 1 ]"}, nil},
		{"ack", Packet{Type: Ack, ID: "1", Data: []byte(`["x"]`)}, "", nil, ErrNotEvent},
		{"no data", Packet{Type: Event}, "", nil, ErrJSON},
		{"empty", Packet{Type: Event, Data: []byte(`[]`)}, "", nil, ErrPayload},
		{"object for a name", Packet{Type: Event, Data: []byte(`[{}]`)}, "", nil, ErrPayload},
		{"string for an array", Packet{Type: Event, Data: []byte(`"x"`)}, "", nil, ErrPayload},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name, args, err := tt.in.Event()
			if !errors.Is(err, tt.err) || name != tt.want || !slices.Equal(texts(args), tt.args) {
				t.Errorf("got %q %s %v", name, args, err)
			}
		})
	}
}

func TestAckArguments(t *testing.T) {
	args, err := Packet{Type: BinaryAck, ID: "1", Data: []byte(`[1,"a",[]]`)}.Ack()
	if err != nil || !slices.Equal(texts(args), []string{"1", `"a"`, "[]"}) {
		t.Errorf("got %s, %v", args, err)
	}
	if args, err := (Packet{Type: Ack, ID: "1", Data: []byte(`[]`)}).Ack(); err != nil || len(args) != 0 {
		t.Errorf("empty: got %s, %v", args, err)
	}
	if _, err := (Packet{Type: Event, Data: []byte(`["x"]`)}).Ack(); err != ErrNotAck {
		t.Errorf("event: %v", err)
	}
	if _, err := (Packet{Type: Connect}).Args(); err != ErrNotEvent {
		t.Errorf("arguments of a connect: %v", err)
	}
}

func texts(raw []json.RawMessage) (all []string) {
	for _, r := range raw {
		all = append(all, string(r))
	}
	return all
}
