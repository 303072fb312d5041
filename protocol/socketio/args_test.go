package socketio

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

func TestBind(t *testing.T) {
	args := Args{
		Raw: []json.RawMessage{
			json.RawMessage(ph("0")),
			json.RawMessage(`{"name":"n","data":` + ph("1") + `,"note":"x"}`),
			json.RawMessage(`[1,{"a":[` + ph("1") + `]},"t"]`),
			json.RawMessage(`"text"`),
			json.RawMessage(`{"first":{"data":` + ph("0") + `},"rest":[{"data":` + ph("2") + `}],"byName":{"k":{"data":` + ph("1") + `}},"any":{"deep":` + ph("0") + `}}`),
			json.RawMessage(`null`),
		},
		Attachments: [][]byte{[]byte("a"), []byte("b"), {}},
	}
	tests := []struct {
		name string
		i    int
		dst  any
		want any
	}{
		{"bytes", 0, new([]byte), []byte("a")},
		{"Binary", 0, new(Binary), Binary("a")},
		{"any", 0, new(any), []byte("a")},
		{"pointer to bytes", 0, new(*[]byte), ptr([]byte("a"))},
		{"raw JSON keeps the placeholder", 0, new(json.RawMessage), json.RawMessage(ph("0"))},
		{"field", 1, new(photo), photo{Name: "n", Data: Binary("b"), Note: "x"}},
		{"map of any", 1, new(map[string]any), map[string]any{"name": "n", "data": []byte("b"), "note": "x"}},
		{"map of raw JSON", 1, new(map[string]json.RawMessage), map[string]json.RawMessage{"name": json.RawMessage(`"n"`), "data": json.RawMessage(ph("1")), "note": json.RawMessage(`"x"`)}},
		{"tree of any", 2, new(any), []any{1.0, map[string]any{"a": []any{[]byte("b")}}, "t"}},
		{"slice of any", 2, new([]any), []any{1.0, map[string]any{"a": []any{[]byte("b")}}, "t"}},
		{"text", 3, new(string), "text"},
		{
			"everywhere", 4, new(album),
			album{First: &photo{Data: Binary("a")}, Rest: []photo{{Data: Binary{}}}, ByName: map[string]photo{"k": {Data: Binary("b")}}, Any: map[string]any{"deep": []byte("a")}},
		},
		{"null", 5, new([]byte), []byte(nil)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := args.Bind(tt.i, tt.dst); err != nil {
				t.Fatal(err)
			}
			if got := reflect.ValueOf(tt.dst).Elem().Interface(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestBindEmbedded(t *testing.T) {
	args := Args{Raw: []json.RawMessage{json.RawMessage(`{"Raw":` + ph("0") + `}`)}, Attachments: [][]byte{{7}}}
	var e embeds
	if err := args.Bind(0, &e); err != nil || string(e.Raw) != "\x07" {
		t.Errorf("got %v, %v", e, err)
	}
	at := embedsAt{&base{}}
	if err := args.Bind(0, &at); err != nil || string(at.Raw) != "\x07" {
		t.Errorf("behind a pointer: got %v, %v", at.base, err)
	}
}

func TestBindErrors(t *testing.T) {
	args := Args{
		Raw:         []json.RawMessage{json.RawMessage(ph("0")), json.RawMessage(ph("1")), json.RawMessage(`{"name":` + ph("0") + `}`), json.RawMessage(`{`)},
		Attachments: [][]byte{{1}},
	}
	var (
		text string
		n    int
		p    photo
		b    []byte
		v    any
	)
	for _, tt := range []struct {
		name string
		i    int
		dst  any
		want error // nil: any error
	}{
		{"before the first", -1, &v, ErrNoArgument},
		{"behind the last", 4, &v, ErrNoArgument},
		{"binary for text", 0, &text, ErrNotBinary},
		{"binary for a number", 0, &n, nil},
		{"binary for a text field", 2, &p, ErrNotBinary},
		{"no such attachment", 1, &b, ErrPlaceholder},
		{"not JSON", 3, &v, nil},
		{"nil destination", 0, nil, nil},
		{"no pointer", 0, b, nil},
		{"nil pointer", 0, (*[]byte)(nil), nil},
	} {
		if err := args.Bind(tt.i, tt.dst); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
	}
}

// Without attachments a client may send what looks like a placeholder; it is an object like any other.
func TestBindPlaceholderAsData(t *testing.T) {
	args := Args{Raw: []json.RawMessage{json.RawMessage(ph("3"))}}
	var v any
	if err := args.Bind(0, &v); err != nil || !reflect.DeepEqual(v, map[string]any{"_placeholder": true, "num": 3.0}) {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestArgsGoOutAsTheyCame(t *testing.T) {
	raw := func(texts ...string) (all []json.RawMessage) {
		for _, s := range texts {
			all = append(all, json.RawMessage(s))
		}
		return all
	}
	plain := Args{Raw: raw("1", `"2"`, `{"3":[true],"1":1.0}`, "null")}
	binary := Args{Raw: raw(ph("1"), `{"b":[`+ph("0")+`],"a":1}`), Attachments: [][]byte{[]byte("a"), []byte("b")}}
	tests := []struct {
		name        string
		args        []any
		want        string
		attachments string
	}{
		{"nothing", []any{Args{}}, `[]`, ""},
		{"spread by itself", []any{plain}, `[1,"2",{"3":[true],"1":1.0},null]`, ""},
		{"spread by hand", plain.Spread(), `[1,"2",{"3":[true],"1":1.0},null]`, ""},
		{"binary, in the order of the text", []any{binary}, `[` + ph("0") + `,{"b":[` + ph("1") + `],"a":1}]`, "ba"},
		{"binary by hand", binary.Spread(), `[` + ph("0") + `,{"b":[` + ph("1") + `],"a":1}]`, "ba"},
		{"among others", []any{"x", []byte("z"), plain, binary, 7}, `["x",` + ph("0") + `,1,"2",{"3":[true],"1":1.0},null,` + ph("1") + `,{"b":[` + ph("2") + `],"a":1},7]`, "zba"},
		{"only one of them", []any{binary.Spread()[1]}, `[{"b":[` + ph("0") + `],"a":1}]`, "a"},
		{"inside other values", []any{map[string]any{"all": binary, "one": binary.Spread()[0]}}, `[{"all":[` + ph("0") + `,{"b":[` + ph("1") + `],"a":1}],"one":` + ph("2") + `}]`, "bab"},
		{"a list of answers", []any{[]Args{plain, binary}}, `[[[1,"2",{"3":[true],"1":1.0},null],[` + ph("0") + `,{"b":[` + ph("1") + `],"a":1}]]]`, "ba"},
		{"one without JSON", []any{Arg{}, Args{Raw: []json.RawMessage{nil}}}, `[null,null]`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, attachments, err := EncodeArgs(tt.args...)
			if err != nil || string(data) != tt.want || letters(attachments) != tt.attachments {
				t.Errorf("got  %s %q %v\nwant %s %q", data, letters(attachments), err, tt.want, tt.attachments)
			}
		})
	}
	if plain.Len() != 4 || binary.Len() != 2 {
		t.Error("wrong length")
	}
}

// The conformance server's echo, to the byte.
func TestEchoWithBinary(t *testing.T) {
	var d Decoder
	text := `52-789["message-with-ack",` + ph("0") + `,` + ph("1") + `]`
	d.Text([]byte(text))
	d.Binary([]byte{1, 2, 3})
	p, complete, err := d.Binary([]byte{4, 5, 6})
	if err != nil || !complete {
		t.Fatal(complete, err)
	}
	args, err := p.Args()
	if err != nil {
		t.Fatal(err)
	}
	data, attachments, err := EncodeArgs(args)
	if err != nil {
		t.Fatal(err)
	}
	ack := Append(nil, Packet{Type: Ack, ID: p.ID, Data: data, Attachments: attachments})
	if want := `62-789[` + ph("0") + `,` + ph("1") + `]`; string(ack) != want {
		t.Errorf("got %s, want %s", ack, want)
	}
	if !reflect.DeepEqual(attachments, [][]byte{{1, 2, 3}, {4, 5, 6}}) {
		t.Errorf("attachments %v", attachments)
	}
}
