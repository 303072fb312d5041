package socketio

import (
	"encoding/json"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"time"
)

type (
	photo struct {
		Name string `json:"name"`
		Data Binary `json:"data,omitempty"`
		Note string `json:"note,omitempty"`
	}
	album struct {
		First  *photo           `json:"first"`
		Rest   []photo          `json:"rest"`
		ByName map[string]photo `json:"byName,omitempty"`
		Any    any              `json:"any,omitempty"`
		Hidden Binary           `json:"-"`
		secret Binary
	}
	base     struct{ Raw []byte }
	embeds   struct{ base }
	embedsAt struct{ *base }
	octet    byte
	hash     [4]byte
	list     []list
	chain    *chain
	tree     struct {
		Children []*tree `json:"children,omitempty"`
		Leaf     any     `json:"leaf,omitempty"`
	}
	shouting struct{ Data []byte }
	onPtr    struct{ Data []byte }
)

func (s shouting) MarshalJSON() ([]byte, error) { return []byte(`"SHOUT"`), nil }
func (s *onPtr) MarshalJSON() ([]byte, error)   { return []byte(`"PTR"`), nil }

func TestEncodeArgs(t *testing.T) {
	a, b, c := []byte("a"), Binary("b"), []byte("c")
	var nothing *photo
	tests := []struct {
		name        string
		args        []any
		want        string
		attachments string // one letter each
	}{
		{"no arguments", nil, `[]`, ""},
		{"every JSON type", []any{nil, true, 1, -2.5, "s", []int{1}, map[string]int{"b": 1, "a": 2}}, `[null,true,1,-2.5,"s",[1],{"a":2,"b":1}]`, ""},
		{"nothing is escaped for HTML", []any{"<a href='x'>&</a>", json.RawMessage(`"<&>"`)}, `["<a href='x'>&</a>","<&>"]`, ""},
		{"several bytes a character", []any{"€𝄞"}, `["€𝄞"]`, ""},
		{"text that is not UTF-8", []any{"a\xff"}, `["a\ufffd"]`, ""},
		{"raw JSON that is not UTF-8", []any{json.RawMessage("\"a\xff\"")}, "[\"a\uFFFD\"]", ""},
		{"raw JSON keeps its order and is compacted", []any{json.RawMessage("{ \"b\" : 1.0,\n\"a\" : 2e3 }")}, `[{"b":1.0,"a":2e3}]`, ""},
		{"raw JSON that is nil", []any{json.RawMessage(nil)}, `[null]`, ""},
		{"numbers without loss", []any{uint64(math.MaxUint64), json.Number("123456789012345678901234567890")}, `[18446744073709551615,123456789012345678901234567890]`, ""},
		{"time, and bytes that write themselves", []any{time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC), net.IPv4(127, 0, 0, 1)}, `["2025-01-02T03:04:05Z","127.0.0.1"]`, ""},
		{"what looks like a placeholder, without binary", []any{json.RawMessage(ph("7"))}, `[` + ph("7") + `]`, ""},

		{"bytes", []any{a}, `[` + ph("0") + `]`, "a"},
		{"no bytes, but not nil", []any{[]byte{}, a}, `[` + ph("0") + `,` + ph("1") + `]`, " a"},
		{"nil bytes", []any{[]byte(nil), Binary(nil), nothing, a}, `[null,null,null,` + ph("0") + `]`, "a"},
		{"pointer to bytes", []any{&a, &b}, `[` + ph("0") + `,` + ph("1") + `]`, "ab"},
		{"the same bytes twice", []any{a, a}, `[` + ph("0") + `,` + ph("1") + `]`, "aa"},
		{"slices", []any{[][]byte{a, b}, []any{1, []any{c}}}, `[[` + ph("0") + `,` + ph("1") + `],[1,[` + ph("2") + `]]]`, "abc"},
		{"array", []any{[2]Binary{b, Binary("z")}}, `[[` + ph("0") + `,` + ph("1") + `]]`, "bz"},
		{"an array of bytes is numbers", []any{hash{1, 2, 3, 4}}, `[[1,2,3,4]]`, ""},
		{"bytes by another name", []any{[]octet("o")}, `[` + ph("0") + `]`, "o"},
		{"maps in the order of their keys", []any{map[string]any{"b": b, "a": a, "c": 1}}, `[{"a":` + ph("0") + `,"b":` + ph("1") + `,"c":1}]`, "ab"},
		{"map of numbers", []any{map[int][]byte{2: c, 1: a}}, `[{"1":` + ph("0") + `,"2":` + ph("1") + `}]`, "ac"},
		{"struct", []any{photo{Name: "n", Data: b}}, `[{"name":"n","data":` + ph("0") + `}]`, "b"},
		{"struct without its bytes", []any{photo{Name: "n", Data: Binary{}}, a}, `[{"name":"n"},` + ph("0") + `]`, "a"},
		{
			"depth first",
			[]any{album{First: &photo{Data: Binary("1")}, Rest: []photo{{Data: Binary("2")}, {}, {Data: Binary("3")}}, ByName: map[string]photo{"y": {Data: Binary("5")}, "x": {Data: Binary("4")}}, Any: []any{Binary("6")}, Hidden: Binary("h"), secret: Binary("s")}, a},
			`[{"first":{"name":"","data":` + ph("0") + `},"rest":[{"name":"","data":` + ph("1") + `},{"name":""},{"name":"","data":` + ph("2") + `}],"byName":{"x":{"name":"","data":` + ph("3") + `},"y":{"name":"","data":` + ph("4") + `}},"any":[` + ph("5") + `]},` + ph("6") + `]`,
			"123456a",
		},
		{"embedded", []any{embeds{base{a}}}, `[{"Raw":` + ph("0") + `}]`, "a"},
		{"embedded behind a pointer, empty", []any{embedsAt{}, embedsAt{&base{}}}, `[{},{"Raw":null}]`, ""},
		{"a type that marshals itself hides its bytes", []any{shouting{a}, map[string]any{"s": shouting{a}}}, `["SHOUT",{"s":"SHOUT"}]`, ""},
		{"marshals itself behind a pointer", []any{&onPtr{a}, []onPtr{{a}}}, `["PTR",["PTR"]]`, ""},
		{"a type of itself", []any{list{{}, {}}, tree{Children: []*tree{{Leaf: a}}}}, `[[[],[]],{"children":[{"leaf":` + ph("0") + `}]}]`, "a"},
		{"a pointer to itself", []any{chain(nil)}, `[null]`, ""},
		{"a long text next to bytes", []any{strings.Repeat("x", 70_000), a}, `["` + strings.Repeat("x", 70_000) + `",` + ph("0") + `]`, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, attachments, err := EncodeArgs(tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			if string(data) != tt.want {
				t.Errorf("got  %.300s\nwant %.300s", data, tt.want)
			}
			if got := letters(attachments); got != tt.attachments {
				t.Errorf("attachments %q, want %q", got, tt.attachments)
			}
			if len(attachments) == 0 && attachments != nil {
				t.Error("no attachments should be nil")
			}
		})
	}
}

