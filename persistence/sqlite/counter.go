package sqlite

import (
	"context"
	"time"

	"kapoor.example/desk/booking"
)

// counts are changes of the counters that a batch adds up before it writes them.
type counts struct {
	status map[int]int
	day    map[dayStatus]int
	brand  map[string]int
	model  map[brandModel]int
}

type (
	dayStatus struct {
		day    string
		status int
	}
	brandModel struct{ brand, model string }
)

// created counts a new booking.
func (c *counts) created(b booking.Booking, status int, location *time.Location) {
	if c.brand == nil {
		c.brand, c.model = map[string]int{}, map[brandModel]int{}
	}
	c.moved(b.CreatedAt.UnixMilli(), -1, status, location)
	c.brand[b.Brand]++
	c.model[brandModel{b.Brand, b.Model}]++
}

// moved counts a booking of the moment createdAt under another status than before; from is -1 for a new one.
func (c *counts) moved(createdAt int64, from, to int, location *time.Location) {
	if c.status == nil {
		c.status, c.day = map[int]int{}, map[dayStatus]int{}
	}
	day := dayOf(createdAt, location)
	if from >= 0 {
		c.status[from]--
		c.day[dayStatus{day, from}]--
	}
	c.status[to]++
	c.day[dayStatus{day, to}]++
}

func dayOf(ms int64, location *time.Location) string {
	return time.UnixMilli(ms).In(location).Format(time.DateOnly)
}

func (c *counts) write(b *batch) error {
	for status, n := range c.status {
		if n == 0 {
			continue
		}
		if err := b.exec(`INSERT INTO status_counts (status, count) VALUES (?, ?)
			ON CONFLICT (status) DO UPDATE SET count = count + excluded.count`, status, n); err != nil {
			return err
		}
	}
	for key, n := range c.day {
		if n == 0 {
			continue
		}
		if err := b.exec(`INSERT INTO day_counts (day, status, count) VALUES (?, ?, ?)
			ON CONFLICT (day, status) DO UPDATE SET count = count + excluded.count`, key.day, key.status, n); err != nil {
			return err
		}
	}
	for brand, n := range c.brand {
		if err := b.exec(`INSERT INTO brand_counts (brand, count) VALUES (?, ?)
			ON CONFLICT (brand) DO UPDATE SET count = count + excluded.count`, brand, n); err != nil {
			return err
		}
	}
	for key, n := range c.model {
		if err := b.exec(`INSERT INTO model_counts (brand, model, count) VALUES (?, ?, ?)
			ON CONFLICT (brand, model) DO UPDATE SET count = count + excluded.count`, key.brand, key.model, n); err != nil {
			return err
		}
	}
	return nil
}

// recountDays counts the days anew when they were counted in another time zone.
func (w *writer) recountDays(ctx context.Context) error {
	zone, counted := w.store.location.String(), ""
	if _, err := w.session.one(ctx, `SELECT value FROM meta WHERE name = 'time_zone'`, nil, &counted); err != nil {
		return err
	}
	if counted == zone {
		return nil
	}
	if err := w.session.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := w.recount(ctx, zone); err != nil {
		return w.undo(err)
	}
	return w.session.exec("COMMIT")
}

func (w *writer) recount(ctx context.Context, zone string) error {
	days := counts{}
	err := w.session.each(ctx, recountQuery, nil, func(scan scanner) error {
		var createdAt int64
		var status int
		if err := scan(&createdAt, &status); err != nil {
			return err
		}
		days.moved(createdAt, -1, status, w.store.location)
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.session.exec(`DELETE FROM day_counts`); err != nil {
		return err
	}
	days.status = nil
	if err := days.write(&batch{session: w.session}); err != nil {
		return err
	}
	return w.session.exec(`INSERT INTO meta (name, value) VALUES ('time_zone', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, zone)
}

// recountQuery reads the whole table, once after a change of the time zone.
const recountQuery = `SELECT created_at, status FROM bookings`
