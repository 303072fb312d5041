package bookings

import (
	"strings"
	"testing"

	"kapoor.example/desk/booking"
)

func TestGate(t *testing.T) {
	for _, row := range []struct {
		name, auth string
		code       string // "" for a connection that is closed
	}{
		{"no payload", ``, TokenMissing},
		{"no token", `{}`, TokenMissing},
		{"an empty token", `{"token":""}`, TokenMissing},
		{"null", `{"token":null}`, TokenMissing},
		{"a number", `{"token":5}`, TokenInvalid},
		{"an object", `{"token":{"$gt":""}}`, TokenInvalid},
		{"an unknown token", `{"token":"mallory"}`, TokenInvalid},
		{"a long token", `{"token":"` + strings.Repeat("x", 100_000) + `"}`, TokenInvalid},
		{"an expired token", `{"token":"expired"}`, TokenExpired},
		{"a revoked token", `{"token":"revoked"}`, TokenRevoked},
		{"a refusal that is not final", `{"token":"overload"}`, ""},
		{"a store that fails", `{"token":"down"}`, ""},
		{"a session of nobody", `{"token":"nobody"}`, ""},
		{"a panic", `{"token":"panic"}`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := setupSockets(t, nil)
			c := s.connecting(row.auth)
			if row.code == "" {
				eventually(t, "connection closed", c.isClosed)
				if refusals := c.received("44"); len(refusals) > 0 {
					t.Errorf("a final answer: %s", refusals)
				}
				return
			}
			if got, want := c.await("44", 1), `{"message":"Authentication error","data":{"code":"`+row.code+`"}}`; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if !strings.Contains(s.log.String(), "Socket refused") {
				t.Error("not logged")
			}
			// They all counted as one, and nobody saw whether tokens were tried or had merely expired.
			if refused := s.server.Figures().Refused; len(refused) != 1 || refused[row.code] != 1 {
				t.Errorf("counted as %v", refused)
			}
		})
	}
}

func TestExpiryClosesWithoutDisconnect(t *testing.T) {
	s := setupSockets(t, nil)
	c := s.connecting(`{"token":"short"}`)
	eventually(t, "connection closed", c.isClosed)
	if len(c.received("41")) > 0 || len(c.received("44")) > 0 {
		t.Error("the client would not come back")
	}
}

func TestAnonymous(t *testing.T) {
	s := setupSockets(t, func(o *SocketOptions) { o.Anonymous = true })
	c := s.connecting("")
	c.await("40", 1)
	b := s.mustCreate(t, asha)
	s.flush()
	for _, row := range []struct {
		event, args string
		code        booking.Code
	}{
		{EventJoin, `"asha"`, ""},
		{EventJoin, `"staff-room"`, booking.CodeForbidden},
		{EventJoin, `"admin-room"`, booking.CodeForbidden},
		{EventJoin, `"*"`, booking.CodeForbidden},
		{EventTyping, `{"bookingId":"` + b.ID + `"}`, booking.CodeUnauthorized},
		{EventSendMessage, `{"bookingId":"` + b.ID + `","message":"x"}`, booking.CodeUnauthorized},
		{EventMessageRead, `{"bookingId":"` + b.ID + `","messageId":"x"}`, booking.CodeUnauthorized},
		{EventPresence, "", booking.CodeUnauthorized},
	} {
		if a := c.ask(row.event, row.args); a.OK != (row.code == "") || a.Code != row.code {
			t.Errorf("%s %s: %+v", row.event, row.args, a)
		}
	}
	s.mustDo(asha, b.ID, booking.AddMessage{Message: "x"})
	s.flush()
	if len(c.events(booking.EventBookingMessage)) != 1 || len(c.events(booking.EventBookingCreated)) != 0 {
		t.Error("the joined room's events did not come, or others did")
	}
	bad := s.connecting(`{"token":"mallory"}`)
	bad.await("44", 1)
}
