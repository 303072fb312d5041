package socketio

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func ph(num string) string { return `{"_placeholder":true,"num":` + num + `}` }

func TestDecodeText(t *testing.T) {
	long := strings.Repeat("n", 1_000_000)
	tests := []struct {
		name string
		text string
		want Packet
		data string // "" means absent
	}{
		{name: "connect", text: "0", want: Packet{Type: Connect, Namespace: "/"}},
		{name: "connect with an empty object", text: "0{}", want: Packet{Type: Connect, Namespace: "/"}, data: "{}"},
		{name: "connect to the default namespace by name", text: "0/", want: Packet{Type: Connect, Namespace: "/"}},
		{name: "connect to it with a comma", text: "0/,", want: Packet{Type: Connect, Namespace: "/"}},
		{name: "connect with auth", text: `0{"auth":1}`, want: Packet{Type: Connect, Namespace: "/"}, data: `{"auth":1}`},
		{name: "connect to a namespace", text: "0/ns", want: Packet{Type: Connect, Namespace: "/ns"}},
		{name: "connect to it with a comma and nothing", text: "0/ns,", want: Packet{Type: Connect, Namespace: "/ns"}},
		{name: "connect to it with auth", text: `0/ns,{"a":"b&=c"}`, want: Packet{Type: Connect, Namespace: "/ns"}, data: `{"a":"b&=c"}`},
		{name: "a query belongs to the name", text: `0/ns?token=a,{}`, want: Packet{Type: Connect, Namespace: "/ns?token=a"}, data: `{}`},
		{name: "disconnect", text: "1", want: Packet{Type: Disconnect, Namespace: "/"}},
		{name: "disconnect from a namespace", text: "1/ns,", want: Packet{Type: Disconnect, Namespace: "/ns"}},
		{name: "event", text: `2["message",1,"2",{"3":[true]}]`, want: Packet{Type: Event, Namespace: "/"}, data: `["message",1,"2",{"3":[true]}]`},
		{name: "event without arguments", text: `2["x"]`, want: Packet{Type: Event, Namespace: "/"}, data: `["x"]`},
		{name: "event with an empty name", text: `2[""]`, want: Packet{Type: Event, Namespace: "/"}, data: `[""]`},
		{name: "event with a number for a name", text: `2[7,"a"]`, want: Packet{Type: Event, Namespace: "/"}, data: `[7,"a"]`},
		{name: "event with a negative number for a name", text: `2[-7]`, want: Packet{Type: Event, Namespace: "/"}, data: `[-7]`},
		{name: "event with an id", text: `213["x"]`, want: Packet{Type: Event, Namespace: "/", ID: "13"}, data: `["x"]`},
		{name: "event in a namespace with an id", text: `2/ns,13["x"]`, want: Packet{Type: Event, Namespace: "/ns", ID: "13"}, data: `["x"]`},
		{name: "id of 2^64", text: `218446744073709551616["x"]`, want: Packet{Type: Event, Namespace: "/", ID: "18446744073709551616"}, data: `["x"]`},
		{name: "id with leading zeros", text: `2007["x"]`, want: Packet{Type: Event, Namespace: "/", ID: "007"}, data: `["x"]`},
		{name: "null arguments", text: `2["x",null,null]`, want: Packet{Type: Event, Namespace: "/"}, data: `["x",null,null]`},
		{name: "several bytes a character", text: `2["€",{"𝄞":"é"}]`, want: Packet{Type: Event, Namespace: "/"}, data: `["€",{"𝄞":"é"}]`},
		{name: "white space inside", text: "2[ \"x\" ,\t{ \"a\" : [ ] } ]\n", want: Packet{Type: Event, Namespace: "/"}, data: "[ \"x\" ,\t{ \"a\" : [ ] } ]\n"},
		{name: "names of JavaScript's own", text: `2["x",{"__proto__":{"a":1},"constructor":{},"toString":"foo"}]`, want: Packet{Type: Event, Namespace: "/"}, data: `["x",{"__proto__":{"a":1},"constructor":{},"toString":"foo"}]`},
		{name: "a namespace of JavaScript's own", text: `0/__proto__,`, want: Packet{Type: Connect, Namespace: "/__proto__"}},
		{name: "what looks like a placeholder without attachments", text: `2["x",` + ph("7") + `]`, want: Packet{Type: Event, Namespace: "/"}, data: `["x",` + ph("7") + `]`},
		{name: "a reserved name that is only an argument", text: `2["x","disconnect"]`, want: Packet{Type: Event, Namespace: "/"}, data: `["x","disconnect"]`},
		{name: "a reserved name in other case", text: `2["Connect"]`, want: Packet{Type: Event, Namespace: "/"}, data: `["Connect"]`},
		{name: "a name of 1 MB", text: `2["` + long + `"]`, want: Packet{Type: Event, Namespace: "/"}, data: `["` + long + `"]`},
		{name: "a number outside the double range", text: `2["x",1e999]`, want: Packet{Type: Event, Namespace: "/"}, data: `["x",1e999]`},
		{name: "ack", text: `313[]`, want: Packet{Type: Ack, Namespace: "/", ID: "13"}, data: `[]`},
		{name: "ack in a namespace", text: `3/ns,13["a",{}]`, want: Packet{Type: Ack, Namespace: "/ns", ID: "13"}, data: `["a",{}]`},
		{name: "connect error", text: `4{"message":"Invalid namespace"}`, want: Packet{Type: ConnectError, Namespace: "/"}, data: `{"message":"Invalid namespace"}`},
		{name: "connect error as a string", text: `4/ns,"no"`, want: Packet{Type: ConnectError, Namespace: "/ns"}, data: `"no"`},
		{name: "as deep as allowed", text: `2["x",` + strings.Repeat("[", 255) + strings.Repeat("]", 255) + `]`, want: Packet{Type: Event, Namespace: "/"}, data: `["x",` + strings.Repeat("[", 255) + strings.Repeat("]", 255) + `]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			p, complete, err := d.Text([]byte(tt.text))
			if err != nil || !complete {
				t.Fatalf("complete %v, error %v", complete, err)
			}
			if p.Type != tt.want.Type || p.Namespace != tt.want.Namespace || p.ID != tt.want.ID || string(p.Data) != tt.data || p.Attachments != nil {
				t.Errorf("got %c %q %q %.100q", p.Type, p.Namespace, p.ID, p.Data)
			}
			if (p.Data == nil) != (tt.data == "") {
				t.Error("an absent payload must be nil")
			}
		})
	}
}

func TestDecodeViolations(t *testing.T) {
	deep := strings.Repeat("[", 10_000)
	tests := []struct {
		name string
		text string
		err  Error
	}{
		{"nothing", "", ErrEmpty},
		{"type 7", `7["x"]`, ErrType},
		{"type 9", "9", ErrType},
		{"a letter for a type", "abc", ErrType},
		{"JSON without a type", `{"a":1}`, ErrType},
		{"not UTF-8", "2[\"\xff\"]", ErrEncoding},

		{"event: object", `2{}`, ErrPayload},
		{"event: string", `2"x"`, ErrPayload},
		{"event: number in parentheses", `2(1)`, ErrPayload},
		{"event: nothing", `2`, ErrPayload},
		{"event: only an id", `212`, ErrPayload},
		{"event: nothing in a namespace", `2/ns`, ErrPayload},
		{"event: namespace without its comma", `2/ns["x"]`, ErrPayload},
		{"event: empty array", `2[]`, ErrPayload},
		{"event: true for a name", `2[true]`, ErrPayload},
		{"event: null for a name", `2[null]`, ErrPayload},
		{"event: object for a name", `2[{}]`, ErrPayload},
		{"event: object with toString for a name", `2[{"toString":"foo"}]`, ErrPayload},
		{"event: array for a name", `2[["x"]]`, ErrPayload},
		{"event: an id that is not a number", `2abc["x"]`, ErrPayload},
		{"event: a negative id", `2-1["x"]`, ErrPayload},
		{"event: a fraction for an id", `21.5["x"]`, ErrPayload},
		{"event: white space for an id", `2 ["x"]`, ErrPayload},
		{"connect: array", `0[]`, ErrPayload},
		{"connect: string", `0"x"`, ErrPayload},
		{"connect: null", `0null`, ErrPayload},
		{"connect: bad JSON", `0{`, ErrJSON},
		{"connect to a namespace: array", `0/ns,[]`, ErrPayload},
		{"disconnect: object", `1{}`, ErrPayload},
		{"disconnect: garbage", `1x`, ErrPayload},
		{"ack: object", `31{}`, ErrPayload},
		{"ack: nothing", `31`, ErrPayload},
		{"ack: string", `31"x"`, ErrPayload},
		{"ack: no id", `3["x"]`, ErrAckID},
		{"connect error: array", `4["x"]`, ErrPayload},

		{"JSON: not closed", `2["x"`, ErrJSON},
		{"JSON: something behind", `2["x"]]`, ErrJSON},
		{"JSON: two payloads", `2["x"]["y"]`, ErrJSON},
		{"JSON: comma at the end", `2["x",]`, ErrJSON},
		{"JSON: single quotes", `2['x']`, ErrJSON},
		{"JSON: undefined", `2["x",undefined]`, ErrJSON},
		{"JSON: NaN", `2["x",NaN]`, ErrJSON},
		{"JSON: leading zero", `2["x",01]`, ErrJSON},
		{"JSON: bare fraction", `2["x",.5]`, ErrJSON},
		{"JSON: control character", "2[\"\x01\"]", ErrJSON},
		{"JSON: NUL", "2[\"x\"\x00]", ErrJSON},
		{"JSON: bad escape", `2["\x41"]`, ErrJSON},
		{"JSON: bad hexadecimal", "2[\"\\u00\x10\x10\"]", ErrJSON},
		{"JSON: key without quotes", `2["x",{a:1}]`, ErrJSON},
		{"JSON: missing value", `2["x",{"a"}]`, ErrJSON},
		{"JSON: byte order mark", "2\ufeff[\"x\"]", ErrPayload},
		{"JSON: 10,000 levels", `2["x",` + deep + strings.Repeat("]", 10_000) + `]`, ErrDepth},
		{"JSON: 10,000 levels of objects", `2["x",` + strings.Repeat(`{"a":`, 10_000), ErrDepth},
		{"JSON: a million brackets", "2" + strings.Repeat("[", 1_000_000), ErrDepth},
		{"JSON: one level too many", `2["x",` + deep[:256] + strings.Repeat("]", 256) + `]`, ErrDepth},

		{"reserved: connect", `2["connect"]`, ErrReserved},
		{"reserved: connect_error", `2["connect_error"]`, ErrReserved},
		{"reserved: disconnect", `2["disconnect","123"]`, ErrReserved},
		{"reserved: disconnecting", `2["disconnecting"]`, ErrReserved},
		{"reserved: newListener", `2["newListener"]`, ErrReserved},
		{"reserved: removeListener", `2["removeListener"]`, ErrReserved},
		{"reserved: with escapes", `2["\u0064isconnect"]`, ErrReserved},
		{"reserved: all escapes", `2["` + strings.Repeat(`\u0063`, 1) + `\u006f\u006e\u006e\u0065\u0063\u0074"]`, ErrReserved},
		{"reserved: the longest, all escapes", `2["\u0072\u0065\u006d\u006f\u0076\u0065\u004c\u0069\u0073\u0074\u0065\u006e\u0065\u0072"]`, ErrReserved},
		{"reserved: with attachments", `51-["disconnect",` + ph("0") + `]`, ErrReserved},

		{"attachments: none", `5-["e"]`, ErrIllegalAttachments},
		{"attachments: no count and no hyphen", `5["e"]`, ErrIllegalAttachments},
		{"attachments: nothing at all", `5`, ErrIllegalAttachments},
		{"attachments: 0", `50-["e"]`, ErrIllegalAttachments},
		{"attachments: 000", `5000-["e"]`, ErrIllegalAttachments},
		{"attachments: fraction", `51.5-["e"]`, ErrIllegalAttachments},
		{"attachments: negative", `5-1-["e"]`, ErrIllegalAttachments},
		{"attachments: plus", `5+1-["e"]`, ErrIllegalAttachments},
		{"attachments: exponent", `51e0-["e"]`, ErrIllegalAttachments},
		{"attachments: hexadecimal", `50x1-["e"]`, ErrIllegalAttachments},
		{"attachments: white space", `5 1-["e"]`, ErrIllegalAttachments},
		{"attachments: text", `5splice-["e"]`, ErrIllegalAttachments},
		{"attachments: without a hyphen", `51["e",` + ph("0") + `]`, ErrIllegalAttachments},
		{"attachments: only digits", `5123`, ErrIllegalAttachments},
		{"attachments: 11", `511-["e"]`, ErrTooManyAttachments},
		{"attachments: 999999", `5999999-["e"]`, ErrTooManyAttachments},
		{"attachments: 2^64+1", `518446744073709551617-["e"]`, ErrTooManyAttachments},
		{"attachments: a million digits", "5" + strings.Repeat("1", 1_000_000) + `-["e"]`, ErrTooManyAttachments},
		{"attachments of an ack: 11", `611-1[]`, ErrTooManyAttachments},
		{"binary ack without an id", `61-[` + ph("0") + `]`, ErrAckID},
		{"binary event without a payload", `51-`, ErrPayload},

		{"placeholder: a method for num", `51-["e",` + ph(`"splice"`) + `]`, ErrPlaceholder},
		{"placeholder: digits in a string", `51-["e",` + ph(`"0"`) + `]`, ErrPlaceholder},
		{"placeholder: no num", `51-["e",{"_placeholder":true}]`, ErrPlaceholder},
		{"placeholder: null", `51-["e",` + ph("null") + `]`, ErrPlaceholder},
		{"placeholder: negative", `51-["e",` + ph("-1") + `]`, ErrPlaceholder},
		{"placeholder: fraction", `51-["e",` + ph("0.5") + `]`, ErrPlaceholder},
		{"placeholder: as large as the count", `51-["e",` + ph("1") + `]`, ErrPlaceholder},
		{"placeholder: huge", `51-["e",` + ph("1e400") + `]`, ErrPlaceholder},
		{"placeholder: array", `51-["e",` + ph("[0]") + `]`, ErrPlaceholder},
		{"placeholder: object", `51-["e",` + ph(`{"a":0}`) + `]`, ErrPlaceholder},
		{"placeholder: deep inside", `51-["e",{"a":[{"b":` + ph("9") + `}]}]`, ErrPlaceholder},
		{"placeholder: keys in another order", `51-["e",{"num":9,"_placeholder":true}]`, ErrPlaceholder},
		{"placeholder: escaped key", `51-["e",{"\u005fplaceholder":true,"num":9}]`, ErrPlaceholder},
		{"placeholder: the last of equal keys counts", `51-["e",{"_placeholder":true,"num":0,"num":9}]`, ErrPlaceholder},
		{"placeholder: the same attachment twice", `52-["e",` + ph("0") + "," + ph("0") + `]`, ErrPlaceholder},
		{"placeholder: more than attachments", `51-["e",` + ph("0") + strings.Repeat(","+ph("0"), 10_000) + `]`, ErrPlaceholder},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			p, complete, err := d.Text([]byte(tt.text))
			if !errors.Is(err, tt.err) || complete {
				t.Fatalf("error %v, complete %v, want %v", err, complete, tt.err)
			}
			if p.Data != nil || p.Namespace != "" {
				t.Errorf("a packet comes with the error: %+v", p)
			}
			// After the error nothing is due: what comes next is read as if it were the first.
			if _, _, err := d.Binary([]byte{1}); !errors.Is(err, ErrUnexpectedBinary) {
				t.Errorf("the decoder still waits: %v", err)
			}
			if _, complete, err := d.Text([]byte(`2["x"]`)); !complete || err != nil {
				t.Errorf("the decoder is stuck: %v", err)
			}
		})
	}
}

func TestErrorTexts(t *testing.T) {
	if ErrIllegalAttachments.Error() != "Illegal attachments" || ErrTooManyAttachments.Error() != "too many attachments" {
		t.Error("clients and logs know these two texts")
	}
}

func TestDecodeBinary(t *testing.T) {
	ten := make([]string, 10)
	for i := range ten {
		ten[i] = ph(string(rune('0' + i)))
	}
	tests := []struct {
		name        string
		text        string
		attachments []string
		want        Packet
		data        string
	}{
		{"event", `51-["x",` + ph("0") + `]`, []string{"\x01"}, Packet{Type: BinaryEvent, Namespace: "/"}, `["x",` + ph("0") + `]`},
		{"event with an id", `52-789["x",` + ph("0") + "," + ph("1") + `]`, []string{"a", "b"}, Packet{Type: BinaryEvent, Namespace: "/", ID: "789"}, `["x",` + ph("0") + "," + ph("1") + `]`},
		{"event in a namespace", `51-/ns,12["x",{"a":[` + ph("0") + `]}]`, []string{"a"}, Packet{Type: BinaryEvent, Namespace: "/ns", ID: "12"}, `["x",{"a":[` + ph("0") + `]}]`},
		{"ack", `61-12[` + ph("0") + `]`, []string{"a"}, Packet{Type: BinaryAck, Namespace: "/", ID: "12"}, `[` + ph("0") + `]`},
		{"empty attachment", `51-["x",` + ph("0") + `]`, []string{""}, Packet{Type: BinaryEvent, Namespace: "/"}, `["x",` + ph("0") + `]`},
		{"order of numbers is free", `52-["x",` + ph("1") + "," + ph("0") + `]`, []string{"a", "b"}, Packet{Type: BinaryEvent, Namespace: "/"}, `["x",` + ph("1") + "," + ph("0") + `]`},
		{"an attachment that nothing names", `52-["x",` + ph("1") + `]`, []string{"a", "b"}, Packet{Type: BinaryEvent, Namespace: "/"}, `["x",` + ph("1") + `]`},
		{"a placeholder that says false", `51-["x",{"_placeholder":false,"num":9}]`, []string{"a"}, Packet{Type: BinaryEvent, Namespace: "/"}, `["x",{"_placeholder":false,"num":9}]`},
		{"1.0 is 1 in JavaScript", `52-["x",` + ph("1.0") + `]`, []string{"a", "b"}, Packet{Type: BinaryEvent, Namespace: "/"}, `["x",` + ph("1.0") + `]`},
		{"exactly ten", `510-["x",` + strings.Join(ten, ",") + `]`, ten, Packet{Type: BinaryEvent, Namespace: "/"}, `["x",` + strings.Join(ten, ",") + `]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			text := []byte(tt.text)
			p, complete, err := d.Text(text)
			if complete || err != nil {
				t.Fatalf("complete %v, error %v", complete, err)
			}
			clear(text) // the read buffer is used again
			for i, a := range tt.attachments {
				if complete {
					t.Fatalf("complete before attachment %d", i)
				}
				chunk := []byte(a)
				if p, complete, err = d.Binary(chunk); err != nil {
					t.Fatal(err)
				}
				clear(chunk)
			}
			if !complete || p.Type != tt.want.Type || p.Namespace != tt.want.Namespace || p.ID != tt.want.ID || string(p.Data) != tt.data {
				t.Fatalf("complete %v, got %+v", complete, p)
			}
			for i, a := range tt.attachments {
				if string(p.Attachments[i]) != a {
					t.Errorf("attachment %d is %q, want %q", i, p.Attachments[i], a)
				}
			}
			if len(p.Attachments) != len(tt.attachments) {
				t.Errorf("%d attachments", len(p.Attachments))
			}
			if again := Append(nil, p); string(again) != tt.text {
				t.Errorf("encoded again: %s", again)
			}
			if d.due != 0 || d.pending.Attachments != nil {
				t.Error("the decoder keeps the packet")
			}
		})
	}
}

func TestDecoderOrder(t *testing.T) {
	header := []byte(`52-["x",` + ph("0") + "," + ph("1") + `]`)
	tests := []struct {
		name string
		feed func(d *Decoder) error
		want error
	}{
		{"binary first", func(d *Decoder) error { _, _, err := d.Binary([]byte{1}); return err }, ErrUnexpectedBinary},
		{"binary after a whole packet", func(d *Decoder) error {
			d.Text([]byte(`2["x"]`))
			_, _, err := d.Binary([]byte{1})
			return err
		}, ErrUnexpectedBinary},
		{"text while two are due", func(d *Decoder) error {
			d.Text(header)
			_, _, err := d.Text([]byte(`2["x"]`))
			return err
		}, ErrTextDuringBinary},
		{"text while one is due", func(d *Decoder) error {
			d.Text(header)
			d.Binary([]byte{1})
			_, _, err := d.Text(header)
			return err
		}, ErrTextDuringBinary},
		{"one more than announced", func(d *Decoder) error {
			d.Text(header)
			d.Binary([]byte{1})
			d.Binary([]byte{2})
			_, _, err := d.Binary([]byte{3})
			return err
		}, ErrUnexpectedBinary},
		{"binary after a reset", func(d *Decoder) error {
			d.Text(header)
			d.Binary([]byte{1})
			d.Reset()
			_, _, err := d.Binary([]byte{2})
			return err
		}, ErrUnexpectedBinary},
		{"text after a reset", func(d *Decoder) error {
			d.Text(header)
			d.Reset()
			_, complete, err := d.Text([]byte(`2["x"]`))
			if !complete {
				return errors.New("not complete")
			}
			return err
		}, nil},
		{"too large", func(d *Decoder) error {
			d.MaxBytes = 5
			d.Text(header)
			d.Binary([]byte("abc"))
			_, _, err := d.Binary([]byte("def"))
			return err
		}, ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			if err := tt.feed(&d); !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if d.due != 0 || d.pending.Data != nil || d.pending.Attachments != nil || d.bytes != 0 {
				t.Errorf("the decoder holds on to %+v", d.pending)
			}
		})
	}
}

func TestDecoderPending(t *testing.T) {
	var d Decoder
	if p, ok := d.Pending(); ok {
		t.Errorf("nothing came, and %+v is pending", p)
	}
	d.Text([]byte(`52-/n,7["x",` + ph("0") + `,` + ph("1") + `]`))
	d.Binary([]byte{1})
	if p, ok := d.Pending(); !ok || p.Namespace != "/n" || p.ID != "7" || len(p.Attachments) != 1 {
		t.Errorf("%t, %+v is pending", ok, p)
	}
	d.Binary([]byte{2})
	if p, ok := d.Pending(); ok {
		t.Errorf("all has come, and %+v is pending", p)
	}
}

func TestDecoderLimits(t *testing.T) {
	d := Decoder{MaxAttachments: 2, MaxDepth: 3}
	if _, _, err := d.Text([]byte(`53-["x"]`)); err != ErrTooManyAttachments {
		t.Errorf("three attachments of two: %v", err)
	}
	if _, complete, err := d.Text([]byte(`2["x",[[]]]`)); !complete || err != nil {
		t.Errorf("three levels: %v", err)
	}
	if _, _, err := d.Text([]byte(`2["x",[[{}]]]`)); err != ErrDepth {
		t.Errorf("four levels of three: %v", err)
	}
	none := Decoder{MaxAttachments: -1}
	if _, _, err := none.Text([]byte(`51-["x"]`)); err != ErrTooManyAttachments {
		t.Errorf("one attachment of none: %v", err)
	}
}

// Half a binary event must not keep more than what came.
func TestDecoderKeepsNoBuffer(t *testing.T) {
	var d Decoder
	buffer := append([]byte(`51-["x"]`), make([]byte, 1<<20)...)
	if _, _, err := d.Text(buffer[:8]); err != nil {
		t.Fatal(err)
	}
	if got := cap(d.pending.Data); got > 64 {
		t.Errorf("%d bytes kept for a payload of 5", got)
	}
	if bytes.Contains(d.pending.Data, []byte{0}) {
		t.Error("kept what is behind the packet")
	}
}
