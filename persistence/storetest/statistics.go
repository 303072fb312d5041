package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

func (s suite) statistics(t *testing.T) {
	t.Run("an empty store", func(t *testing.T) {
		d := s.desk(t)
		o, err := d.store.Overview(d.ctx, d.clock.Now())
		must(t, "Overview", err)
		equal(t, "overview", o, booking.Overview{
			BookingsByBrand: []booking.BrandCount{}, MonthlyTrend: []booking.MonthCount{},
			BookingsByModel: []booking.ModelCount{}, RecentBookings: []booking.Booking{},
		})
		daily, err := d.store.Daily(d.ctx, d.clock.Now())
		must(t, "Daily", err)
		equal(t, "daily", daily, recountDaily(nil, d.clock.Now(), time.UTC))
	})

	t.Run("follow every change", func(t *testing.T) {
		d := s.desk(t)
		check := func(all ...booking.Booking) {
			t.Helper()
			d.counted(all, d.clock.Now(), time.UTC)
		}
		b := d.create(d.alice)
		check(b)
		for _, status := range []booking.Status{booking.Scheduled, booking.Cancelled, booking.Pending, booking.Completed} {
			b = d.do(b, d.anna, booking.ChangeStatus{Status: status})
			check(b)
		}
		c := d.create(d.bob)
		refused := d.plan(booking.Booking{}, d.bob, func() booking.Create { n := newBooking(); n.Code = b.Code; return n }())
		if d.store.Append(d.ctx, refused) == nil {
			t.Fatal("the code was taken")
		}
		stale := d.plan(c, d.anna, booking.ChangeStatus{Status: booking.Completed})
		c = d.do(c, d.anna, booking.ChangeStatus{Status: booking.Scheduled})
		wantCode(t, "Append", d.store.Append(d.ctx, stale), booking.CodeStale)
		check(b, c)
		d.reopen()
		check(b, c)
	})

	for _, zone := range []string{"UTC", "Asia/Kolkata", "America/New_York"} {
		t.Run("random histories in "+zone, func(t *testing.T) {
			place, err := time.LoadLocation(zone)
			must(t, "LoadLocation", err)
			d := s.deskIn(t, place)
			random := rand.New(rand.NewPCG(7, 26))
			var all []booking.Booking
			for _, at := range moments(random, place) {
				d.clock.set(at)
				b := d.create(d.alice, func(c *booking.Create) {
					c.Details.Brand = fmt.Sprint("Brand ", random.IntN(4))
					c.Details.Model = fmt.Sprint("Model ", random.IntN(3))
				})
				for range random.IntN(3) {
					if to := booking.Statuses()[random.IntN(4)]; b.Status.CanBecome(to) {
						b = d.do(b, d.anna, booking.ChangeStatus{Status: to})
					}
				}
				all = append(all, b)
			}
			for i, now := range []time.Time{
				time.Date(2026, time.March, 10, 12, 0, 0, 0, place),
				time.Date(2026, time.March, 1, 0, 0, 0, 0, place),
				time.Date(2026, time.February, 28, 23, 59, 59, 999e6, place),
				time.Date(2026, time.November, 1, 0, 30, 0, 0, place),
				time.Date(2030, time.January, 1, 0, 0, 0, 0, place),
			} {
				if i%2 == 0 {
					now = now.UTC() // the same moment: the days are the store's
				}
				d.counted(all, now, place)
			}
			d.reopen()
			d.counted(all, start, place)
		})
	}

	// The last hour of the day before was counted as this one's where days were asked for by their midnights.
	t.Run("a day that begins at one", func(t *testing.T) {
		place, err := time.LoadLocation("America/Santiago")
		must(t, "LoadLocation", err)
		d := s.deskIn(t, place)
		one := time.Date(2026, time.September, 6, 1, 0, 0, 0, place)
		var all []booking.Booking
		for _, since := range []time.Duration{-24 * time.Hour, -time.Minute, 0, time.Minute, 23 * time.Hour} {
			d.clock.set(one.Add(since))
			all = append(all, d.create(d.alice))
		}
		for _, now := range []time.Time{one.Add(-time.Minute), one, one.Add(48 * time.Hour), one.AddDate(0, 0, booking.AverageDays-1)} {
			d.counted(all, now, place)
		}
	})

	t.Run("the most frequent come first", func(t *testing.T) {
		d := s.desk(t)
		var all []booking.Booking
		for i := range booking.MaxBrands + 20 {
			for range 1 + i%3 {
				b := d.fresh().After
				b.Brand, b.Model = fmt.Sprint("Brand ", i), fmt.Sprint("Model ", i%10)
				all = append(all, b)
			}
		}
		must(t, "Import", d.store.Import(d.ctx, all))
		d.counted(all, d.clock.Now(), time.UTC)
	})
}

