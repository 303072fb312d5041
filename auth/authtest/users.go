// Package authtest keeps accounts in memory, for tests of what works on them.
package authtest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"kapoor.example/desk/booking"
)

// Users is booking.Users in memory. The zero value is empty and ready. Hooks are called without a lock held.
type Users struct {
	// Fail, when set, is asked before every call; what it returns is the call's error.
	Fail func(method string) error
	// AfterRead, when set, is called by User between reading and returning.
	AfterRead func()

	mu      sync.Mutex
	byID    map[string]booking.User
	revoked map[string]bool
	reads   int
}

var _ booking.Users = (*Users)(nil)

func (s *Users) begin(ctx context.Context, method string) (unlock func(), err error) {
	if s.Fail != nil {
		if err := s.Fail(method); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.byID == nil {
		s.byID, s.revoked = map[string]booking.User{}, map[string]bool{}
	}
	return s.mu.Unlock, nil
}

func errNoUser() error { return booking.Errorf(booking.CodeNotFound, "There is no such user.") }

func (s *Users) taken(email, except string) bool {
	for id, u := range s.byID {
		if id != except && booking.EmailKey(u.Email) == booking.EmailKey(email) {
			return true
		}
	}
	return false
}

func errTaken() error {
	return booking.Errorf(booking.CodeEmailTaken, "An account with this e-mail exists already.")
}

// CreateUser implements booking.Users.
func (s *Users) CreateUser(ctx context.Context, u booking.User) error {
	unlock, err := s.begin(ctx, "CreateUser")
	if err != nil {
		return err
	}
	defer unlock()
	if s.taken(u.Email, "") {
		return errTaken()
	}
	s.byID[u.ID] = u
	return nil
}

// User implements booking.Users.
func (s *Users) User(ctx context.Context, id string) (booking.User, error) {
	unlock, err := s.begin(ctx, "User")
	if err != nil {
		return booking.User{}, err
	}
	u, ok := s.byID[id]
	s.reads++
	unlock()
	if s.AfterRead != nil {
		s.AfterRead()
	}
	if !ok {
		return booking.User{}, errNoUser()
	}
	return u, nil
}

// Reads returns how often User was called.
func (s *Users) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// UserByEmail implements booking.Users.
func (s *Users) UserByEmail(ctx context.Context, email string) (booking.User, error) {
	unlock, err := s.begin(ctx, "UserByEmail")
	if err != nil {
		return booking.User{}, err
	}
	defer unlock()
	for _, u := range s.byID {
		if booking.EmailKey(u.Email) == booking.EmailKey(email) {
			return u, nil
		}
	}
	return booking.User{}, errNoUser()
}

// UpdateUser implements booking.Users.
func (s *Users) UpdateUser(ctx context.Context, id string, c booking.UserChange) (booking.User, error) {
	unlock, err := s.begin(ctx, "UpdateUser")
	if err != nil {
		return booking.User{}, err
	}
	defer unlock()
	u, ok := s.byID[id]
	if !ok {
		return booking.User{}, errNoUser()
	}
	changed, _ := c.ApplyTo(u)
	if s.taken(changed.Email, id) {
		return booking.User{}, errTaken()
	}
	if leads(u) && !leads(changed) && s.admins() == 1 {
		return booking.User{}, booking.Errorf(booking.CodeLastAdmin, "The last active admin stays an active admin.")
	}
	s.byID[id] = changed
	return changed, nil
}

func leads(u booking.User) bool { return u.Active && u.Role == booking.Admin }

func (s *Users) admins() int {
	n := 0
	for _, u := range s.byID {
		if leads(u) {
			n++
		}
	}
	return n
}

// ListUsers implements booking.Users.
func (s *Users) ListUsers(ctx context.Context, q booking.UserQuery) (booking.UserPage, error) {
	unlock, err := s.begin(ctx, "ListUsers")
	if err != nil {
		return booking.UserPage{}, err
	}
	defer unlock()
	found, search := []booking.User{}, strings.ToLower(q.Search)
	for _, u := range s.byID {
		if (len(q.Roles) == 0 || slices.Contains(q.Roles, u.Role)) && (u.Active || !q.ActiveOnly) &&
			(strings.HasPrefix(strings.ToLower(u.Name), search) || strings.HasPrefix(strings.ToLower(u.Email), search)) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b booking.User) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	page := booking.UserPage{Total: len(found)}
	found = found[min(q.Skip, len(found)):]
	page.Users = found[:min(booking.Size(q.Limit), len(found))]
	return page, nil
}

// RevokeToken implements booking.Users.
func (s *Users) RevokeToken(ctx context.Context, r booking.Revocation) error {
	unlock, err := s.begin(ctx, "RevokeToken")
	if err != nil {
		return err
	}
	defer unlock()
	s.revoked[r.TokenID] = true
	return nil
}

// TokenRevoked implements booking.Users.
func (s *Users) TokenRevoked(ctx context.Context, tokenID string) (bool, error) {
	unlock, err := s.begin(ctx, "TokenRevoked")
	if err != nil {
		return false, err
	}
	defer unlock()
	return s.revoked[tokenID], nil
}
