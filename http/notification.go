package http

import (
	"fmt"

	"kapoor.example/desk/booking"
)

type notificationsQuery struct {
	After  string `query:"after" maxLength:"64" description:"The nextCursor of the page before."`
	Unread bool   `query:"unread" description:"Only those not read yet."`
	sized
}

type notificationsAnswer struct {
	ok
	Data       []booking.Notification `json:"data"`
	Unread     int                    `json:"unread" description:"Unread ones altogether."`
	NextCursor string                 `json:"nextCursor,omitempty"`
}

func (s *Server) notifications(c *call, in notificationsQuery) (notificationsAnswer, error) {
	if in.After != "" && !booking.ValidID(in.After) {
		return notificationsAnswer{}, booking.Invalid("after", "is not one this server gave out")
	}
	q := booking.NotificationQuery{UserID: c.by().ID, After: in.After, Unread: in.Unread, Limit: in.limit()}
	found, err := s.opts.Store.Notifications(c.ctx, q)
	if err != nil {
		return notificationsAnswer{}, fmt.Errorf("list notifications: %w", err)
	}
	return notificationsAnswer{Data: found.Notifications, Unread: found.Unread, NextCursor: found.Next}, nil
}
