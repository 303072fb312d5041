package sqlite

import (
	"context"
	"time"

	"kapoor.example/desk/booking"
)

// statusCounts returns how many bookings there are of each status.
func (q *session) statusCounts(ctx context.Context) (counts [4]int, err error) {
	err = q.each(ctx, `SELECT status, count FROM status_counts`, nil, func(scan scanner) error {
		var status, count int
		if err := scan(&status, &count); err != nil {
			return err
		}
		counts[status] = count
		return nil
	})
	return counts, err
}

// days calls count for every day from the first to the last, both included, and every status.
func (q *session) days(ctx context.Context, first, last string, count func(day string, status booking.Status, n int)) error {
	return q.each(ctx, `SELECT day, status, count FROM day_counts WHERE day BETWEEN ? AND ?`, []any{first, last}, func(scan scanner) error {
		var day string
		var status, n int
		if err := scan(&day, &status, &n); err != nil {
			return err
		}
		count(day, booking.Statuses()[status], n)
		return nil
	})
}

// Overview implements booking.Bookings. It reads counters, a year's days of them, and the newest bookings.
func (s *Store) Overview(ctx context.Context, now time.Time) (booking.Overview, error) {
	o := booking.Overview{BookingsByBrand: []booking.BrandCount{}, BookingsByModel: []booking.ModelCount{}}
	now = now.In(s.location)
	err := s.read(ctx, "overview", func(r *session) error {
		return r.snapshot(func() error { return r.overview(ctx, now, &o) })
	})
	return o, err
}

func (q *session) overview(ctx context.Context, now time.Time, o *booking.Overview) error {
	counts, err := q.statusCounts(ctx)
	if err != nil {
		return err
	}
	o.Pending, o.Scheduled, o.Completed, o.Cancelled = counts[0], counts[1], counts[2], counts[3]
	o.TotalBookings = o.Pending + o.Scheduled + o.Completed + o.Cancelled

	months, lately := map[string]int{}, 0
	recent := booking.LastDays(now, booking.AverageDays)
	year, month, _ := now.Date()
	first := time.Date(year, month-booking.TrendMonths+1, 1, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
	today := recent[len(recent)-1]
	err = q.days(ctx, first, today[:len("2006-01")]+"-31", func(day string, _ booking.Status, n int) {
		months[day[:len("2006-01")]] += n
		if recent[0] <= day && day <= today {
			lately += n
		}
	})
	if err != nil {
		return err
	}
	o.MonthlyTrend = booking.Trend(now, months)
	o.Finish(lately)

	err = q.each(ctx, topBrands, []any{booking.MaxBrands}, func(scan scanner) error {
		var c booking.BrandCount
		err := scan(&c.Brand, &c.Count)
		o.BookingsByBrand = append(o.BookingsByBrand, c)
		return err
	})
	if err != nil {
		return err
	}
	err = q.each(ctx, topModels, []any{booking.MaxModels}, func(scan scanner) error {
		var c booking.ModelCount
		err := scan(&c.Brand, &c.Model, &c.Count)
		o.BookingsByModel = append(o.BookingsByModel, c)
		return err
	})
	if err != nil {
		return err
	}
	page, err := q.list(ctx, booking.Query{Sort: booking.SortCreatedAt, Limit: booking.MaxRecent, NoTotal: true})
	o.RecentBookings = page.Bookings
	return err
}

const (
	topBrands = `SELECT brand, count FROM brand_counts INDEXED BY brand_counts_top ORDER BY count DESC, brand LIMIT ?`
	topModels = `SELECT brand, model, count FROM model_counts INDEXED BY model_counts_top ORDER BY count DESC, brand, model LIMIT ?`
)

// Daily implements booking.Bookings.
func (s *Store) Daily(ctx context.Context, now time.Time) ([]booking.DayCount, error) {
	dates := booking.LastDays(now.In(s.location), booking.DailyDays)
	days := make([]booking.DayCount, len(dates))
	place := make(map[string]int, len(dates))
	for i, date := range dates {
		days[i].Date, place[date] = date, i
	}
	err := s.read(ctx, "daily statistics", func(r *session) error {
		return r.days(ctx, dates[0], dates[len(dates)-1], func(day string, status booking.Status, n int) {
			days[place[day]].Add(status, n)
		})
	})
	return days, err
}

// OpenOwners implements booking.Bookings.
func (s *Store) OpenOwners(ctx context.Context, assignee string) ([]string, error) {
	return s.related(ctx, `SELECT DISTINCT owner FROM bookings INDEXED BY bookings_open_assignee
		WHERE assignee = ? AND status < 2 ORDER BY owner LIMIT ?`, assignee)
}

// OpenAssignees implements booking.Bookings.
func (s *Store) OpenAssignees(ctx context.Context, owner string) ([]string, error) {
	return s.related(ctx, `SELECT DISTINCT assignee FROM bookings INDEXED BY bookings_open_owner
		WHERE owner = ? AND assignee IS NOT NULL AND status < 2 ORDER BY assignee LIMIT ?`, owner)
}

func (s *Store) related(ctx context.Context, query, to string) ([]string, error) {
	users := []string{}
	err := s.read(ctx, "related users", func(r *session) error {
		return r.each(ctx, query, []any{to, booking.MaxRelated}, func(scan scanner) error {
			var user string
			err := scan(&user)
			users = append(users, user)
			return err
		})
	})
	return users, err
}
