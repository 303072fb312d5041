package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestMsgpackAsNode holds what @msgpack/msgpack 2.8 writes for the same values.
func TestMsgpackAsNode(t *testing.T) {
	x := strings.Repeat("x", 31)
	tests := []struct{ name, text, hex string }{
		{"constants", `[true,false,null]`, "93c3c2c0"},
		{"naturals", `[0,1,127,128,255,256,65535,65536,4294967295,4294967296]`, "9a00017fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000"},
		{"safe integers", `[9007199254740991,-9007199254740991]`, "92cf001fffffffffffffd3ffe0000000000001"},
		{"beyond them", `[9007199254740992]`, "91cb4340000000000000"},
		{"negative", `[-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649]`, "99ffe0d0dfd080d1ff7fd18000d2ffff7fffd280000000d3ffffffff7fffffff"},
		{"fractions", `[0.5,-1.25,1e+300,1e+21,5e-324]`, "95cb3fe0000000000000cbbff4000000000000cb7e37e43c8800759ccb444b1ae4d6e2ef50cb0000000000000001"},
		{"written otherwise", `[1.0,1e3,-0]`, "9301cd03e800"},
		{"texts", `["","a","é€𝄞"]`, "93a0a161a9c3a9e282acf09d849e"},
		{"escapes", `["\u0061\n\ud834\udd1e"]`, "91a6610af09d849e"},
		{"longer texts", `["` + x + `","` + x + `x"]`, "92bf" + hex.EncodeToString([]byte(x)) + "d920" + hex.EncodeToString([]byte(x+"x"))},
		{"nested", ` { "a" : { "b" : [ [ ] , { } ] } } `, "81a16181a162929080"},
		{"16 elements", `[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]`, "dc0010000102030405060708090a0b0c0d0e0f"},
		{"what passes for a placeholder", `{"_placeholder":true,"num":0}`, "82ac5f706c616365686f6c646572c3a36e756d00"},
		{"punctuation in texts", `["[{,}]\"","\\"]`, "92a65b7b2c7d5d22a15c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := appendMsgpack([]byte{0xee}, []byte(tt.text), nil)
			if err != nil || hex.EncodeToString(got[1:]) != tt.hex {
				t.Errorf("got %x, %v\nwant %s", got, err, tt.hex)
			}
		})
	}
}

func TestFromMsgpack(t *testing.T) {
	tests := []struct{ name, hex, want string }{
		{"dates", "95d7ff1d5353006553f100d6ff00000000d6ff6553f100c70cff3b8b87c0ffffffffffffffffc70cff1dcd650000000004a0fe7280",
			`["2023-11-14T22:13:20.123Z","1970-01-01T00:00:00.000Z","2023-11-14T22:13:20.000Z","1969-12-31T23:59:59.999Z","2600-01-01T00:00:00.500Z"]`},
		{"no numbers", "94cb7ff8000000000000cb7ff000000000000000c0", `[null,null,0,null]`},
		{"negative zero", "cb8000000000000000", `0`},
		{"single precision", "ca3fc00000", `1.5`},
		{"keys that are numbers", "820102ff03", `{"1":2,"-1":3}`},
		{"another type", "d50701ff", `{"type":7,"data":{"_placeholder":true,"num":0}}`},
		{"a type below zero", "c70080", `{"type":-128,"data":{"_placeholder":true,"num":0}}`},
		{"a year that Date has not", "c70cff000000007fffffffffffffff", `null`},
		{"not UTF-8", "a2ff61", "\"\uFFFDa\""},
		{"unsigned and large", "cfffffffffffffffff", `18446744073709551615`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			got, rest, err := fromMsgpack(append(b, 0xee))
			if err != nil || string(got.Raw) != tt.want || !bytes.Equal(rest, []byte{0xee}) {
				t.Errorf("got %s, rest %x, %v", got.Raw, rest, err)
			}
		})
	}
}

func TestTimestampOfOddLength(t *testing.T) {
	if a, _, err := fromMsgpack([]byte{0xd4, 0xff, 0}); !errors.Is(err, ErrMalformed) {
		t.Errorf("%s %v", a.Raw, err)
	}
}

// TestHugeCounts would run out of memory where room was made for what is only announced.
func TestHugeCounts(t *testing.T) {
	for _, start := range []string{"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff", "\xc9\xff\xff\xff\xff\x01"} {
		allocated := testing.AllocsPerRun(1, func() {
			if a, _, err := fromMsgpack([]byte(start + "\xc0\xc0")); !errors.Is(err, ErrMalformed) {
				t.Errorf("%x: %s %v", start, a.Raw, err)
			}
		})
		if allocated > 20 {
			t.Errorf("%x: %v allocations", start, allocated)
		}
	}
}

// FuzzMsgpack takes JSON through msgpack and back: it must mean the same.
func FuzzMsgpack(f *testing.F) {
	for _, seed := range []string{
		`["e",1,"2",{"a":true}]`, `[]`, `{"a":[{},{"b":[null]}]}`, `"\ud800"`, `[1.5e10,-0.1,123456789012]`, ` [ 1 , 2 ] `,
		`["e",{"_placeholder":true,"num":0}]`, `{"_placeholder":true,"num":1}`, `[",]}"]`,
	} {
		f.Add([]byte(seed), []byte("bytes"))
		f.Add([]byte(seed), []byte(nil))
	}
	f.Fuzz(func(t *testing.T, text, attachment []byte) {
		var attachments [][]byte
		if attachment != nil {
			attachments = [][]byte{attachment}
		}
		packed, err := appendMsgpack(nil, text, attachments)
		if err != nil || !utf8.Valid(text) {
			return
		}
		a, rest, err := fromMsgpack(packed)
		if err != nil || len(rest) > 0 {
			if strings.Contains(err.Error(), "placeholder") || strings.Contains(err.Error(), "deeply") {
				return
			}
			t.Fatalf("%x: %v, rest %x", packed, err, rest)
		}
		if len(a.Attachments) > 0 {
			for _, got := range a.Attachments {
				if !bytes.Equal(got, attachment) {
					t.Fatalf("attachment %x", got)
				}
			}
			return // their places are in another form than before
		}
		var got, want any
		if err := json.Unmarshal(a.Raw, &got); err != nil {
			t.Fatalf("%s: %v", a.Raw, err)
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s became %s", text, a.Raw)
		}
	})
}
