package http

import (
	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// registration is what somebody fills in to get an account. A role in it does not count.
type registration struct {
	Name     string `json:"name" text:"raw" required:"true" maxLength:"100" example:"Asha Kapoor"`
	Email    string `json:"email" text:"raw" required:"true" maxLength:"254" format:"email" example:"asha@example.com"`
	Password string `json:"password" text:"raw" required:"true" minLength:"8" maxLength:"256" format:"password" description:"8 characters at least, 256 bytes at most; all of it counts."`
	Phone    string `json:"phone" text:"raw" maxLength:"32"`
}

type credentials struct {
	Email    string `json:"email" text:"raw" required:"true" example:"customer@example.com"`
	Password string `json:"password" text:"raw" required:"true" format:"password" example:"password123"`
}

type signedInAnswer struct {
	ok
	Message string       `json:"message"`
	Token   string       `json:"token" description:"For Authorization: Bearer, and for a socket's auth."`
	User    booking.User `json:"user"`
}

type userAnswer struct {
	ok
	User booking.User `json:"user"`
}

type messageAnswer struct {
	ok
	Message string `json:"message"`
}

func signedIn(in auth.SignedIn, message string) signedInAnswer {
	return signedInAnswer{Message: message, Token: in.Token, User: in.User}
}

func (s *Server) signUp(c *call, in registration) (signedInAnswer, error) {
	a := auth.Account{Name: in.Name, Email: in.Email, Password: in.Password, Phone: in.Phone}
	made, err := s.opts.Auth.Register(c.ctx, a, c.address)
	if err != nil {
		return signedInAnswer{}, err
	}
	s.opts.Log.Info().Str("user_id", made.User.ID).Str("request_id", c.id).Msg("User registered")
	return signedIn(made, "Your account is ready."), nil
}

func (s *Server) login(c *call, in credentials) (signedInAnswer, error) {
	found, err := s.opts.Auth.Login(c.ctx, in.Email, in.Password, c.address)
	if err != nil {
		return signedInAnswer{}, err
	}
	s.opts.Log.Info().Str("user_id", found.User.ID).Str("request_id", c.id).Msg("User signed in")
	return signedIn(found, "You are signed in."), nil
}

func (s *Server) me(c *call, _ nothing) (userAnswer, error) {
	u, err := s.opts.Auth.User(c.ctx, c.by().ID)
	return userAnswer{User: u}, err
}

// profile is what users change of their own accounts. What is left out stays; an empty phone is taken away.
type profile struct {
	Name  *string `json:"name" text:"raw" maxLength:"100"`
	Email *string `json:"email" text:"raw" maxLength:"254" format:"email"`
	Phone *string `json:"phone" text:"raw" maxLength:"32" nullable:"true"`
}

func (s *Server) updateProfile(c *call, in profile) (userAnswer, error) {
	u, err := s.opts.Auth.UpdateProfile(c.ctx, c.by().ID, auth.Profile{Name: in.Name, Email: in.Email, Phone: in.Phone})
	return userAnswer{User: u}, err
}

type passwordChange struct {
	Current string `json:"currentPassword" text:"raw" required:"true" format:"password"`
	Next    string `json:"newPassword" text:"raw" required:"true" minLength:"8" maxLength:"256" format:"password"`
}

func (s *Server) changePassword(c *call, in passwordChange) (signedInAnswer, error) {
	again, err := s.opts.Auth.ChangePassword(c.ctx, c.session, in.Current, in.Next, c.address)
	if err != nil {
		return signedInAnswer{}, err
	}
	s.opts.Log.Info().Str("user_id", c.by().ID).Str("request_id", c.id).Msg("Password changed")
	return signedIn(again, "Your password is changed. Other devices have to sign in again."), nil
}

func (s *Server) logout(c *call, _ nothing) (messageAnswer, error) {
	if err := s.opts.Auth.Logout(c.ctx, c.session); err != nil {
		return messageAnswer{}, err
	}
	return messageAnswer{Message: "You are signed out."}, nil
}
