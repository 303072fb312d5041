package auth_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

const wrong = "wrong password"

func limited(err error) bool {
	var l *auth.Limited
	return errors.As(err, &l) && booking.CodeOf(err) == booking.CodeRateLimited && l.Seconds() > 0
}

func fewLogins(o *auth.Options) {
	o.LoginPerAccount = auth.Rate{Events: 3, Per: 3 * time.Minute}
	o.LoginPerAddress = auth.Rate{Events: 10, Per: 10 * time.Minute}
}

func (b *bench) login(email, password, address string) error {
	_, err := b.Login(context.Background(), email, password, address)
	return err
}

func TestGuessingAtOneAddress(t *testing.T) {
	b := setup(t, fewLogins)
	b.mustRegister(t, "a@example.com")
	for range 3 {
		if err := b.login("a@example.com", wrong, "203.0.113.1"); booking.CodeOf(err) != booking.CodeUnauthorized {
			t.Fatal(err)
		}
	}
	if err := b.login("a@example.com", "correct horse", "203.0.113.1"); !limited(err) {
		t.Errorf("after 3 wrong ones: %v", err)
	}
	if err := b.login("a@example.com", "correct horse", "198.51.100.9"); err != nil {
		t.Errorf("the owner at another address: %v", err)
	}
	b.advance(time.Minute)
	if err := b.login("a@example.com", "correct horse", "203.0.113.1"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	for range 3 { // the right one forgave the wrong ones
		if err := b.login("a@example.com", wrong, "203.0.113.1"); limited(err) {
			t.Error(err)
		}
	}
}

func TestUnknownAccountIsLimitedAlike(t *testing.T) {
	b := setup(t, fewLogins)
	for range 3 {
		if err := b.login("nobody@example.com", wrong, "203.0.113.1"); limited(err) {
			t.Fatal(err)
		}
	}
	if err := b.login("NOBODY@example.com ", wrong, "203.0.113.1"); !limited(err) {
		t.Errorf("error %v", err)
	}
}

func TestGuessingOnManyAccounts(t *testing.T) {
	b := setup(t, fewLogins)
	for i := range 10 {
		if err := b.login(fmt.Sprintf("u%d@example.com", i), wrong, "2001:db8:1:1::1"); limited(err) {
			t.Fatal(err)
		}
	}
	if err := b.login("u11@example.com", wrong, "2001:db8:1:1:ffff::2"); !limited(err) {
		t.Errorf("the same /64: %v", err)
	}
	if err := b.login("u11@example.com", wrong, "2001:db8:1:2::1"); limited(err) {
		t.Errorf("another /64: %v", err)
	}
}

// Strangers with many addresses use up an account's tries. Where its owner has been before, the owner still gets in.
func TestStrangersCannotLockTheOwnerOut(t *testing.T) {
	b := setup(t, fewLogins)
	b.mustRegister(t, "a@example.com")
	if err := b.login("a@example.com", "correct horse", "198.51.100.1"); err != nil {
		t.Fatal(err)
	}
	closed := 0
	for i := range 20 {
		for range 3 {
			if limited(b.login("a@example.com", wrong, fmt.Sprintf("203.0.113.%d", i))) {
				closed++
			}
		}
	}
	if closed != 30 { // of 60, all beyond 10 × 3
		t.Errorf("%d guesses refused", closed)
	}
	if err := b.login("a@example.com", "correct horse", "198.51.100.1"); err != nil {
		t.Errorf("the owner, where the owner has been: %v", err)
	}
	if err := b.login("a@example.com", "correct horse", "192.0.2.77"); !limited(err) {
		t.Errorf("a new address during the attack: %v", err)
	}
	b.advance(6 * time.Second) // one of the 30 tries in 3 minutes
	if err := b.login("a@example.com", "correct horse", "192.0.2.77"); err != nil {
		t.Errorf("a new address, seconds after the attack: %v", err)
	}
}

func TestRightPasswordsAreFree(t *testing.T) {
	b := setup(t, fewLogins)
	b.mustRegister(t, "a@example.com")
	for range 100 {
		if err := b.login("a@example.com", "correct horse", "198.51.100.1"); err != nil {
			t.Fatal(err)
		}
	}
}

// Guesses sent at once must not all pass before the first is counted.
func TestGuessingInParallel(t *testing.T) {
	b := setup(t, fewLogins)
	b.mustRegister(t, "a@example.com")
	var wg sync.WaitGroup
	var tried atomic.Int32
	for range 50 {
		wg.Go(func() {
			if !limited(b.login("a@example.com", wrong, "203.0.113.1")) {
				tried.Add(1)
			}
		})
	}
	wg.Wait()
	if tried.Load() != 3 {
		t.Errorf("%d passwords were tried", tried.Load())
	}
}

// A store that fails, and a caller that goes away, are not guesses.
func TestFailuresAreNotGuesses(t *testing.T) {
	b := setup(t, fewLogins)
	b.mustRegister(t, "a@example.com")
	b.store.Fail = func(string) error { return errors.New("disk on fire") }
	for range 20 {
		if err := b.login("a@example.com", wrong, "203.0.113.1"); limited(err) {
			t.Fatal(err)
		}
	}
	b.store.Fail = nil
	if err := b.login("a@example.com", "correct horse", "203.0.113.1"); err != nil {
		t.Error(err)
	}
}

func TestChangePasswordIsLimited(t *testing.T) {
	b := setup(t, fewLogins)
	in := b.mustRegister(t, "a@example.com")
	s, err := b.Authenticate(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := b.ChangePassword(t.Context(), s, wrong, "battery staple", "203.0.113.1"); limited(err) {
			t.Fatal(err)
		}
	}
	if _, err := b.ChangePassword(t.Context(), s, wrong, "battery staple", "203.0.113.1"); !limited(err) {
		t.Errorf("error %v", err)
	}
}

func TestRegistrationsAreLimited(t *testing.T) {
	b := setup(t, func(o *auth.Options) { o.RegisterPerAddress = auth.Rate{Events: 2, Per: 2 * time.Hour} })
	register := func(i int, address string) error {
		_, err := b.Register(t.Context(), auth.Account{Name: "A", Email: fmt.Sprintf("a%d@example.com", i), Password: "12345678"}, address)
		return err
	}
	for i := range 2 {
		if err := register(i, "203.0.113.1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := register(3, "203.0.113.1"); !limited(err) {
		t.Errorf("the third: %v", err)
	}
	if err := register(3, "203.0.113.2"); err != nil {
		t.Errorf("another address: %v", err)
	}
	b.advance(time.Hour)
	if err := register(4, "203.0.113.1"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

func TestUnlimited(t *testing.T) {
	b := setup(t, func(o *auth.Options) {
		o.LoginPerAddress, o.LoginPerAccount, o.RegisterPerAddress = auth.Unlimited, auth.Unlimited, auth.Unlimited
	})
	for range 200 {
		if err := b.login("a@example.com", wrong, "203.0.113.1"); limited(err) {
			t.Fatal(err)
		}
	}
}
