package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// adminCreateCommand makes an admin: the first one of a production store cannot come from anywhere else.
type adminCreateCommand struct {
	Common

	Email string `required:"" help:"E-mail address to sign in with."`
	Name  string `required:"" help:"Name that others see."`
}

// Run implements the command.
func (c *adminCreateCommand) Run(ctx context.Context, around surroundings) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	password, err := newPassword(ctx, around)
	if err != nil {
		return err
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
	return c.create(ctx, store, password, around)
}

// check asks the same of name and e-mail as a registration over REST does.
func (c *adminCreateCommand) check() error {
	if email, why := booking.Email(c.Email); why != "" || email != c.Email {
		return &SettingError{Name: "--email", Value: c.Email, Allowed: "an e-mail address such as admin@shop.example"}
	}
	name, why := booking.Line(c.Name, booking.MaxName)
	if name == "" || why != "" {
		return &SettingError{Name: "--name", Value: c.Name, Allowed: fmt.Sprintf("a name of 1 to %d characters", booking.MaxName)}
	}
	c.Name = name
	return nil
}

// create writes the account. accounts is all it needs of the store.
func (c *adminCreateCommand) create(ctx context.Context, store accounts, password string, around surroundings) error {
	hash, err := around.parts.hash(password)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	now := around.now()
	user := booking.User{
		ID: booking.NewID(now), Name: c.Name, Email: c.Email, Role: booking.Admin, Active: true, Rights: 1,
		PasswordHash: hash, CreatedAt: booking.At(now), UpdatedAt: booking.At(now),
	}
	err = store.CreateUser(ctx, user)
	if booking.CodeOf(err) == booking.CodeEmailTaken {
		return &SettingError{Name: "--email", Value: c.Email, Allowed: "one that no account has yet"}
	}
	if err != nil {
		return fmt.Errorf("create admin: %w", err)
	}
	_, err = fmt.Fprintf(around.stdout, "Admin %s created with id %s.\n", user.Email, user.ID)
	return err
}

// newPassword returns the password for a new account: that of ADMIN_PASSWORD, else what a person types at the terminal,
// else the first line of standard input. It is never a flag: those show in the list of processes.
func newPassword(ctx context.Context, around surroundings) (string, error) {
	password, set := around.lookup("ADMIN_PASSWORD")
	if !set || password == "" {
		var err error
		if isTerminal(around.stdin) {
			password, err = typedTwice(func(label string) (string, error) {
				return typed(ctx, around.stdin.(*os.File), around.stderr, label)
			})
		} else {
			password, err = firstLine(around.stdin)
		}
		if err != nil {
			return "", fmt.Errorf("read password: %w", err)
		}
	}
	if auth.CheckPassword(password) != "" {
		// With a value that is not "", so that the sentence does not say it is not set.
		return "", &SettingError{
			Name: "The password", Value: "hidden", Secret: true,
			Allowed: fmt.Sprintf("at least %d characters and at most %d bytes long", auth.MinPassword, auth.MaxPasswordBytes),
		}
	}
	return password, nil
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, auth.MaxPasswordBytes+2)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// typedTwice asks for a new password until both answers are the same, three times at most.
func typedTwice(ask func(label string) (string, error)) (string, error) {
	for range 3 {
		first, err := ask("Password: ")
		if err != nil {
			return "", err
		}
		again, err := ask("The same again: ")
		if err != nil {
			return "", err
		}
		if first == again {
			return first, nil
		}
	}
	return "", errors.New("the two were not the same")
}

// typed reads a line from the terminal without showing it. When ctx ends the terminal is as it was.
func typed(ctx context.Context, terminal *os.File, out io.Writer, label string) (string, error) {
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(out, label)
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() { // it ends with the process where nobody answers
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		fmt.Fprintln(out)
		return string(a.text), a.err
	case <-ctx.Done():
		fmt.Fprintln(out)
		return "", errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}
