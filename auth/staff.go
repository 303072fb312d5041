package auth

import (
	"context"
	"slices"

	"kapoor.example/desk/booking"
)

// ListUsers returns a page of accounts. Admins see all; staff see active staff and admins, whom bookings can be assigned
// to, and are told CodeForbidden when they ask for customers.
func (s *Service) ListUsers(ctx context.Context, by booking.Principal, q booking.UserQuery) (booking.UserPage, error) {
	if booking.Permit(by, booking.ActManageUsers, nil) != nil {
		if err := booking.Permit(by, booking.ActListStaff, nil); err != nil {
			return booking.UserPage{}, err
		}
		if slices.ContainsFunc(q.Roles, func(r booking.Role) bool { return !r.Works() }) {
			return booking.UserPage{}, booking.Permit(by, booking.ActManageUsers, nil)
		}
		if len(q.Roles) == 0 {
			q.Roles = []booking.Role{booking.Staff, booking.Admin}
		}
		q.ActiveOnly = true
	}
	page, err := s.store.ListUsers(ctx, q)
	return page, wrap("list accounts", err)
}

// Assignee returns whom a booking can be assigned to: an active account that works at the desk. CodeInvalid for the
// field assignedTo otherwise.
func (s *Service) Assignee(ctx context.Context, id string) (booking.Person, error) {
	u, err := s.User(ctx, id)
	switch {
	case booking.CodeOf(err) == booking.CodeNotFound, err == nil && (!u.Active || !u.Role.Works()):
		return booking.Person{}, booking.Invalid("assignedTo", "must be the id of an active staff member or admin")
	case err != nil:
		return booking.Person{}, err
	}
	return u.Person(), nil
}

// CreateStaff makes an account that works at the desk. Errors: CodeForbidden, CodeInvalid, CodeEmailTaken.
func (s *Service) CreateStaff(ctx context.Context, by booking.Principal, a Account, role booking.Role) (booking.User, error) {
	if err := booking.Permit(by, booking.ActManageUsers, nil); err != nil {
		return booking.User{}, err
	}
	if !role.Works() {
		return booking.User{}, booking.Invalid("role", "must be staff or admin")
	}
	return s.CreateAccount(ctx, a, role)
}

// CreateAccount makes an account of any role. It asks nobody's permission: it is for who runs the server. Errors:
// CodeInvalid, CodeEmailTaken.
func (s *Service) CreateAccount(ctx context.Context, a Account, role booking.Role) (booking.User, error) {
	if !role.Valid() {
		return booking.User{}, booking.Invalid("role", "must be customer, staff or admin")
	}
	a, err := a.check()
	if err != nil {
		return booking.User{}, err
	}
	return s.create(ctx, a, role)
}

// UserChange is what an admin changes of an account; nil fields stay as they are. Another role, password or activation
// ends the user's tokens.
type UserChange struct {
	Profile
	Password *string
	Role     *booking.Role
	Active   *bool
}

// ChangeUser changes an account. Errors: CodeForbidden, CodeNotFound, CodeInvalid, CodeEmailTaken, CodeLastAdmin.
func (s *Service) ChangeUser(ctx context.Context, by booking.Principal, id string, c UserChange) (booking.User, error) {
	if err := booking.Permit(by, booking.ActManageUsers, nil); err != nil {
		return booking.User{}, err
	}
	profile, wrong := c.check()
	if c.Role != nil && !c.Role.Valid() {
		wrong.add("role", "must be customer, staff or admin")
	}
	if c.Password != nil {
		wrong.add("password", CheckPassword(*c.Password))
	}
	if err := wrong.err(); err != nil {
		return booking.User{}, err
	}
	if !booking.ValidID(id) {
		return booking.User{}, errNoUser()
	}
	change := booking.UserChange{Name: profile.Name, Email: profile.Email, Phone: profile.Phone, Role: c.Role, Active: c.Active}
	if c.Password != nil {
		hash, err := s.passwords.Hash(ctx, *c.Password)
		if err != nil {
			return booking.User{}, err
		}
		change.PasswordHash = &hash
	}
	return s.update(ctx, id, change)
}

// ChangeRole is ChangeUser for the role alone.
func (s *Service) ChangeRole(ctx context.Context, by booking.Principal, id string, role booking.Role) (booking.User, error) {
	return s.ChangeUser(ctx, by, id, UserChange{Role: &role})
}

// SetActive is ChangeUser for the activation alone.
func (s *Service) SetActive(ctx context.Context, by booking.Principal, id string, active bool) (booking.User, error) {
	return s.ChangeUser(ctx, by, id, UserChange{Active: &active})
}
