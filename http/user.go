package http

import (
	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// account is a user as the desk sees one.
type account struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Email     string       `json:"email"`
	Phone     string       `json:"phone,omitempty"`
	Role      booking.Role `json:"role"`
	Active    bool         `json:"active"`
	CreatedAt booking.Time `json:"createdAt"`
	UpdatedAt booking.Time `json:"updatedAt"`
}

func accountOf(u booking.User) account {
	return account{ID: u.ID, Name: u.Name, Email: u.Email, Phone: u.Phone, Role: u.Role, Active: u.Active, CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt}
}

type accountAnswer struct {
	ok
	User account `json:"user"`
}

type accountsAnswer struct {
	page
	Data []account `json:"data"`
}

type accountsQuery struct {
	paging
	Role   string `query:"role" enum:"customer,staff,admin"`
	Active bool   `query:"active" description:"Only active ones; staff see no others anyway."`
	Search string `query:"search" maxLength:"100" description:"Begins the name or the e-mail."`
}

func (s *Server) listUsers(c *call, in accountsQuery) (accountsAnswer, error) {
	q := booking.UserQuery{ActiveOnly: in.Active, Search: in.Search, Limit: in.limit(), Skip: in.Skip}
	if in.Role != "" {
		q.Roles = []booking.Role{booking.Role(in.Role)}
	}
	found, err := s.opts.Auth.ListUsers(c.ctx, c.by(), q)
	if err != nil {
		return accountsAnswer{}, err
	}
	answer := accountsAnswer{page: newPage(len(found.Users), found.Total, q.Limit, q.Skip, false), Data: []account{}}
	for _, u := range found.Users {
		answer.Data = append(answer.Data, accountOf(u))
	}
	return answer, nil
}

type newStaff struct {
	registration
	Role string `json:"role" enum:"staff,admin" required:"true"`
}

func (s *Server) createStaff(c *call, in newStaff) (accountAnswer, error) {
	a := auth.Account{Name: in.Name, Email: in.Email, Password: in.Password, Phone: in.Phone}
	u, err := s.opts.Auth.CreateStaff(c.ctx, c.by(), a, booking.Role(in.Role))
	if err != nil {
		return accountAnswer{}, err
	}
	s.opts.Log.Info().Str("user_id", u.ID).Str("role", in.Role).Str("by", c.by().ID).Str("request_id", c.id).Msg("Staff account created")
	return accountAnswer{User: accountOf(u)}, nil
}

type userRef struct {
	ID string `path:"id"`
}

func (s *Server) readUser(c *call, in userRef) (accountAnswer, error) {
	u, err := s.opts.Auth.User(c.ctx, in.ID)
	return accountAnswer{User: accountOf(u)}, err
}

// userChange is what an admin changes of an account; what is left out stays.
type userChange struct {
	userRef
	profile
	Password *string `json:"password" text:"raw" minLength:"8" maxLength:"256" format:"password"`
	Role     *string `json:"role" enum:"customer,staff,admin" description:"Another role ends the user's tokens."`
	Active   *bool   `json:"active" description:"false keeps the user out and ends their tokens."`
}

func (s *Server) changeUser(c *call, in userChange) (accountAnswer, error) {
	change := auth.UserChange{
		Profile:  auth.Profile{Name: in.Name, Email: in.Email, Phone: in.Phone},
		Password: in.Password, Role: (*booking.Role)(in.Role), Active: in.Active,
	}
	u, err := s.opts.Auth.ChangeUser(c.ctx, c.by(), in.ID, change)
	if err != nil {
		return accountAnswer{}, err
	}
	s.opts.Log.Info().Str("user_id", u.ID).Str("role", string(u.Role)).Bool("active", u.Active).
		Str("by", c.by().ID).Str("request_id", c.id).Msg("Account changed")
	return accountAnswer{User: accountOf(u)}, nil
}
