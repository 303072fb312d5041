package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"kapoor.example/desk/bench/result"
)

// measure is a unit that suits a number.
type measure struct {
	factor float64 // what the number is divided by
	suffix string
}

// measureFor returns the one in which a value reads well.
func measureFor(value float64, unit string) measure {
	const kilo, mega, kibi, mebi = 1e3, 1e6, 1 << 10, 1 << 20
	switch unit {
	case result.Microseconds:
		switch {
		case value >= mega:
			return measure{mega, " s"}
		case value >= kilo:
			return measure{kilo, " ms"}
		}
		return measure{1, " µs"}
	case result.Bytes:
		switch {
		case value >= mebi:
			return measure{mebi, " MiB"}
		case value >= kibi:
			return measure{kibi, " KiB"}
		}
		return measure{1, " B"}
	case result.PerSecond:
		return measure{1, "/s"}
	case result.Ratio, result.Count, "":
		return measure{1, ""}
	}
	return measure{1, " " + unit}
}

// number is a value without its suffix: three digits or so.
func (m measure) number(value float64) string {
	v := value / m.factor
	switch size := max(v, -v); {
	case v == float64(int64(v)) && size < 1e3:
		return strconv.FormatInt(int64(v), 10)
	case size < 10:
		return fmt.Sprintf("%.2f", v)
	case size < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return grouped(fmt.Sprintf("%.0f", v))
}

// tick is a value at an axis: as short as it can be.
func (m measure) tick(value float64) string {
	const thousand = 1e3
	if v := value / m.factor; v < thousand {
		return strconv.FormatFloat(math.Round(v*thousand)/thousand, 'f', -1, 64)
	}
	return m.number(value)
}

// grouped puts commas between thousands.
func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// amount is a value with its unit.
func amount(value float64, unit string) string {
	m := measureFor(value, unit)
	return m.number(value) + m.suffix
}

// text is the median and, where there are several rounds, how far they go.
func (s *spread) text(unit string) string {
	if s == nil {
		return "–"
	}
	m := measureFor(s.Median, unit)
	if s.N == 1 {
		return m.number(s.Median) + m.suffix
	}
	return fmt.Sprintf("%s%s (%s–%s)", m.number(s.Median), m.suffix, m.number(s.Min), m.number(s.Max))
}

// times is text of a ratio.
func (s *spread) times() string {
	switch {
	case s == nil:
		return "–"
	case s.N == 1:
		return fmt.Sprintf("%.2f", s.Median)
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Min, s.Max)
}
