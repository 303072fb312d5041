package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// writeTokens signs people in and writes what they would carry to c.Tokens, which appears complete or not at all and is
// for this user's eyes only.
func (c *seedCommand) writeTokens(ctx context.Context, people []booking.User, now func() time.Time) (err error) {
	desk, err := c.signIn(ctx, people, now)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(c.Tokens), ".tokens-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}()
	lines := bufio.NewWriter(file)
	for _, user := range people {
		token, err := desk.token(ctx, user)
		if err != nil {
			return fmt.Errorf("sign in %s: %w", user.Email, err)
		}
		if _, err := fmt.Fprintln(lines, token, user.Role, user.ID, user.Email); err != nil {
			return err
		}
	}
	if err := lines.Flush(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), c.Tokens)
}

// frontDesk signs made-up people in.
type frontDesk struct {
	accounts *auth.Service
	password string
}

// signIn returns a front desk with the tokens' real key. Who signs in needs a password, and those of the made-up people are
// known to nobody, or dear to check ten thousand times: this desk knows the same people by a password of its own, which is
// cheap to check and stored nowhere.
func (c *seedCommand) signIn(ctx context.Context, people []booking.User, now func() time.Time) (*frontDesk, error) {
	secret := c.JWTSecret
	if secret == "" {
		var err error
		if secret, err = keptSecret(c.DataDir); err != nil {
			return nil, fmt.Errorf("make JWT_SECRET: %w", err)
		}
	}
	desk := &frontDesk{password: rand.Text()}
	passwords := auth.NewPasswords(auth.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}, 0, 0)
	hash, err := passwords.Hash(ctx, desk.password)
	if err != nil {
		return nil, err
	}
	known := guests{byEmail: make(map[string]booking.User, len(people))}
	for _, user := range people {
		user.PasswordHash = hash
		known.byEmail[booking.EmailKey(user.Email)] = user
	}
	desk.accounts, err = auth.New(ctx, auth.Options{Store: known, Secret: []byte(secret), Now: now, TTL: c.JWTTTL, Passwords: passwords})
	return desk, err
}

func (d *frontDesk) token(ctx context.Context, user booking.User) (string, error) {
	signed, err := d.accounts.Login(ctx, user.Email, d.password, "")
	return signed.Token, err
}

// guests is as much of booking.Users as signing in needs. The rest is nil and not called.
type guests struct {
	booking.Users
	byEmail map[string]booking.User
}

// UserByEmail implements booking.Users.
func (g guests) UserByEmail(_ context.Context, email string) (booking.User, error) {
	user, found := g.byEmail[booking.EmailKey(email)]
	if !found {
		return booking.User{}, booking.Errorf(booking.CodeNotFound, "There is no such user.")
	}
	return user, nil
}