// letters writes each attachment as its only byte, empty ones as a space.
func letters(attachments [][]byte) (s string) {
	for _, a := range attachments {
		if len(a) == 0 {
			a = []byte(" ")
		}
		s += string(a)
	}
	return s
}

func TestEncodeArgsErrors(t *testing.T) {
	cyclicMap := map[string]any{"data": []byte("a")}
	cyclicMap["again"], cyclicMap["and again"] = cyclicMap, cyclicMap
	cyclicSlice := make([]any, 1)
	cyclicSlice[0] = cyclicSlice
	cyclicTree := &tree{}
	cyclicTree.Children = []*tree{cyclicTree}
	var cyclicPointer any
	cyclicPointer = &cyclicPointer
	cyclicChain := new(chain)
	*cyclicChain = cyclicChain
	cyclicList := make(list, 1)
	cyclicList[0] = cyclicList
	tests := []struct {
		name string
		arg  any
		want error // nil: any error
	}{
		{"NaN", math.NaN(), nil},
		{"infinity", math.Inf(-1), nil},
		{"NaN next to bytes", []any{[]byte("a"), math.NaN()}, nil},
		{"channel", make(chan int), nil},
		{"function", func() {}, nil},
		{"complex number", 1i, nil},
		{"map with keys that are no text", map[struct{}]int{{}: 1}, nil},
		{"map that holds itself", cyclicMap, nil},
		{"slice that holds itself", cyclicSlice, nil},
		{"struct that holds itself", cyclicTree, nil},
		{"pointer to itself in an interface", cyclicPointer, nil},
		{"pointer to itself", cyclicChain, nil},
		{"slice type that holds itself", cyclicList, nil},
		{"raw JSON that is none", json.RawMessage(`{"a"`), nil},
		{"raw JSON that closes the array", json.RawMessage(`1],[2`), nil},
		{"argument that is no JSON", Arg{Raw: json.RawMessage(`{"_placeholder"`), Attachments: [][]byte{{1}}}, nil},
		{"argument with a wrong placeholder", Arg{Raw: json.RawMessage(ph("1")), Attachments: [][]byte{{1}}}, ErrPlaceholder},
		{"a false placeholder next to bytes", []any{[]byte("a"), json.RawMessage(ph("5"))}, ErrPlaceholder},
		{"a false placeholder before bytes", []any{map[string]any{"_placeholder": true, "num": 0}, []byte("a")}, ErrPlaceholder},
		{"a false placeholder around bytes", map[string]any{"_placeholder": true, "num": 0, "x": []byte("a")}, ErrPlaceholder},
		{"bytes behind a pointer that cannot be copied", embedsAt{&base{[]byte("a")}}, ErrHidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, attachments, err := EncodeArgs(tt.arg)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if data != nil || attachments != nil {
				t.Errorf("data %s comes with the error", data)
			}
		})
	}
}

// The caller's values are shared with other goroutines; encoding must not write into them.
func TestEncodeArgsLeavesValuesAlone(t *testing.T) {
	inner := map[string]any{"data": []byte("a"), "list": []any{Binary("b")}}
	value := &album{First: &photo{Data: Binary("c")}, Any: inner}
	if _, _, err := EncodeArgs(value, inner); err != nil {
		t.Fatal(err)
	}
	if string(inner["data"].([]byte)) != "a" || string(inner["list"].([]any)[0].(Binary)) != "b" || string(value.First.Data) != "c" {
		t.Errorf("values are %v %v now", value, inner)
	}
}

func TestEncodeEvent(t *testing.T) {
	data, attachments, err := EncodeEvent("x", 1, []byte("a"))
	if err != nil || string(data) != `["x",1,`+ph("0")+`]` || letters(attachments) != "a" {
		t.Errorf("got %s %q %v", data, attachments, err)
	}
	for _, name := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
		if _, _, err := EncodeEvent(name); err != ErrReserved {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := EncodeEvent("x", math.NaN()); err == nil {
		t.Error("NaN was encoded")
	}
}

func TestAppendLast(t *testing.T) {
	for data, want := range map[string]string{`[]`: `x["o\""]`, `["e"]`: `x["e","o\""]`, `["e",{"a":[]}]`: `x["e",{"a":[]},"o\""]`} {
		if got := string(AppendLast([]byte("x"), []byte(data), `o"`)); got != want {
			t.Errorf("%s: got %s, want %s", data, got, want)
		}
	}
}
