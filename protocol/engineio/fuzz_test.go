package engineio

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"
)

// FuzzDecode reads bytes as a frame and as a payload. What decodes, encodes again to a payload that decodes to the same.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "0{}", "1", "2probe", "3", "4hello", "5", "6", "7", "b", "bAQID", "bAQ==", "bA\nQ==", "4a\x1ebAQID\x1e4€", "\x1e", "4\x1e",
		"\x1e\x1e\x1e", "4\xff\x1e4\xe2\x82", "b\x1eb\x1eb", "40{\"a\":1}\x1e42[\"x\"]",
	} {
		f.Add([]byte(seed), 4)
	}
	f.Fuzz(func(t *testing.T, input []byte, maxPackets int) {
		if p, err := Decode(input); err == nil {
			switch {
			case p.Binary: // base64 may be written in more than one way
				again, err := Decode(AppendBinary(nil, p.Data))
				if err != nil || !again.Binary || !bytes.Equal(again.Data, p.Data) {
					t.Errorf("%q decoded to %+v, encoded again to %+v, %v", input, p, again, err)
				}
			case !utf8.Valid(p.Data) || !bytes.Equal(AppendText(nil, p.Type, p.Data), input):
				t.Errorf("%q decoded to %+v", input, p)
			}
		} else if err != ErrPacket {
			t.Errorf("frame: error %v is not one of ours", err)
		}

		packets, err := payload(input, maxPackets)
		if err != nil {
			if err != ErrPacket && err != ErrTooMany {
				t.Errorf("payload: error %v is not one of ours", err)
			}
			return
		}
		if maxPackets > 0 && len(packets) > maxPackets {
			t.Fatalf("%d packets, %d allowed", len(packets), maxPackets)
		}
		again, err := payload(join(packets), 0)
		if err != nil || len(again) != len(packets) {
			t.Fatalf("encoded again: %d packets of %d, %v", len(again), len(packets), err)
		}
		for i, p := range packets {
			if q := again[i]; q.Type != p.Type || q.Binary != p.Binary || !bytes.Equal(q.Data, p.Data) {
				t.Errorf("packet %d was %+v, is %+v", i, p, q)
			}
		}
	})
}

func payload(body []byte, maxPackets int) (packets []Packet, err error) {
	err = DecodePayload(body, maxPackets, func(p Packet) error {
		if len(packets) > len(body) {
			return errors.New("more packets than bytes")
		}
		packets = append(packets, p)
		return nil
	})
	return packets, err
}

func join(packets []Packet) (body []byte) {
	for i, p := range packets {
		if i > 0 {
			body = append(body, Separator)
		}
		if p.Binary {
			body = AppendBinary(body, p.Data)
		} else {
			body = AppendText(body, p.Type, p.Data)
		}
	}
	return body
}
