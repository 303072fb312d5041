package auth

import (
	"context"
	"fmt"

	"kapoor.example/desk/booking"
)

// SignedIn is what registering and logging in come to.
type SignedIn struct {
	User      booking.User
	Token     string
	ExpiresAt booking.Time
}

// Account is a new account as somebody fills it in.
type Account struct{ Name, Email, Password, Phone string }

// check returns the account without the spaces around its fields, and what is wrong with them.
func (a Account) check() (Account, error) {
	wrong := invalid{}
	var why string
	a.Name, why = booking.Line(a.Name, booking.MaxName)
	wrong.add("name", required(a.Name, why))
	a.Email, why = booking.Email(a.Email)
	wrong.add("email", required(a.Email, why))
	a.Phone, why = booking.Line(a.Phone, booking.MaxPhone)
	wrong.add("phone", why)
	wrong.add("password", CheckPassword(a.Password))
	return a, wrong.err()
}

func required(value, why string) string {
	if value == "" && why == "" {
		return "is required"
	}
	return why
}

// Register makes a customer's account and signs its owner in. address is where the request comes from.
//
// Errors: CodeInvalid, CodeEmailTaken, *Limited.
func (s *Service) Register(ctx context.Context, a Account, address string) (SignedIn, error) {
	a, err := a.check()
	if err != nil {
		return SignedIn{}, err
	}
	if wait := s.signups.take(newPatience(), networkOf(address)); wait > 0 {
		return SignedIn{}, &Limited{wait}
	}
	u, err := s.create(ctx, a, booking.Customer)
	if err != nil {
		return SignedIn{}, err
	}
	return s.signIn(u)
}

// create stores a checked account.
func (s *Service) create(ctx context.Context, a Account, role booking.Role) (booking.User, error) {
	// Asked first because a hash is dear; CreateUser decides.
	switch _, err := s.store.UserByEmail(ctx, a.Email); {
	case err == nil:
		return booking.User{}, booking.Errorf(booking.CodeEmailTaken, "An account with this e-mail exists already.")
	case booking.CodeOf(err) != booking.CodeNotFound:
		return booking.User{}, fmt.Errorf("look for account: %w", err)
	}
	hash, err := s.passwords.Hash(ctx, a.Password)
	if err != nil {
		return booking.User{}, err
	}
	now := s.opts.Now()
	u := booking.User{
		ID: booking.NewID(now), Name: a.Name, Email: a.Email, Phone: a.Phone, Role: role, Active: true, Rights: 1,
		PasswordHash: hash, CreatedAt: booking.At(now), UpdatedAt: booking.At(now),
	}
	if err := s.store.CreateUser(ctx, u); err != nil {
		return booking.User{}, fmt.Errorf("create account: %w", err)
	}
	return u, nil
}

func (s *Service) signIn(u booking.User) (SignedIn, error) {
	token, expires, err := s.tokens.issue(u)
	if err != nil {
		return SignedIn{}, err
	}
	return SignedIn{User: u, Token: token, ExpiresAt: expires}, nil
}

// Login signs in by e-mail and password. An unknown e-mail, a wrong password and a deactivated account give the same
// error with CodeUnauthorized, in the same time. Also *Limited, and CodeUnavailable when too many are signing in.
func (s *Service) Login(ctx context.Context, email, password, address string) (SignedIn, error) {
	u, err := s.checkPassword(ctx, email, password, address)
	if err != nil {
		return SignedIn{}, err
	}
	return s.signIn(u)
}

