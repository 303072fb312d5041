package booking

import (
	"slices"
	"strconv"
	"testing"
	"time"
	_ "time/tzdata" // a machine may have no time zones of its own
)

func TestLastDays(t *testing.T) {
	kolkata := time.FixedZone("IST", 5*3600+1800)
	hawaii := time.FixedZone("HST", -10*3600)
	for _, tt := range []struct {
		name string
		now  time.Time
		n    int
		want []string
	}{
		{"within a month", time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), 3, []string{"2026-03-12", "2026-03-13", "2026-03-14"}},
		{"into February", time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 3, []string{"2026-02-28", "2026-03-01", "2026-03-02"}},
		{"into a leap February", time.Date(2028, 3, 1, 23, 59, 59, 0, time.UTC), 2, []string{"2028-02-29", "2028-03-01"}},
		{"into last year", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 2, []string{"2025-12-31", "2026-01-01"}},
		{"tomorrow already in the east", time.Date(2026, 3, 31, 20, 0, 0, 0, time.UTC).In(kolkata), 2, []string{"2026-03-31", "2026-04-01"}},
		{"yesterday still in the west", time.Date(2026, 4, 1, 5, 0, 0, 0, time.UTC).In(hawaii), 2, []string{"2026-03-30", "2026-03-31"}},
		{"today only", time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC), 1, []string{"2026-03-14"}},
		{"none", time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC), 0, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := LastDays(tt.now, tt.n); !slices.Equal(got, tt.want) {
				t.Errorf("LastDays = %q", got)
			}
		})
	}
}

// TestLastDaysOverClockChange: a day of 23 or 25 hours is one day.
func TestLastDaysOverClockChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		now  time.Time
		want []string
	}{
		{"spring, just after midnight", time.Date(2026, 3, 30, 0, 30, 0, 0, berlin), []string{"2026-03-28", "2026-03-29", "2026-03-30"}},
		{"autumn, just before midnight", time.Date(2026, 10, 25, 23, 30, 0, 0, berlin), []string{"2026-10-23", "2026-10-24", "2026-10-25"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := LastDays(tt.now, 3); !slices.Equal(got, tt.want) {
				t.Errorf("LastDays = %q", got)
			}
		})
	}
}

func TestTrend(t *testing.T) {
	kolkata := time.FixedZone("IST", 5*3600+1800)
	for _, tt := range []struct {
		name  string
		now   time.Time
		count map[string]int
		want  []MonthCount
	}{
		{"nothing", noon(), nil, []MonthCount{}},
		{"this month only", noon(), map[string]int{"2026-03": 4}, []MonthCount{{"Mar", 2026, 4}}},
		{
			"months without bookings in between", noon(), map[string]int{"2025-12": 1, "2026-02": 2},
			[]MonthCount{{"Dec", 2025, 1}, {"Jan", 2026, 0}, {"Feb", 2026, 2}, {"Mar", 2026, 0}},
		},
		{"older than twelve months, and to come", noon(), map[string]int{"2025-03": 9, "2026-04": 9}, []MonthCount{}},
		{
			"the last day of a long month", time.Date(2026, 3, 31, 23, 59, 0, 0, time.UTC), map[string]int{"2026-02": 1},
			[]MonthCount{{"Feb", 2026, 1}, {"Mar", 2026, 0}},
		},
		{
			"the next month already in the east", time.Date(2026, 3, 31, 20, 0, 0, 0, time.UTC).In(kolkata), map[string]int{"2026-03": 1},
			[]MonthCount{{"Mar", 2026, 1}, {"Apr", 2026, 0}},
		},
		{
			"all twelve", noon(), map[string]int{"2025-04": 1},
			[]MonthCount{
				{"Apr", 2025, 1}, {"May", 2025, 0}, {"Jun", 2025, 0}, {"Jul", 2025, 0}, {"Aug", 2025, 0}, {"Sep", 2025, 0},
				{"Oct", 2025, 0}, {"Nov", 2025, 0}, {"Dec", 2025, 0}, {"Jan", 2026, 0}, {"Feb", 2026, 0}, {"Mar", 2026, 0},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Trend(tt.now, tt.count); got == nil || !slices.Equal(got, tt.want) {
				t.Errorf("Trend = %v", got)
			}
		})
	}
}

func TestFinish(t *testing.T) {
	for _, tt := range []struct {
		completed, total, lastDays int
		rate, perDay               float64
	}{
		{0, 0, 0, 0, 0}, {0, 5, 0, 0, 0}, {5, 5, 30, 100, 1}, {2, 3, 1, 66.7, 0}, {1, 3, 2, 33.3, 0.1}, {1, 1000, 100, 0.1, 3.3},
		{1, 3000, 50, 0, 1.7}, {1, 8, 1, 12.5, 0},
	} {
		t.Run(strconv.Itoa(tt.completed)+" of "+strconv.Itoa(tt.total), func(t *testing.T) {
			o := Overview{Completed: tt.completed, TotalBookings: tt.total}
			o.Finish(tt.lastDays)
			if o.CompletionRate != tt.rate || o.AvgBookingsPerDay != tt.perDay {
				t.Errorf("rate %v, per day %v", o.CompletionRate, o.AvgBookingsPerDay)
			}
		})
	}
}

func TestDayCount(t *testing.T) {
	var d DayCount
	for i, s := range Statuses() {
		d.Add(s, i+1)
	}
	d.Add(Pending, -1)
	if want := (DayCount{Count: 9, Pending: 0, Scheduled: 2, Completed: 3, Cancelled: 4}); d != want {
		t.Errorf("%+v", d)
	}
}
