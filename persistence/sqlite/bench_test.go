package sqlite_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/sqlite"
)

// The benchmarks run with BENCH_BOOKINGS bookings in the store, 20,000 when it is not set. With BENCH_DIR they are kept
// there for the next run.

// benchStart is the creation of the first booking; a thousand days lie between the first and the last.
var benchStart = time.Date(2023, time.January, 1, 0, 0, 0, 0, time.UTC)

const benchSpan = 1000 * 24 * time.Hour

func benchSize(b *testing.B) int {
	b.Helper()
	text := os.Getenv("BENCH_BOOKINGS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// customer returns the id of one of the customers, each of whom has about ten bookings.
func customer(i int) string { return fmt.Sprintf("customer%018d", i) }

// filled opens a store with n bookings.
func filled(b *testing.B, n int) *sqlite.Store {
	b.Helper()
	dir := os.Getenv("BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	store, err := sqlite.Open(sqlite.Options{Path: filepath.Join(dir, fmt.Sprintf("bench-%d.db", n))})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	overview, err := store.Overview(b.Context(), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for i := overview.TotalBookings; i < n; i += 5000 {
		batch := make([]booking.Booking, 0, 5000)
		for j := i; j < min(i+5000, n); j++ {
			batch = append(batch, past(j, n))
		}
		if err := store.Import(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	if overview.TotalBookings < n {
		b.Logf("imported %d bookings in %v", n-overview.TotalBookings, time.Since(began).Round(time.Millisecond))
	}
	return store
}

// past returns the i-th of n finished bookings, the same at each run. The last 2 % are open.
func past(i, n int) booking.Booking {
	random := rand.New(rand.NewPCG(uint64(i), 26))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	at := benchStart.Add(benchSpan / time.Duration(n) * time.Duration(i))
	created := booking.At(at)
	code := []byte("AAAAAA")
	const alphabet = "2346789ACDEFGHJKMNPQRTWXYZ"
	for k, rest := len(code)-1, i*7919%(26*26*26*26*26); k >= 0; k, rest = k-1, rest/26 {
		code[k] = alphabet[rest%26]
	}
	b := booking.Booking{
		ID: booking.NewID(at), Code: string(code), CreatedBy: customer(random.IntN(n/10 + 1)),
		CustomerName: pick("Asha", "Ravi", "Kiran", "Meena", "Sunil", "Anita", "Vijay", "Pooja", "Rahul", "Neha", "Arjun", "Divya") + " " +
			pick("Kapoor", "Sharma", "Verma", "Gupta", "Singh", "Patel", "Reddy", "Nair", "Iyer", "Das", "Mehta", "Joshi", "Rao", "Khan"),
		ContactNumber: "98765 43210", Address: "12 Hill Road, Bandra West, Mumbai 400050", Email: "someone@example.com",
		Brand: pick("Samsung", "Samsung", "LG", "Sony", "Whirlpool", "Bosch", "Godrej", "Haier", "Voltas", "Panasonic"),
		Model: "Model " + strconv.Itoa(random.IntN(300)), InvoiceNumber: fmt.Sprintf("INV-%d/%d", at.Year(), i),
		Status: booking.Completed, Version: 3, Revision: 3, CreatedAt: created, UpdatedAt: booking.At(at.Add(50 * time.Hour)), Updates: []booking.Entry{},
	}
	if random.IntN(10) == 0 {
		b.Status = booking.Cancelled
	}
	if i > n-n/50 {
		b.Status = booking.Statuses()[i%2]
	}
	if random.IntN(4) > 0 {
		b.PreferredDateTime = new(booking.At(at.Add(time.Duration(random.IntN(200)) * time.Hour)))
	}
	if b.Status != booking.Pending {
		staff := random.IntN(40)
		b.AssignedTo = &booking.Person{ID: fmt.Sprintf("staff%021d", staff), Name: "Staff " + strconv.Itoa(staff), Email: "staff@example.com"}
	}
	for k := range 2 {
		when := booking.At(at.Add(time.Duration(k+1) * 25 * time.Hour))
		b.Updates = append(b.Updates, booking.Entry{
			ID: booking.NewID(when.Time), Kind: booking.EntryStatus, Message: "Status changed", Status: b.Status, OldStatus: booking.Pending,
			Timestamp: when, UpdatedBy: "staff", UpdatedByName: "Staff", ReadBy: []booking.Receipt{},
		})
	}
	return b
}

// BenchmarkRead reads in the ways the desk's pages do. Every round asks for something else.
func BenchmarkRead(b *testing.B) {
	n := benchSize(b)
	store := filled(b, n)
	now := benchStart.Add(benchSpan)
	codes := make([]string, 500)
	for i := range codes {
		codes[i] = past(i*(n/len(codes)), n).Code
	}
	list := func(query func(i int) booking.Query) func(*testing.B, int) error {
		return func(b *testing.B, i int) error {
			_, err := store.List(b.Context(), query(i))
			return err
		}
	}
	for _, bench := range []struct {
		name string
		do   func(*testing.B, int) error
	}{
		{"list of a customer", list(func(i int) booking.Query { return booking.Query{Owner: customer(i % (n / 10))} })},
		{"list of everybody", list(func(int) booking.Query { return booking.Query{} })},
		{"list by status", list(func(i int) booking.Query { return booking.Query{Status: booking.Statuses()[i%4]} })},
		{"list by status, longest untouched first", list(func(i int) booking.Query {
			return booking.Query{Status: booking.Statuses()[i%4], Sort: booking.SortUpdatedAt, Asc: true}
		})},
		{"list of an assignee, by preferred time", list(func(i int) booking.Query {
			return booking.Query{AssignedTo: fmt.Sprintf("staff%021d", i%40), Sort: booking.SortPreferredDateTime, Asc: true}
		})},
		{"list of a brand", list(func(int) booking.Query { return booking.Query{Brand: "sony"} })},
		{"list of a day", list(func(i int) booking.Query {
			from := benchStart.Add(time.Duration(i%1000) * 24 * time.Hour)
			return booking.Query{From: from, To: from.Add(24 * time.Hour)}
		})},
		{"list, skipping 10,000", list(func(int) booking.Query { return booking.Query{Skip: booking.MaxSkip} })},
		{"search for a code", list(func(i int) booking.Query { return booking.Query{Search: codes[i%len(codes)]} })},
		{"search for an invoice", list(func(i int) booking.Query { return booking.Query{Search: strconv.Itoa(i * 7919 % n)} })},
		{"search for a name", list(func(i int) booking.Query { return booking.Query{Search: []string{"asha kapoor", "ravi sh"}[i%2]} })},
		{"search for a common beginning", list(func(i int) booking.Query { return booking.Query{Search: []string{"sam", "m", "i"}[i%3]} })},
		{"search of a customer for a common beginning", list(func(i int) booking.Query {
			return booking.Query{Owner: customer(i % (n / 10)), Search: []string{"sam", "m", "i"}[i%3]}
		})},
		{"search with a status", list(func(i int) booking.Query {
			return booking.Query{Search: "asha", Status: booking.Statuses()[i%4]}
		})},
		{"search by update", list(func(i int) booking.Query {
			return booking.Query{Search: []string{"asha kapoor", "sam"}[i%2], Sort: booking.SortUpdatedAt}
		})},
		{"find by code", func(b *testing.B, i int) error {
			_, err := store.Find(b.Context(), codes[i%len(codes)])
			return err
		}},
		{"overview", func(b *testing.B, _ int) error {
			_, err := store.Overview(b.Context(), now)
			return err
		}},
		{"daily", func(b *testing.B, _ int) error {
			_, err := store.Daily(b.Context(), now)
			return err
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			slowest := time.Duration(0)
			for i := 0; b.Loop(); i++ {
				began := time.Now()
				if err := bench.do(b, i); err != nil {
					b.Fatal(err)
				}
				slowest = max(slowest, time.Since(began))
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
		})
	}
}

// BenchmarkAppend commits from as many goroutines as writers: new bookings, and status changes of bookings of their own.
func BenchmarkAppend(b *testing.B) {
	store := filled(b, benchSize(b))
	for _, writers := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("create/writers=%d", writers), func(b *testing.B) {
			commits(b, store, writers, func(int) func() booking.Commit {
				return func() booking.Commit { return plan(booking.Booking{}, order()) }
			})
		})
		b.Run(fmt.Sprintf("status/writers=%d", writers), func(b *testing.B) {
			commits(b, store, writers, func(int) func() booking.Commit {
				bookings := make([]booking.Booking, 64)
				for i := range bookings {
					bookings[i] = written(b, store, func() booking.Commit { return plan(booking.Booking{}, order()) })
				}
				turn := 0
				return func() booking.Commit {
					turn = (turn + 1) % len(bookings)
					to := booking.Scheduled
					if bookings[turn].Status == booking.Scheduled {
						to = booking.Pending
					}
					if len(bookings[turn].Updates) > 50 {
						bookings[turn].Updates = bookings[turn].Updates[:0] // planning is not what is measured
					}
					c := plan(bookings[turn], booking.ChangeStatus{Status: to, Message: "on Tuesday"})
					bookings[turn] = c.After
					return c
				}
			})
		})
	}
}

func commits(b *testing.B, store *sqlite.Store, writers int, next func(writer int) func() booking.Commit) {
	nexts := make([]func() booking.Commit, writers)
	for w := range nexts {
		nexts[w] = next(w)
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for _, next := range nexts {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				written(b, store, next)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// written appends the next commit, and the one after it where the code of a new booking is taken.
func written(b *testing.B, store *sqlite.Store, next func() booking.Commit) booking.Booking {
	c := next()
	err := store.Append(b.Context(), c)
	for taken := new(booking.CodeTakenError); errors.As(err, &taken); {
		c = next()
		err = store.Append(b.Context(), c)
	}
	if err != nil {
		b.Error(err)
	}
	return c.After
}
