package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"kapoor.example/desk/booking"
)

// seedSpan is how far back made-up bookings go.
const seedSpan = 365 * 24 * time.Hour

// generator makes up bookings. The same random seed, people and clock make the same content again; ids and codes are
// always new. It is used by one goroutine.
type generator struct {
	random    *rand.Rand
	catalogue catalogue
	customers []booking.User
	staff     []booking.User
	now       time.Time
	// codes are those drawn so far: among a million, a thousand would be drawn twice.
	codes map[string]struct{}
}

func newGenerator(seed int, customers, staff []booking.User, now time.Time) *generator {
	return &generator{
		random: rand.New(rand.NewPCG(uint64(seed), 0)), catalogue: newCatalogue(),
		customers: customers, staff: staff, now: now, codes: map[string]struct{}{},
	}
}

// at returns when the i-th of n bookings was made: evenly over the span, in the daytime, each after the one before.
func (g *generator) at(i, n int) time.Time {
	const opens, open = 8 * time.Hour, 12 * time.Hour
	days := float64(seedSpan/(24*time.Hour)) * (float64(i) + g.random.Float64()) / float64(n)
	whole := int(days)
	year, month, day := g.now.Add(-seedSpan).Date()
	midnight := time.Date(year, month, day+whole, 0, 0, 0, 0, g.now.Location())
	at := midnight.Add(opens + time.Duration((days-float64(whole))*float64(open)))
	if latest := g.now.Add(-time.Second); at.After(latest) {
		return latest
	}
	return at
}

// booking makes up a booking made at a time, and what became of it until now.
func (g *generator) booking(at time.Time) (booking.Booking, error) {
	customer := g.customers[g.random.IntN(len(g.customers))]
	p := g.catalogue.products[g.popular(len(g.catalogue.products))]
	d := booking.Details{
		CustomerName: customer.Name, ContactNumber: customer.Phone, Brand: p.brand, Model: p.model,
		Address: fmt.Sprintf("%d %s, %s", 1+g.random.IntN(180), g.pick(g.catalogue.streets), g.pick(g.catalogue.areas)),
	}
	if g.chance(0.6) {
		d.Email = customer.Email
	}
	if g.chance(0.7) {
		d.InvoiceNumber = fmt.Sprintf("KS-%05d", g.random.IntN(100_000))
	}
	if g.chance(0.8) {
		d.PreferredDateTime = moment(at.Add(g.between(24*time.Hour, 10*24*time.Hour)).Truncate(30 * time.Minute))
	}
	life := &life{generator: g, at: at, customer: customer.Principal(), staff: g.staff[g.random.IntN(len(g.staff))]}
	life.story = begin(life.customer, at, g.code(), d)
	life.run(g.outcome(g.now.Sub(at)))
	return life.story.booking, life.story.err
}

// life is the way of one booking from the day it was made until now.
type life struct {
	generator *generator
	story     *story
	at        time.Time
	customer  booking.Principal
	staff     booking.User
}

// run leads the booking to an outcome, as far as there was time for it.
func (l *life) run(outcome booking.Status) {
	g := l.generator
	if g.chance(0.25) {
		l.say(l.customer, g.catalogue.questions)
	}
	if outcome == booking.Pending {
		return
	}
	if outcome == booking.Cancelled && g.chance(0.5) {
		l.act(l.customer, booking.ChangeStatus{Status: booking.Cancelled, Message: "We do not need it any more."})
		return
	}
	staff := l.staff.Principal()
	l.act(staff, booking.ChangeStatus{Status: booking.Scheduled, Message: g.pick(g.catalogue.notes), Assignee: assign(l.staff.Person())})
	if g.chance(0.5) {
		l.read(l.customer)
	}
	if g.chance(0.3) {
		l.say(l.customer, g.catalogue.questions)
		l.say(staff, g.catalogue.answers)
	}
	switch outcome {
	case booking.Completed:
		l.act(staff, booking.ChangeStatus{Status: booking.Completed, Message: g.pick(g.catalogue.farewell)})
	case booking.Cancelled:
		l.act(staff, booking.ChangeStatus{Status: booking.Cancelled, Message: "The customer could not be reached."})
	}
}

func (l *life) say(by booking.Principal, messages []string) {
	l.act(by, booking.AddMessage{Message: l.generator.pick(messages)})
}

// act lets somebody do something some time later, if that is not in the future.
func (l *life) act(by booking.Principal, do booking.Operation) {
	if l.pass(2*time.Minute, 30*time.Hour) {
		l.story.then(by, l.at, do)
	}
}

func (l *life) read(by booking.Principal) {
	if l.pass(time.Minute, 3*time.Hour) {
		l.story.read(by, l.at)
	}
}

// pass lets time pass and reports whether it is not yet later than now.
func (l *life) pass(least, most time.Duration) bool {
	l.at = l.at.Add(l.generator.between(least, most))
	return l.at.Before(l.generator.now)
}

// outcome draws where a booking of an age stands.
func (g *generator) outcome(age time.Duration) booking.Status {
	const day = 24 * time.Hour
	pending, scheduled, completed := 0.02, 0.03, 0.82 // the rest is cancelled
	switch {
	case age < 2*day:
		pending, scheduled, completed = 0.55, 0.30, 0.08
	case age < 14*day:
		pending, scheduled, completed = 0.15, 0.40, 0.35
	}
	switch x := g.random.Float64(); {
	case x < pending:
		return booking.Pending
	case x < pending+scheduled:
		return booking.Scheduled
	case x < pending+scheduled+completed:
		return booking.Completed
	}
	return booking.Cancelled
}

// code draws a code that this generator has not drawn before.
func (g *generator) code() string {
	for {
		code := booking.NewCode()
		if _, drawn := g.codes[code]; !drawn {
			g.codes[code] = struct{}{}
			return code
		}
	}
}

// person makes up somebody's name.
func (g *generator) person() string {
	return g.pick(g.catalogue.firstNames) + " " + g.pick(g.catalogue.lastNames)
}

// popular draws an index below n, the lower ones more often.
func (g *generator) popular(n int) int {
	x := g.random.Float64()
	return int(x * x * float64(n))
}

func (g *generator) pick(from []string) string { return from[g.random.IntN(len(from))] }

func (g *generator) chance(p float64) bool { return g.random.Float64() < p }

func (g *generator) between(least, most time.Duration) time.Duration {
	return least + time.Duration(g.random.Int64N(int64(most-least)))
}
