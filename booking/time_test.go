package booking

import (
	"encoding/json"
	"testing"
	"time"
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
