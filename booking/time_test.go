package booking

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // a machine may have no time zones of its own
)

func TestTimeMarshal(t *testing.T) {
	kolkata := time.FixedZone("IST", 5*3600+1800)
	for _, tt := range []struct {
		name string
		in   time.Time
		want string
	}{
		{"whole seconds keep their milliseconds", time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), `"2026-03-14T12:00:00.000Z"`},
		{"cut, not rounded", time.Date(2026, 3, 14, 12, 0, 0, 987_999_999, time.UTC), `"2026-03-14T12:00:00.987Z"`},
		{"another zone", time.Date(2026, 3, 14, 2, 30, 0, 5e6, kolkata), `"2026-03-13T21:00:00.005Z"`},
		{"before 1970", time.Date(1969, 12, 31, 23, 59, 59, 999_500_000, time.UTC), `"1969-12-31T23:59:59.999Z"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := At(tt.in)
			got, err := json.Marshal(at)
			if err != nil || string(got) != tt.want {
				t.Fatalf("%s, %v; want %s", got, err, tt.want)
			}
			var back Time
			if err := json.Unmarshal(got, &back); err != nil || back != at {
				t.Errorf("read back %v, %v", back, err)
			}
			if ms := FromMillis(at.UnixMilli()); ms != at {
				t.Errorf("FromMillis = %v", ms)
			}
		})
	}
}

func TestTimeUnmarshal(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string // "" for an error
	}{
		{"UTC", `"2026-03-14T12:00:00Z"`, "2026-03-14T12:00:00.000Z"},
		{"offset", `"2026-03-14T12:00:00+05:30"`, "2026-03-14T06:30:00.000Z"},
		{"nanoseconds", `"2026-03-14T12:00:00.123456789Z"`, "2026-03-14T12:00:00.123Z"},
		{"leap day", `"2028-02-29T00:00:00Z"`, "2028-02-29T00:00:00.000Z"},
		{"no leap day", `"2026-02-29T00:00:00Z"`, ""},
		{"no zone", `"2026-03-14T12:00:00"`, ""},
		{"a day only", `"2026-03-14"`, ""},
		{"empty", `""`, ""},
		{"a number", `1773489600`, ""},
		{"an object", `{"$gt":""}`, ""},
		{"a boolean", `true`, ""},
		{"month 13", `"2026-13-01T00:00:00Z"`, ""},
		{"spaces", `" 2026-03-14T12:00:00Z"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got Time
			err := json.Unmarshal([]byte(tt.in), &got)
			if tt.want == "" {
				if err == nil {
					t.Errorf("read %v", got)
				}
				return
			}
			if err != nil || got.Format(Layout) != tt.want || got.Location() != time.UTC {
				t.Errorf("%v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

// TestStartOfDay: a day begins with its first moment, which is not 0:00 where the clock is put forward at midnight. It used to
// be 23:00 of the day before in the west.
func TestStartOfDay(t *testing.T) {
	for _, tt := range []struct{ name, zone, day, want string }{
		{"UTC", "UTC", "2026-03-14", "2026-03-14T00:00:00Z"},
		{"an ordinary day", "Asia/Kolkata", "2026-03-14", "2026-03-14T00:00:00+05:30"},
		{"put forward later that day", "Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00"},
		{"put back later that day", "Europe/Berlin", "2026-10-25", "2026-10-25T00:00:00+02:00"},
		{"put forward at midnight, in the west", "America/Santiago", "2026-09-06", "2026-09-06T01:00:00-03:00"},
		{"the day after", "America/Santiago", "2026-09-07", "2026-09-07T00:00:00-03:00"},
		{"put forward at midnight, in the east", "Asia/Beirut", "2026-03-29", "2026-03-29T01:00:00+03:00"},
		{"put back at midnight", "America/Santiago", "2026-04-05", "2026-04-05T00:00:00-04:00"},
		{"put back to midnight", "America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"},
		{"put back to midnight, in the Azores", "Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z"},
		{"a day that was left out", "Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			day, err := time.Parse(time.DateOnly, tt.day)
			if err != nil {
				t.Fatal(err)
			}
			year, month, date := day.Date()
			if got := StartOfDay(year, month, date, zone).Format(time.RFC3339); got != tt.want {
				t.Errorf("%s begins at %s, want %s", tt.day, got, tt.want)
			}
			if got := StartOfDay(year, month-12, date+365, zone); year == 2026 && got.Format(time.RFC3339) != tt.want {
				t.Errorf("by a month before the year: %s, want %s", got.Format(time.RFC3339), tt.want)
			}
		})
	}
}