// moments are times of creation around midnights and ends of months of a place, in no order.
func moments(random *rand.Rand, place *time.Location) []time.Time {
	var at []time.Time
	for _, day := range []time.Time{
		time.Date(2026, time.March, 10, 0, 0, 0, 0, place), time.Date(2026, time.March, 4, 0, 0, 0, 0, place),
		time.Date(2026, time.March, 3, 0, 0, 0, 0, place), time.Date(2026, time.March, 1, 0, 0, 0, 0, place),
		time.Date(2026, time.February, 9, 0, 0, 0, 0, place), time.Date(2026, time.February, 8, 0, 0, 0, 0, place),
		time.Date(2025, time.April, 1, 0, 0, 0, 0, place), time.Date(2025, time.March, 31, 0, 0, 0, 0, place),
		time.Date(2026, time.January, 1, 0, 0, 0, 0, place), time.Date(2025, time.November, 2, 1, 30, 0, 0, place),
	} {
		at = append(at, day, day.Add(-time.Millisecond))
		for range 2 {
			at = append(at, day.Add(time.Duration(random.IntN(48*3600)-24*3600)*time.Second).Truncate(time.Millisecond))
		}
	}
	random.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
	return at
}

// counted fails unless the statistics are those of a naive count of all bookings.
func (d *desk) counted(all []booking.Booking, now time.Time, place *time.Location) {
	d.t.Helper()
	daily, err := d.store.Daily(d.ctx, now)
	must(d.t, "Daily", err)
	equal(d.t, fmt.Sprintf("daily at %v", now), daily, recountDaily(all, now, place))
	o, err := d.store.Overview(d.ctx, now)
	must(d.t, "Overview", err)
	d.frequent(o, all)
	want := recount(all, now, place)
	want.BookingsByBrand, want.BookingsByModel = o.BookingsByBrand, o.BookingsByModel // compared above
	equal(d.t, fmt.Sprintf("overview at %v", now), o, want)
}

func recountDaily(all []booking.Booking, now time.Time, place *time.Location) []booking.DayCount {
	days := make([]booking.DayCount, booking.DailyDays)
	for i, date := range booking.LastDays(now.In(place), booking.DailyDays) {
		days[i].Date = date
		for _, b := range all {
			if b.CreatedAt.In(place).Format(time.DateOnly) == date {
				days[i].Add(b.Status, 1)
			}
		}
	}
	return days
}

func recount(all []booking.Booking, now time.Time, place *time.Location) booking.Overview {
	o := booking.Overview{RecentBookings: []booking.Booking{}}
	months, days, lastDays := map[string]int{}, booking.LastDays(now.In(place), booking.AverageDays), 0
	for _, b := range all {
		o.TotalBookings++
		switch b.Status {
		case booking.Pending:
			o.Pending++
		case booking.Scheduled:
			o.Scheduled++
		case booking.Completed:
			o.Completed++
		case booking.Cancelled:
			o.Cancelled++
		}
		months[b.CreatedAt.In(place).Format("2006-01")]++
		if slices.Contains(days, b.CreatedAt.In(place).Format(time.DateOnly)) {
			lastDays++
		}
	}
	o.MonthlyTrend = booking.Trend(now.In(place), months)
	o.Finish(lastDays)
	recent := expected(all, booking.Query{})
	o.RecentBookings = append(o.RecentBookings, recent[:min(len(recent), booking.MaxRecent)]...)
	return o
}

// frequent checks the lists of brands and models: right counts, most first, nothing more frequent left out.
func (d *desk) frequent(o booking.Overview, all []booking.Booking) {
	d.t.Helper()
	brands, models := map[string]int{}, map[string]int{}
	for _, b := range all {
		brands[b.Brand]++
		models[b.Brand+"\x00"+b.Model]++
	}
	var gotBrands, gotModels []string
	var brandCounts, modelCounts []int
	for _, c := range o.BookingsByBrand {
		gotBrands, brandCounts = append(gotBrands, c.Brand), append(brandCounts, c.Count)
	}
	for _, c := range o.BookingsByModel {
		gotModels, modelCounts = append(gotModels, c.Brand+"\x00"+c.Model), append(modelCounts, c.Count)
	}
	d.top("brands", gotBrands, brandCounts, brands, booking.MaxBrands)
	d.top("models", gotModels, modelCounts, models, booking.MaxModels)
}

func (d *desk) top(what string, keys []string, counts []int, all map[string]int, most int) {
	d.t.Helper()
	var want []int
	for _, n := range all {
		want = append(want, n)
	}
	slices.Sort(want)
	slices.Reverse(want)
	want = want[:min(len(want), most)]
	if !slices.Equal(counts, want) {
		d.t.Fatalf("%s are counted %v, want %v", what, counts, want)
	}
	seen := map[string]bool{}
	for i, key := range keys {
		if all[key] != counts[i] || seen[key] {
			d.t.Fatalf("%q is counted %d, want %d, once", key, counts[i], all[key])
		}
		seen[key] = true
	}
}
