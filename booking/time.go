package booking

import (
	"fmt"
	"time"
)

// Layout is how times are written everywhere outside: RFC 3339, UTC, milliseconds.
const Layout = "2006-01-02T15:04:05.000Z07:00"

// Time is a moment in UTC with millisecond precision, written as Layout. The zero Time is "none".
type Time struct{ time.Time }

// At returns t as a Time, cut to the millisecond.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// FromMillis returns the Time that is ms milliseconds after the Unix epoch.
func FromMillis(ms int64) Time { return Time{time.UnixMilli(ms).UTC()} }

// StartOfDay returns the first moment of a day in a time zone. That is 0:00, but where the clock is put forward then. The day may
// be outside of its month, and the month of its year, as in time.Date.
func StartOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	year, month, day = time.Date(year, month, day, 12, 0, 0, 0, time.UTC).Date()
	start := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if y, m, d := start.Date(); time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(time.Date(year, month, day, 0, 0, 0, 0, time.UTC)) {
		_, start = start.ZoneBounds() // it is still the day before, which ends with its zone
	}
	return start
}

// MarshalJSON writes t as Layout.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(make([]byte, 0, len(Layout)+2), `"`+Layout+`"`), nil
}

// UnmarshalJSON reads any RFC 3339 time.
func (t *Time) UnmarshalJSON(b []byte) error {
	parsed, err := time.Parse(`"`+time.RFC3339+`"`, string(b))
	if err != nil {
		return fmt.Errorf("time %s: %w", b, err)
	}
	*t = At(parsed)
	return nil
}
