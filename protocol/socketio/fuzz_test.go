package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

var seeds = []string{
	"0", "0{}", "0/ns,{\"a\":1}", "1", "1/ns,", `2["x"]`, `213["x",1,{"a":[true,null]}]`, `2/ns,7[1.5e3,"é\u00e9\n"]`, "31[]", `4{"message":"m"}`,
	`2[{"toString":"foo"}]`, `4["x"]`, `2["disconnect","123"]`, `2["\u0064isconnect"]`, `5999999-["e"]`, `51-["e",{"_placeholder":true,"num":"splice"}]`,
	"51-[\"e\",{\"_placeholder\":true,\"num\":0}]\x1eab", "52-/ns,7[\"e\",{\"_placeholder\":true,\"num\":1},[{\"_placeholder\":true,\"num\":0}]]\x1e\x1exyz",
	"61-7[{\"a\":{\"_placeholder\":true,\"num\":0}}]\x1eab", "51-[\"e\"]\x1ea\x1eb", "51-[\"e\",{\"_placeholder\":true,\"num\":0,\"x\":{\"_placeholder\":true,\"num\":0}}]\x1ea",
	"51-[\"e\",{\"\\u005fplaceholder\":true,\"num\":0.0}]\x1ea", `2["x",` + strings.Repeat("[", 300), `2["x",{"__proto__":{}}]`, `218446744073709551616["x"]`,
}

// FuzzDecode feeds a packet, its text and its attachments cut at 0x1e, to a Decoder. Errors are of the closed set; what
// decodes can be read, bound to values of several types, sent on, and decodes to the same again.
func FuzzDecode(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		p, ok := feed(t, &Decoder{MaxBytes: 1000}, bytes.Split(input, []byte{0x1e}))
		if !ok {
			return
		}
		again, ok := feed(t, &Decoder{}, append([][]byte{Append(nil, p)}, p.Attachments...))
		if !ok || again.Type != p.Type || again.Namespace != p.Namespace || again.ID != p.ID || !bytes.Equal(again.Data, p.Data) {
			t.Fatalf("%+v became %+v", p, again)
		}
		if p.Type == Connect || p.Type == Disconnect || p.Type == ConnectError {
			return
		}
		args, err := p.Args()
		if err != nil {
			t.Fatalf("arguments of a checked packet: %v", err)
		}
		for i := range args.Len() {
			bindAll(t, args, i)
		}
		sendOn(t, p, args)
	})
}

// feed gives the decoder a text and binary messages until a packet is complete.
func feed(t *testing.T, d *Decoder, chunks [][]byte) (Packet, bool) {
	p, complete, err := d.Text(chunks[0])
	for _, chunk := range chunks[1:] {
		if err != nil || complete {
			break
		}
		p, complete, err = d.Binary(chunk)
	}
	var ours Error
	if err != nil && (!errors.As(err, &ours) || complete) {
		t.Fatalf("error %v, complete %v", err, complete)
	}
	if err == nil && !complete && d.due == 0 {
		t.Fatal("neither complete nor waiting")
	}
	return p, complete
}

func bindAll(t *testing.T, args Args, i int) {
	for _, dst := range []any{new(any), new(json.RawMessage), new([]byte), new(string), new(album), new(map[string]json.RawMessage), new([]Binary)} {
		err := args.Bind(i, dst)
		if errors.Is(err, ErrNoArgument) || errors.Is(err, ErrPlaceholder) || errors.Is(err, ErrNesting) {
			t.Fatalf("bind to %T: %v", dst, err)
		}
	}
}

func sendOn(t *testing.T, p Packet, args Args) {
	data, attachments, err := EncodeArgs(args)
	if err != nil {
		t.Fatalf("sent on: %v", err)
	}
	if len(attachments) > len(p.Attachments) {
		t.Fatalf("%d attachments became %d", len(p.Attachments), len(attachments))
	}
	ack := Append(nil, Packet{Type: Ack, Namespace: p.Namespace, ID: "1", Data: data, Attachments: attachments})
	if _, ok := feed(t, &Decoder{MaxDepth: DefaultMaxDepth + 1}, append([][]byte{ack}, attachments...)); !ok {
		t.Fatalf("%s does not decode", ack)
	}
}

