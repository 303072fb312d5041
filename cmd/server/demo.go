package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

// accounts is what seeding needs of a store to make users.
type accounts interface {
	CreateUser(ctx context.Context, u booking.User) error
	UserByEmail(ctx context.Context, email string) (booking.User, error)
}

// seedStore is what seeding needs of a store.
type seedStore interface {
	accounts
	Import(ctx context.Context, bookings []booking.Booking) error
}

// demoAccount is one of the accounts everybody knows.
type demoAccount struct {
	name, email, phone, password string
	role                         booking.Role
}

// demoAccounts returns the admin, the staff member and the customer of the demo, in this order.
func demoAccounts() [3]demoAccount {
	return [3]demoAccount{
		{"Asha Kapoor", "admin@example.com", "+91 50000 00001", "admin123", booking.Admin},
		{"Vikram Rao", "staff@example.com", "+91 50000 00002", "staff123", booking.Staff},
		{"Meera Nair", "customer@example.com", "+91 50000 00003", "password123", booking.Customer},
	}
}

// seedDemo makes the demo accounts and a few bookings of them, as far as they are not there. What somebody changed about
// them stays. Several processes may do it at once: e-mails and the bookings' codes are unique in a store.
func seedDemo(ctx context.Context, store seedStore, hash func(string) (string, error), now time.Time, log zerolog.Logger) error {
	var users [3]booking.User
	for i, account := range demoAccounts() {
		user, created, err := account.ensure(ctx, store, hash, now)
		if err != nil {
			return err
		}
		if created {
			log.Info().Str("user_id", user.ID).Str("role", string(account.role)).Msg("Demo account created")
		}
		user.Role = account.role // as the stories need it, whatever became of the account
		users[i] = user
	}
	bookings, err := demoBookings(users[0], users[1], users[2], now)
	if err != nil {
		return err
	}
	var taken *booking.CodeTakenError
	if err := store.Import(ctx, bookings); errors.As(err, &taken) {
		return nil // all of them are there: an import is all or nothing
	} else if err != nil {
		return fmt.Errorf("import demo bookings: %w", err)
	}
	log.Info().Int("bookings", len(bookings)).Msg("Demo bookings created")
	return nil
}

// ensure returns the account's user, and whether it had to be made.
func (a demoAccount) ensure(ctx context.Context, store accounts, hash func(string) (string, error), now time.Time) (booking.User, bool, error) {
	user, err := store.UserByEmail(ctx, a.email)
	if booking.CodeOf(err) != booking.CodeNotFound {
		if err != nil {
			err = fmt.Errorf("look for demo account: %w", err)
		}
		return user, false, err
	}
	hashed, err := hash(a.password)
	if err != nil {
		return booking.User{}, false, fmt.Errorf("hash demo password: %w", err)
	}
	user = booking.User{
		ID: booking.NewID(now), Name: a.name, Email: a.email, Phone: a.phone, Role: a.role, Active: true, Rights: 1,
		PasswordHash: hashed, CreatedAt: booking.At(now), UpdatedAt: booking.At(now),
	}
	err = store.CreateUser(ctx, user)
	if booking.CodeOf(err) == booking.CodeEmailTaken { // another process was faster
		user, err = store.UserByEmail(ctx, a.email)
		return user, false, err
	}
	if err != nil {
		return booking.User{}, false, fmt.Errorf("create demo account: %w", err)
	}
	return user, true, nil
}

// workingDemo returns the e-mail of a demo account that can be signed in to with its demo password, "" for none.
func workingDemo(ctx context.Context, store accounts, verify func(hash, password string) bool) (string, error) {
	for _, account := range demoAccounts() {
		user, err := store.UserByEmail(ctx, account.email)
		if booking.CodeOf(err) == booking.CodeNotFound {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("look for demo account: %w", err)
		}
		if user.Active && verify(user.PasswordHash, account.password) {
			return account.email, nil
		}
	}
	return "", nil
}

// demoBookings returns a desk in the middle of its day. Their codes are always the same: that is how they are known again.
func demoBookings(adminUser, staffUser, customerUser booking.User, now time.Time) ([]booking.Booking, error) {
	admin, staff, customer := adminUser.Principal(), staffUser.Principal(), customerUser.Principal()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	day := 24 * time.Hour
	visit := func(days, hour int) *booking.Time {
		year, month, date := now.Date()
		return moment(time.Date(year, month, date+days, hour, 0, 0, 0, now.Location()))
	}
	details := func(brand, model, invoice string, at *booking.Time) booking.Details {
		return booking.Details{
			CustomerName: customerUser.Name, Email: customerUser.Email, ContactNumber: "+91 50000 00003",
			Address: "14 Carter Road, Bandra West, Mumbai 400050", Brand: brand, Model: model, InvoiceNumber: invoice, PreferredDateTime: at,
		}
	}
	scheduled := func(message string) booking.ChangeStatus {
		return booking.ChangeStatus{Status: booking.Scheduled, Message: message, Assignee: assign(staffUser.Person())}
	}
	stories := []*story{
		begin(customer, ago(20*time.Minute), "DEM222", details("Samsung", "EcoBubble 8 kg", "KS-20418", visit(3, 11))),
		begin(customer, ago(5*time.Hour), "DEM333", details("LG", "InstaView 655 L", "", nil)).
			then(customer, ago(4*time.Hour), booking.AddMessage{Message: "The lift is small. Can you measure the door first?"}),
		begin(customer, ago(day+3*time.Hour), "DEM444", details("Daikin", "FTKM50 1.5 ton", "KS-20377", visit(1, 10))).
			then(admin, ago(day), scheduled("We come on the day you asked for.")).
			read(customer, ago(23*time.Hour)).
			then(customer, ago(22*time.Hour), booking.AddMessage{Message: "Please ring the second bell."}).
			read(staff, ago(21*time.Hour)).
			then(staff, ago(20*time.Hour), booking.AddMessage{Message: "Noted, see you then."}),
		begin(customer, ago(6*day), "DEM666", details("Bosch", "Series 6 dishwasher", "KS-20310", visit(-4, 16))).
			then(staff, ago(5*day), scheduled("")).
			then(staff, ago(4*day), booking.ChangeStatus{Status: booking.Completed, Message: "Installed and shown, two years of warranty registered."}).
			read(customer, ago(3*day)),
		begin(customer, ago(9*day), "DEM777", details("Voltas", "SmartAir 1 ton", "", nil)).
			then(customer, ago(8*day), booking.ChangeStatus{Status: booking.Cancelled, Message: "We bought another one, sorry."}),
	}
	bookings := make([]booking.Booking, len(stories))
	for i, s := range stories {
		if s.err != nil {
			return nil, s.err
		}
		bookings[i] = s.booking
	}
	return bookings, nil
}
