package http

import (
	"time"

	"kapoor.example/desk/booking"
)

// momentForms are the times a request may have: RFC 3339 with any offset and any fraction, and the form that HTML's
// datetime-local has, which is a time of the desk's zone.
var momentForms = [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04"}

const wrongMoment = "must be a date and time like 2025-01-31T10:00:00Z"

// parseTime reads a time. why is "" when it is one.
func parseTime(text string, zone *time.Location) (at booking.Time, why string) {
	for _, form := range momentForms {
		if t, err := time.ParseInLocation(form, text, zone); err == nil {
			return checkYear(t)
		}
	}
	return booking.Time{}, wrongMoment
}

// parseBound reads a bound of a list: a time, or a day of the desk's zone. The end of a list "to" a day is that day's end.
func parseBound(text string, end bool, zone *time.Location) (at booking.Time, why string) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		if at, why = parseTime(text, zone); why == wrongMoment {
			why = "must be a date like 2025-01-31, or a date and time like 2025-01-31T10:00:00Z"
		}
		return at, why
	}
	year, month, date := day.Date()
	if end {
		date++
	}
	return checkYear(booking.StartOfDay(year, month, date, zone))
}

// checkYear refuses times that are slips, and that other programs cannot write.
func checkYear(t time.Time) (booking.Time, string) {
	if year := t.UTC().Year(); year < 2000 || year > 2200 {
		return booking.Time{}, "must be between the years 2000 and 2200"
	}
	return booking.At(t), ""
}
