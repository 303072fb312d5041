package http

import (
	"fmt"

	"kapoor.example/desk/booking"
)

type overviewAnswer struct {
	ok
	Data booking.Overview `json:"data"`
}

func (s *Server) overview(c *call, _ nothing) (overviewAnswer, error) {
	data, err := s.opts.Store.Overview(c.ctx, s.opts.Now().In(s.opts.TimeZone))
	if err != nil {
		return overviewAnswer{}, fmt.Errorf("read overview: %w", err)
	}
	return overviewAnswer{Data: data}, nil
}

type dailyAnswer struct {
	ok
	Data []booking.DayCount `json:"data" description:"Oldest first, days without bookings included."`
}

func (s *Server) daily(c *call, _ nothing) (dailyAnswer, error) {
	data, err := s.opts.Store.Daily(c.ctx, s.opts.Now().In(s.opts.TimeZone))
	if err != nil {
		return dailyAnswer{}, fmt.Errorf("read days: %w", err)
	}
	return dailyAnswer{Data: data}, nil
}
