package socketio

import (
	"encoding/json"
	"testing"
)

var typing = []byte(`2["typing",{"bookingId":"01JD5Z3V8KQ2M4","isTyping":true}]`)

func BenchmarkDecodeEvent(b *testing.B) {
	var d Decoder
	b.ReportAllocs()
	b.SetBytes(int64(len(typing)))
	for b.Loop() {
		if _, _, err := d.Text(typing); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeEventAndArguments(b *testing.B) {
	var d Decoder
	b.ReportAllocs()
	for b.Loop() {
		p, _, err := d.Text(typing)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := p.Event(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeBinary(b *testing.B) {
	var d Decoder
	header, attachment := []byte(`51-["x",`+ph("0")+`]`), make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		d.Text(header)
		if _, complete, err := d.Binary(attachment); !complete || err != nil {
			b.Fatal(err)
		}
	}
}

type message struct {
	BookingID string            `json:"bookingId"`
	Text      string            `json:"text"`
	From      map[string]string `json:"from"`
	Version   int               `json:"version"`
}

func BenchmarkEncode(b *testing.B) {
	value := message{BookingID: "01JD5Z3V8KQ2M4", Text: "On our way", From: map[string]string{"id": "u1", "name": "Ravi"}, Version: 3}
	for name, args := range map[string][]any{
		"struct":  {value},
		"any":     {map[string]any{"bookingId": "01JD5Z3V8KQ2M4", "ok": true, "list": []any{1.0, 2.0}}},
		"raw":     {json.RawMessage(`{"bookingId":"01JD5Z3V8KQ2M4","ok":true}`)},
		"binary":  {value, make([]byte, 4096)},
		"strings": {"a", "b", 3},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := EncodeEvent("bookingMessage", args...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBind(b *testing.B) {
	args := Args{Raw: []json.RawMessage{json.RawMessage(`{"name":"n","data":` + ph("0") + `}`)}, Attachments: [][]byte{make([]byte, 4096)}}
	b.ReportAllocs()
	for b.Loop() {
		var p photo
		if err := args.Bind(0, &p); err != nil {
			b.Fatal(err)
		}
	}
}
