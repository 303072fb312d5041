package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"kapoor.example/desk/booking"
)

// seedTries is how often a batch is tried again because one of its codes was in the store.
const seedTries = 1000

// seedCommand fills the store with made-up bookings.
type seedCommand struct {
	Common

	Bookings int    `range:"1..10000000" default:"1000" help:"How many bookings to make."`
	Users    int    `range:"1..100000" default:"25" help:"How many customers own them. Those of an earlier run are used again."`
	Staff    int    `range:"1..1000" default:"5" help:"How many staff members carry them out."`
	Random   int    `range:"0..2147483647" default:"1" help:"Seed of the random numbers: the same one makes the same content again, with new ids and codes."`
	Batch    int    `range:"1..100000" default:"1000" help:"How many bookings to write at once."`
	Password string `variable:"SEED_PASSWORD" otherwise:"nobody can sign in" secret:"" allowed:"any text" help:"Password of the accounts that are made."`
	Force    bool   `help:"Seed although APP_ENV is production."`

	Tokens    string        `placeholder:"FILE" help:"File to write a token of every made-up person to, for load tests: a line each with token, role, user id and e-mail."`
	JWTSecret string        `variable:"JWT_SECRET" otherwise:"development: made once and kept in DATA_DIR" secret:"" allowed:"any text; in production at least 32 bytes" help:"Key that signs the tokens."`
	JWTTTL    time.Duration `variable:"JWT_TTL" default:"720h" range:"1m..8760h" help:"How long a token is good for."`
}

// Run implements the command.
func (c *seedCommand) Run(ctx context.Context, around surroundings) (err error) {
	if c.Production() && !c.Force {
		return &SettingError{Name: "APP_ENV", Value: c.AppEnv, Allowed: development + " to seed made-up bookings, unless --force is given"}
	}
	if c.Tokens != "" && c.Production() && len(c.JWTSecret) < minSecret {
		return &SettingError{Name: "JWT_SECRET", Value: c.JWTSecret, Secret: true, Allowed: "a secret of at least 32 bytes when APP_ENV is production"}
	}
	log, err := newLogger(around.stderr, c.LogFormat, c.LogLevel, around.now)
	if err != nil {
		return err
	}
	store, err := around.parts.openStore(ctx, c.Common, log, around.now)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() {
		if closeErr := store.Close(); closeErr != nil {
			err = errors.Join(err, fmt.Errorf("close store: %w", closeErr))
		}
	}()
	return c.seed(ctx, store, around)
}

// seed makes the people, then their bookings. It stops between two batches when ctx ends.
func (c *seedCommand) seed(ctx context.Context, store seedStore, around surroundings) error {
	began := around.now()
	generator := newGenerator(c.Random, nil, nil, began.In(c.TimeZone))
	if err := c.people(ctx, store, generator, around); err != nil {
		return err
	}
	if c.Tokens != "" {
		if err := c.writeTokens(ctx, slices.Concat(generator.staff, generator.customers), around.now); err != nil {
			return fmt.Errorf("write tokens: %w", err)
		}
	}
	bar := newProgress(around.stderr, c.Bookings)
	counts := map[booking.Status]int{}
	for done := 0; done < c.Bookings; {
		if ctx.Err() != nil {
			bar.end()
			return fmt.Errorf("stopped after %d of %d bookings: %w", done, c.Bookings, ctx.Err())
		}
		batch := make([]booking.Booking, min(c.Batch, c.Bookings-done))
		for i := range batch {
			var err error
			if batch[i], err = generator.booking(generator.at(done+i, c.Bookings)); err != nil {
				return err
			}
			counts[batch[i].Status]++
		}
		if err := importBatch(ctx, store, batch, generator); err != nil {
			bar.end()
			return fmt.Errorf("import bookings %d to %d: %w", done+1, done+len(batch), err)
		}
		done += len(batch)
		bar.add(len(batch))
	}
	bar.end()
	return c.summarise(around.stdout, counts, around.now().Sub(began))
}

func (c *seedCommand) summarise(w io.Writer, counts map[booking.Status]int, took time.Duration) error {
	_, err := fmt.Fprintf(w, "Made %d bookings of %d customers in %s:", c.Bookings, c.Users, took.Round(time.Millisecond))
	for i, status := range booking.Statuses() {
		separator := ","
		if i == 0 {
			separator = ""
		}
		if err == nil {
			_, err = fmt.Fprintf(w, "%s %d %s", separator, counts[status], status)
		}
	}
	if err == nil {
		_, err = fmt.Fprintln(w, ".")
	}
	return err
}

// importBatch writes a batch, with other codes for those that the store has already. A batch that was begun is not cut
// by ctx: an import is all or nothing, and whoever asked to stop is told how far it came.
func importBatch(ctx context.Context, store seedStore, batch []booking.Booking, g *generator) error {
	var err error
	for range seedTries {
		err = store.Import(context.WithoutCancel(ctx), batch)
		var taken *booking.CodeTakenError
		if !errors.As(err, &taken) {
			return err
		}
		for i := range batch {
			if batch[i].Code == taken.Code {
				batch[i].Code = g.code()
			}
		}
	}
	return err
}

// people gives the generator its customers and staff, made up where an earlier run has not.
func (c *seedCommand) people(ctx context.Context, store accounts, g *generator, around surroundings) error {
	password := c.Password
	if password == "" {
		password = rand.Text() // known to nobody
	}
	hash, err := around.parts.hash(password) // one for all: a slow hash per account would take hours
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	for i := range c.Staff {
		user, err := c.person(ctx, store, g, hash, booking.Staff, i)
		if err != nil {
			return err
		}
		g.staff = append(g.staff, user)
	}
	for i := range c.Users {
		user, err := c.person(ctx, store, g, hash, booking.Customer, i)
		if err != nil {
			return err
		}
		g.customers = append(g.customers, user)
	}
	return nil
}

// person returns the i-th made-up user of a role, made if there is none.
func (c *seedCommand) person(ctx context.Context, store accounts, g *generator, hash string, role booking.Role, i int) (booking.User, error) {
	began := g.now.Add(-seedSpan - 24*time.Hour)
	user := booking.User{
		ID: booking.NewID(began), Name: g.person(), Email: fmt.Sprintf("%s%05d@example.com", role, i+1),
		Phone: fmt.Sprintf("+91 5%04d %05d", g.random.IntN(10_000), g.random.IntN(100_000)),
		Role:  role, Active: true, Rights: 1, PasswordHash: hash, CreatedAt: booking.At(began), UpdatedAt: booking.At(began),
	}
	err := store.CreateUser(ctx, user)
	if booking.CodeOf(err) == booking.CodeEmailTaken {
		if user, err = store.UserByEmail(ctx, user.Email); err != nil {
			return booking.User{}, fmt.Errorf("find user: %w", err)
		}
		user.Role = role // as the stories need it, whatever became of the account
		return user, nil
	}
	if err != nil {
		return booking.User{}, fmt.Errorf("create user: %w", err)
	}
	return user, nil
}
