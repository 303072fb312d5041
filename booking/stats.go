package booking

import (
	"math"
	"time"
)

// Overview is the desk in numbers. Its slices are never nil. Days and months are those of the store's time zone.
type Overview struct {
	TotalBookings  int     `json:"totalBookings"`
	Pending        int     `json:"pending"`
	Scheduled      int     `json:"scheduled"`
	Completed      int     `json:"completed"`
	Cancelled      int     `json:"cancelled"`
	CompletionRate float64 `json:"completionRate"` // completed of total in percent, one decimal; 0 when there are none
	// AvgBookingsPerDay is the bookings made today and on the 29 days before, by 30, one decimal.
	AvgBookingsPerDay float64      `json:"avgBookingsPerDay"`
	BookingsByBrand   []BrandCount `json:"bookingsByBrand"` // most first, the first MaxBrands
	// MonthlyTrend has the last 12 months, oldest first, from the first of them that has a booking on.
	MonthlyTrend    []MonthCount `json:"monthlyTrend"`
	BookingsByModel []ModelCount `json:"bookingsByModel"` // most first, the first 5
	RecentBookings  []Booking    `json:"recentBookings"`  // newest first, 5, without timelines
}

// MaxBrands and MaxModels bound the lists of an Overview.
const (
	MaxBrands = 100
	MaxModels = 5
	MaxRecent = 5
	// TrendMonths and DailyDays are how far back MonthlyTrend and the daily statistics go.
	TrendMonths = 12
	DailyDays   = 7
	AverageDays = 30
)

// BrandCount counts the bookings of a brand.
type BrandCount struct {
	Brand string `json:"brand"`
	Count int    `json:"count"`
}

// ModelCount counts the bookings of a model.
type ModelCount struct {
	Brand string `json:"brand"`
	Model string `json:"model"`
	Count int    `json:"count"`
}

// MonthCount counts the bookings made in a month. Month is its English three-letter name.
type MonthCount struct {
	Month string `json:"month"`
	Year  int    `json:"year"`
	Count int    `json:"count"`
}

// DayCount counts the bookings made on a day by the status they have now. Date is YYYY-MM-DD.
type DayCount struct {
	Date      string `json:"date"`
	Count     int    `json:"count"`
	Pending   int    `json:"pending"`
	Scheduled int    `json:"scheduled"`
	Completed int    `json:"completed"`
	Cancelled int    `json:"cancelled"`
}

// Add counts n more bookings with a status.
func (d *DayCount) Add(s Status, n int) {
	d.Count += n
	switch s {
	case Pending:
		d.Pending += n
	case Scheduled:
		d.Scheduled += n
	case Completed:
		d.Completed += n
	case Cancelled:
		d.Cancelled += n
	}
}

// LastDays returns the dates of the last n days up to now's, oldest first, as YYYY-MM-DD in now's time zone.
func LastDays(now time.Time, n int) []string {
	year, month, day := now.Date()
	dates := make([]string, n)
	for i := range dates {
		dates[i] = time.Date(year, month, day-n+1+i, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	return dates
}

// Trend returns the last TrendMonths months up to now's, from the first that count knows on. count is keyed by YYYY-MM.
func Trend(now time.Time, count map[string]int) []MonthCount {
	trend := []MonthCount{}
	year, month, _ := now.Date()
	for i := TrendMonths - 1; i >= 0; i-- {
		first := time.Date(year, month-time.Month(i), 1, 12, 0, 0, 0, time.UTC)
		n := count[first.Format("2006-01")]
		if n > 0 || len(trend) > 0 {
			trend = append(trend, MonthCount{Month: first.Format("Jan"), Year: first.Year(), Count: n})
		}
	}
	return trend
}

// Finish works out the rates: lastDays is the number of bookings made in the last AverageDays days.
func (o *Overview) Finish(lastDays int) {
	if o.TotalBookings > 0 {
		o.CompletionRate = oneDecimal(100 * float64(o.Completed) / float64(o.TotalBookings))
	}
	o.AvgBookingsPerDay = oneDecimal(float64(lastDays) / AverageDays)
}

func oneDecimal(f float64) float64 { return math.Round(f*10) / 10 }
