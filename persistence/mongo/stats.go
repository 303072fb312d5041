package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// The statistics are counted, not kept: a count is always right, while a counter that is right without transactions would
// need a guard against every delivery that is done twice. Each count reads an index and no booking. Its cost grows with
// the number of bookings for the totals, the brands and the models, and with those of its span for a day or a month.

// Overview implements booking.Store.
func (s *Store) Overview(ctx context.Context, now time.Time) (booking.Overview, error) {
	o := booking.Overview{
		BookingsByBrand: []booking.BrandCount{}, BookingsByModel: []booking.ModelCount{}, RecentBookings: []booking.Booking{},
	}
	if err := s.enter(ctx, "overview"); err != nil {
		return o, err
	}
	defer s.leave()
	now = now.In(s.location)
	if err := s.totals(ctx, &o); err != nil {
		return o, describe("overview", err)
	}
	if err := s.frequent(ctx, &o); err != nil {
		return o, describe("overview", err)
	}
	if err := s.recent(ctx, &o); err != nil {
		return o, describe("overview", err)
	}
	year, month, day := now.Date()
	months := map[string]int{}
	for i := range booking.TrendMonths {
		n, err := s.made(ctx, s.midnight(year, month-time.Month(i), 1), s.midnight(year, month-time.Month(i)+1, 1))
		if err != nil {
			return o, describe("overview", err)
		}
		months[time.Date(year, month-time.Month(i), 1, 12, 0, 0, 0, time.UTC).Format("2006-01")] = n
	}
	lastDays, err := s.made(ctx, s.midnight(year, month, day-booking.AverageDays+1), s.midnight(year, month, day+1))
	if err != nil {
		return o, describe("overview", err)
	}
	o.MonthlyTrend = booking.Trend(now, months)
	o.Finish(lastDays)
	return o, nil
}

// midnight returns the first moment of a day.
func (s *Store) midnight(year int, month time.Month, day int) time.Time {
	return booking.StartOfDay(year, month, day, s.location)
}

func span(from, to time.Time) bson.D {
	return bson.D{{Key: "createdAt", Value: bson.D{{Key: "$gte", Value: atLeast(from)}, {Key: "$lt", Value: atLeast(to)}}}}
}

// made counts the bookings made in [from, to).
func (s *Store) made(ctx context.Context, from, to time.Time) (int, error) {
	n, err := s.bookings.CountDocuments(ctx, span(from, to))
	return int(n), err
}

// Daily implements booking.Store.
func (s *Store) Daily(ctx context.Context, now time.Time) ([]booking.DayCount, error) {
	if err := s.enter(ctx, "daily"); err != nil {
		return nil, err
	}
	defer s.leave()
	now = now.In(s.location)
	year, month, day := now.Date()
	days := make([]booking.DayCount, booking.DailyDays)
	for i, date := range booking.LastDays(now, booking.DailyDays) {
		days[i].Date = date
		of := day - booking.DailyDays + 1 + i
		counts, err := s.byStatus(ctx, span(s.midnight(year, month, of), s.midnight(year, month, of+1)))
		if err != nil {
			return nil, describe("daily", err)
		}
		for status, n := range counts {
			days[i].Add(status, n)
		}
	}
	return days, nil
}

// byStatus counts the bookings of a filter by their status.
func (s *Store) byStatus(ctx context.Context, filter bson.D) (map[booking.Status]int, error) {
	cursor, err := s.bookings.Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: filter}},
		bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$status"}, {Key: "count", Value: one}}}},
	})
	if err != nil {
		return nil, err
	}
	var groups []struct {
		Status string `bson:"_id"`
		Count  int    `bson:"count"`
	}
	err = cursor.All(ctx, &groups)
	counts := map[booking.Status]int{}
	for _, g := range groups {
		counts[booking.Status(g.Status)] = g.Count
	}
	return counts, err
}

// one counts the documents of a group.
var one = bson.D{{Key: "$sum", Value: 1}}

func (s *Store) totals(ctx context.Context, o *booking.Overview) error {
	// The filter leaves nothing out. It is there for the index: without one, MongoDB groups by reading every booking.
	every := bson.A{}
	for _, status := range booking.Statuses() {
		every = append(every, string(status))
	}
	counts, err := s.byStatus(ctx, bson.D{{Key: "status", Value: bson.D{{Key: "$in", Value: every}}}})
	if err != nil {
		return err
	}
	o.Pending, o.Scheduled = counts[booking.Pending], counts[booking.Scheduled]
	o.Completed, o.Cancelled = counts[booking.Completed], counts[booking.Cancelled]
	o.TotalBookings = o.Pending + o.Scheduled + o.Completed + o.Cancelled
	return nil
}

// frequent counts by brand and by model.
func (s *Store) frequent(ctx context.Context, o *booking.Overview) error {
	branded := bson.D{{Key: "$match", Value: bson.D{{Key: "brand", Value: bson.D{{Key: "$gte", Value: ""}}}}}} // all: for the index
	most := bson.D{{Key: "$sort", Value: bson.D{{Key: "count", Value: desc}, {Key: "_id", Value: asc}}}}
	cursor, err := s.bookings.Aggregate(ctx, bson.A{
		branded, bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$brand"}, {Key: "count", Value: one}}}},
		most, bson.D{{Key: "$limit", Value: booking.MaxBrands}},
	})
	if err != nil {
		return err
	}
	var brands []struct {
		Brand string `bson:"_id"`
		Count int    `bson:"count"`
	}
	if err := cursor.All(ctx, &brands); err != nil {
		return err
	}
	for _, b := range brands {
		o.BookingsByBrand = append(o.BookingsByBrand, booking.BrandCount{Brand: b.Brand, Count: b.Count})
	}
	cursor, err = s.bookings.Aggregate(ctx, bson.A{
		branded, bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: bson.D{{Key: "brand", Value: "$brand"}, {Key: "model", Value: "$model"}}}, {Key: "count", Value: one},
		}}},
		most, bson.D{{Key: "$limit", Value: booking.MaxModels}},
	})
	if err != nil {
		return err
	}
	var models []struct {
		ID struct {
			Brand string `bson:"brand"`
			Model string `bson:"model"`
		} `bson:"_id"`
		Count int `bson:"count"`
	}
	if err := cursor.All(ctx, &models); err != nil {
		return err
	}
	for _, m := range models {
		o.BookingsByModel = append(o.BookingsByModel, booking.ModelCount{Brand: m.ID.Brand, Model: m.ID.Model, Count: m.Count})
	}
	return nil
}

func (s *Store) recent(ctx context.Context, o *booking.Overview) error {
	cursor, err := s.bookings.Find(ctx, bson.D{}, options.Find().SetSort(orderOf(booking.Query{}).sort()).
		SetLimit(booking.MaxRecent).SetProjection(without("updates", "outbox", "words")))
	if err != nil {
		return err
	}
	var docs []document
	if err := cursor.All(ctx, &docs); err != nil {
		return err
	}
	for _, d := range docs {
		o.RecentBookings = append(o.RecentBookings, d.summary())
	}
	return nil
}