// checkPassword returns the account whose e-mail and password these are. Failures count against address and account.
func (s *Service) checkPassword(ctx context.Context, email, password, address string) (booking.User, error) {
	key := booking.EmailKey(email)
	if len(key) > 4*booking.MaxEmail || len(password) > MaxPasswordBytes {
		key, password = key[:min(len(key), 4*booking.MaxEmail)], "" // right for nobody, and no memory to keep
	}
	try, err := s.guesses.begin(key, address)
	if err != nil {
		return booking.User{}, err
	}
	u, err := s.store.UserByEmail(ctx, key)
	hash := u.PasswordHash
	if booking.CodeOf(err) == booking.CodeNotFound {
		hash, err = s.nobody, nil
	}
	if err != nil {
		try.undone()
		return booking.User{}, fmt.Errorf("look for account: %w", err)
	}
	right, err := s.passwords.Verify(ctx, hash, password)
	switch {
	case err != nil:
		try.undone()
		return booking.User{}, err
	case !right || !u.Active || u.ID == "":
		return booking.User{}, errCredentials() // the try stays counted
	}
	try.right()
	return u, nil
}

// ChangePassword gives a user another password. Every token of the user ends with it, and the one that is returned
// begins. Errors: CodeInvalid for the field currentPassword or newPassword, *Limited.
func (s *Service) ChangePassword(ctx context.Context, session Session, current, next, address string) (SignedIn, error) {
	if why := CheckPassword(next); why != "" {
		return SignedIn{}, booking.Invalid("newPassword", why)
	}
	u, err := s.User(ctx, session.Principal.ID)
	if err != nil {
		return SignedIn{}, err
	}
	switch _, err := s.checkPassword(ctx, u.Email, current, address); {
	case booking.CodeOf(err) == booking.CodeUnauthorized:
		return SignedIn{}, booking.Invalid("currentPassword", "is wrong")
	case err != nil:
		return SignedIn{}, err
	}
	hash, err := s.passwords.Hash(ctx, next)
	if err != nil {
		return SignedIn{}, err
	}
	if u, err = s.update(ctx, u.ID, booking.UserChange{PasswordHash: &hash}); err != nil {
		return SignedIn{}, err
	}
	return s.signIn(u)
}

// User returns an account as the store has it. CodeNotFound.
func (s *Service) User(ctx context.Context, id string) (booking.User, error) {
	if !booking.ValidID(id) {
		return booking.User{}, errNoUser()
	}
	u, err := s.store.User(ctx, id)
	return u, wrap("read account", err)
}

func errNoUser() error { return booking.Errorf(booking.CodeNotFound, "There is no such user.") }

// Profile is a change of what an account says about its owner; nil fields stay as they are.
type Profile struct{ Name, Email, Phone *string }

// check returns the profile without the spaces around its fields, and what is wrong with them.
func (p Profile) check() (Profile, invalid) {
	wrong := invalid{}
	if p.Name != nil {
		line, why := booking.Line(*p.Name, booking.MaxName)
		p.Name = &line
		wrong.add("name", required(line, why))
	}
	if p.Email != nil {
		email, why := booking.Email(*p.Email)
		p.Email = &email
		wrong.add("email", required(email, why))
	}
	if p.Phone != nil {
		line, why := booking.Line(*p.Phone, booking.MaxPhone)
		p.Phone = &line
		wrong.add("phone", why)
	}
	return p, wrong
}

// UpdateProfile changes a user's own account. Errors: CodeInvalid, CodeEmailTaken.
func (s *Service) UpdateProfile(ctx context.Context, userID string, p Profile) (booking.User, error) {
	p, wrong := p.check()
	if err := wrong.err(); err != nil {
		return booking.User{}, err
	}
	return s.update(ctx, userID, booking.UserChange{Name: p.Name, Email: p.Email, Phone: p.Phone})
}

// update stores a change and forgets what was kept of the user.
func (s *Service) update(ctx context.Context, userID string, c booking.UserChange) (booking.User, error) {
	c.At = booking.At(s.opts.Now())
	u, err := s.store.UpdateUser(ctx, userID, c)
	s.users.forget(userID) // also after an error: it may be stored
	if err != nil {
		return booking.User{}, fmt.Errorf("change account: %w", err)
	}
	return u, nil
}
