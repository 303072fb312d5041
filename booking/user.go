package booking

import (
	"slices"
	"strings"
)

// Role is what a user is to the shop.
type Role string

// The roles.
const (
	Customer Role = "customer"
	Staff    Role = "staff"
	Admin    Role = "admin"
)

// Roles lists every role.
func Roles() []Role { return []Role{Customer, Staff, Admin} }

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Works reports whether r works at the desk: staff and admins.
func (r Role) Works() bool { return r == Staff || r == Admin }

// User is an account.
type User struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone,omitempty"`
	Role  Role   `json:"role"`
	// Active is false for an account that was deactivated: it cannot sign in and its tokens are void.
	Active bool `json:"-"`
	// Rights counts what ended earlier tokens: changes of role, activation and password. A token carries the number it
	// was made under; with another it is revoked.
	Rights       uint64 `json:"-"`
	PasswordHash string `json:"-"`
	CreatedAt    Time   `json:"-"`
	UpdatedAt    Time   `json:"-"`
}

// Person returns what others may know of u.
func (u User) Person() Person { return Person{ID: u.ID, Name: u.Name, Email: u.Email, Phone: u.Phone} }

// Principal returns u as the one who acts.
func (u User) Principal() Principal { return Principal{ID: u.ID, Name: u.Name, Role: u.Role} }

// Person is a user as a booking shows one, for instance its assignee.
type Person struct {
	ID    string `json:"_id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

// Principal is who acts: a user, by the role the store has for them now (never by what a token claims).
type Principal struct {
	ID   string
	Name string
	Role Role
}

// EmailKey returns the form of an e-mail address by which accounts are told apart.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// UserChange is a change of an account; nil fields stay as they are.
type UserChange struct {
	Name, Phone, Email *string
	// PasswordHash, a Role or an Active that differ from the stored ones raise the user's Rights.
	PasswordHash *string
	Role         *Role
	Active       *bool
	At           Time
}

// ApplyTo returns u as it is after the change, and whether the change ends the user's tokens and sockets.
func (c UserChange) ApplyTo(u User) (changed User, revokes bool) {
	set := func(field *string, to *string) {
		if to != nil {
			*field = *to
		}
	}
	set(&u.Name, c.Name)
	set(&u.Phone, c.Phone)
	set(&u.Email, c.Email)
	if c.PasswordHash != nil {
		u.PasswordHash, revokes = *c.PasswordHash, true
	}
	if c.Role != nil && *c.Role != u.Role {
		u.Role, revokes = *c.Role, true
	}
	if c.Active != nil && *c.Active != u.Active {
		u.Active, revokes = *c.Active, true
	}
	if revokes {
		u.Rights++
	}
	u.UpdatedAt = c.At
	return u, revokes
}