// FuzzStream feeds a connection's messages, cut at 0x1e, to one Decoder: text where a message does not begin with 0xff,
// bytes otherwise. It holds no more than it may, nothing after an error, and what comes after a packet, or an error, is read
// as a fresh Decoder reads it. What it returns does not change when the buffers it was fed are used again.
func FuzzStream(f *testing.F) {
	for i := range seeds {
		f.Add([]byte(seeds[i] + "\x1e" + seeds[(i*7+3)%len(seeds)] + "\x1e\xffab\x1e" + seeds[(i*5+1)%len(seeds)]))
	}
	f.Add([]byte("52-[\"e\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]\x1e\xffab\x1e\xffcd\x1e2[\"x\"]\x1e\xff"))
	f.Add([]byte("51-[\"e\",{\"_placeholder\":true,\"num\":0}]\x1e2[\"x\"]\x1e\xffab\x1e51-[\"e\",{\"_placeholder\":true,\"num\":0}]\x1e\xff"))
	f.Fuzz(func(t *testing.T, input []byte) {
		const maxBytes = 100
		d := &Decoder{MaxBytes: maxBytes}
		for _, message := range bytes.Split(input, []byte{0x1e}) {
			waiting := d.due > 0
			buffer := bytes.Clone(message)
			p, complete, err := next(d, buffer)
			if err == nil && waiting && d.due == 0 && !complete {
				t.Fatal("a packet was lost")
			}
			if err != nil && (complete || d.due != 0 || d.bytes != 0 || d.pending.Data != nil || d.pending.Attachments != nil) {
				t.Fatalf("holds %+v after %v", d.pending, err)
			}
			if d.due > DefaultMaxAttachments || d.bytes > maxBytes || d.due > 0 && complete {
				t.Fatalf("%d attachments due, %d bytes, complete %t", d.due, d.bytes, complete)
			}
			if !waiting {
				fresh := &Decoder{MaxBytes: maxBytes}
				q, whole, other := next(fresh, bytes.Clone(message))
				if whole != complete || !errors.Is(other, err) || fresh.due != d.due || !same(p, q) {
					t.Fatalf("%q: %+v, %v; a fresh decoder says %+v, %v", message, p, err, q, other)
				}
			}
			if len(p.Attachments) > 0 || !complete {
				before := clone(p)
				clear(buffer)
				if !same(p, before) || d.due > 0 && bytes.IndexByte(d.pending.Data, 0) >= 0 {
					t.Fatal("what was decoded hangs on the buffer")
				}
			}
		}
	})
}

func next(d *Decoder, message []byte) (Packet, bool, error) {
	if len(message) > 0 && message[0] == 0xff {
		return d.Binary(message[1:])
	}
	return d.Text(message)
}

func clone(p Packet) Packet {
	p.Data = bytes.Clone(p.Data)
	attachments := make([][]byte, len(p.Attachments))
	for i, a := range p.Attachments {
		attachments[i] = bytes.Clone(a)
	}
	p.Attachments = attachments
	return p
}

func same(p, q Packet) bool {
	return p.Type == q.Type && p.Namespace == q.Namespace && p.ID == q.ID && bytes.Equal(p.Data, q.Data) &&
		slices.EqualFunc(p.Attachments, q.Attachments, bytes.Equal)
}

// FuzzScan compares the scanner with encoding/json.
func FuzzScan(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(strings.TrimLeft(seed, "0123456789-/ns,")))
	}
	for _, seed := range []string{`-0.1e+5`, `"\ud800"`, " [ 1 , 2 ] ", "\"\x7f\"", `"\u00"`, "01", "-", "1.", "1e", "tru", "nulll", "", "\"\xff\"", "{\"a\":1,}", "\"\\u\x10\x10\x10\x10\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, binary := range []bool{false, true} {
			s := scanner{text: text, depth: maxScanDepth, binary: binary}
			err := s.document()
			if valid := json.Valid(text); err != ErrDepth && (err == nil) != valid {
				t.Fatalf("%q: error %v, encoding/json says valid=%v", text, err, valid)
			}
		}
		var want []json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil {
			return
		}
		got, err := elements(text)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %d elements, %v, want %d", text, len(got), err, len(want))
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("element %d is %s, want %s", i, got[i], want[i])
			}
		}
	})
}
