package booking

import (
	"math"
	"testing"
)

func TestPositionRoundTrip(t *testing.T) {
	for _, tt := range []struct {
		text string
		p    Position
	}{
		{"0-0", Position{}}, {"0-1", Position{0, 1}}, {"1773489600987-0", Position{1773489600987, 0}}, {"10-20", Position{10, 20}},
		{"18446744073709551615-18446744073709551615", Position{math.MaxUint64, math.MaxUint64}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, ok := ParsePosition(tt.text)
			if !ok || got != tt.p || tt.p.String() != tt.text || got.IsZero() != (tt.text == "0-0") {
				t.Errorf("ParsePosition = %v, %v; String = %s", got, ok, tt.p)
			}
		})
	}
}

func TestParsePositionBad(t *testing.T) {
	for _, text := range []string{
		"", "-", "1", "1-", "-1", "1-2-3", "+1-2", "1-+2", "-1-2", "1--2", "01-2", "1-02", "00-0", " 1-2", "1-2 ", "1 -2", "1-2\n", "a-b",
		"0x1-2", "1_000-2", "1.0-2", "18446744073709551616-0", "0-18446744073709551616", "१-२", "1–2", "\x00",
	} {
		t.Run(text, func(t *testing.T) {
			if p, ok := ParsePosition(text); ok || !p.IsZero() {
				t.Errorf("ParsePosition(%q) = %v, %v", text, p, ok)
			}
		})
	}
}

func TestPositionNext(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    Position
		now  uint64
		want Position
	}{
		{"the first", Position{}, 1000, Position{1000, 0}},
		{"a later millisecond", Position{1000, 7}, 1001, Position{1001, 0}},
		{"the same millisecond", Position{1000, 7}, 1000, Position{1000, 8}},
		{"the clock went back", Position{1000, 7}, 400, Position{1000, 8}},
		{"the clock is at zero", Position{1000, 0}, 0, Position{1000, 1}},
		{"zero and no clock", Position{}, 0, Position{0, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.p.Next(tt.now)
			if got != tt.want || got.Compare(tt.p) != 1 || tt.p.Compare(got) != -1 || got.Compare(got) != 0 {
				t.Errorf("Next = %v, compares %d", got, got.Compare(tt.p))
			}
		})
	}
	// However the clock goes, positions rise.
	p := Position{}
	for _, now := range []uint64{5, 5, 3, 9, 9, 0, 8, 10, 1} {
		next := p.Next(now)
		if next.Compare(p) <= 0 {
			t.Fatalf("%v does not follow %v", next, p)
		}
		p = next
	}
}
