package auth

import (
	"context"
	"fmt"

	"kapoor.example/desk/booking"
)

// demoAccount is an account that a newcomer finds in development.
type demoAccount struct {
	Account
	role booking.Role
}

func demoAccounts() []demoAccount {
	return []demoAccount{
		{Account{Name: "Asha Kapoor", Email: "admin@example.com", Password: "admin123", Phone: "+91 98100 00001"}, booking.Admin},
		{Account{Name: "Sam Pereira", Email: "staff@example.com", Password: "staff123", Phone: "+91 98100 00002"}, booking.Staff},
		{Account{Name: "Chitra Rao", Email: "customer@example.com", Password: "password123", Phone: "+91 98100 00003"}, booking.Customer},
	}
}

// EnsureDemoAccounts makes the demo accounts that are missing and returns those it made. Existing ones stay as they are.
func (s *Service) EnsureDemoAccounts(ctx context.Context) ([]booking.User, error) {
	var made []booking.User
	for _, demo := range demoAccounts() {
		u, err := s.CreateAccount(ctx, demo.Account, demo.role)
		if booking.CodeOf(err) == booking.CodeEmailTaken {
			continue
		}
		if err != nil {
			return made, fmt.Errorf("demo account: %w", err)
		}
		made = append(made, u)
	}
	return made, nil
}

// DemoPasswordsWork returns the e-mails of the active accounts that a published demo password opens. Production must not
// start while there is one.
func (s *Service) DemoPasswordsWork(ctx context.Context) ([]string, error) {
	var open []string
	for _, demo := range demoAccounts() {
		u, err := s.store.UserByEmail(ctx, demo.Email)
		if booking.CodeOf(err) == booking.CodeNotFound || err == nil && !u.Active {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for demo account: %w", err)
		}
		works, err := s.passwords.Verify(ctx, u.PasswordHash, demo.Password)
		if err != nil {
			return nil, fmt.Errorf("try demo password: %w", err)
		}
		if works {
			open = append(open, demo.Email)
		}
	}
	return open, nil
}
