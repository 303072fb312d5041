package http_test

import (
	"strings"
	"testing"

	"kapoor.example/desk/booking"
)

// right is what a route answers whom. A zero status is not asked.
type right struct {
	route string
	body  any
	// status of the booking that {id} names before the request; "" means Pending.
	status booking.Status

	nobody, customer, staff, admin int
	// foreign is what a customer gets for another customer's booking, and unknown what everybody signed in gets for one
	// that there is not. Only for routes with an :id.
	foreign, unknown int
	// once says that the request can be made only once on a desk.
	once bool
}

func rights() []right {
	detail := map[string]any{"address": "x"}
	to := func(s booking.Status) map[string]any { return map[string]any{"status": s} }
	return []right{
		{route: "POST /api/v1/auth/register", body: map[string]any{"name": "N", "email": "n@example.org", "password": "12345678"}, nobody: 201, customer: 201, staff: 201, once: true, admin: 201},
		{route: "POST /api/v1/auth/login", body: map[string]any{"email": "owner@example.org", "password": password}, nobody: 200, customer: 200, staff: 200, admin: 200},
		{route: "GET /api/v1/auth/me", nobody: 401, customer: 200, staff: 200, admin: 200},
		{route: "PUT /api/v1/auth/profile", body: map[string]any{"phone": "1"}, nobody: 401, customer: 200, staff: 200, admin: 200},
		{route: "POST /api/v1/auth/change-password", body: map[string]any{"currentPassword": password, "newPassword": "battery staple"}, nobody: 401, customer: 200, staff: 200, once: true, admin: 200},
		{route: "POST /api/v1/auth/logout", nobody: 401, customer: 200, staff: 200, once: true, admin: 200},

		{route: "POST /api/v1/bookings", body: filledIn, nobody: 401, customer: 200, staff: 200, admin: 200},
		{route: "GET /api/v1/bookings/user", nobody: 401, customer: 200, staff: 200, admin: 200},
		{route: "GET /api/v1/bookings", nobody: 401, customer: 403, staff: 200, admin: 200},
		{route: "GET /api/v1/bookings/export.csv", nobody: 401, customer: 403, staff: 403, admin: 200},
		{route: "GET /api/v1/bookings/:id", nobody: 401, customer: 200, staff: 200, admin: 200, foreign: 404, unknown: 404},

		{route: "PATCH /api/v1/bookings/:id", body: detail, nobody: 401, customer: 200, staff: 200, admin: 200, foreign: 404, unknown: 404},
		{route: "PATCH /api/v1/bookings/:id", status: booking.Scheduled, body: detail, customer: 403, staff: 200, admin: 200, foreign: 404},
		{route: "PATCH /api/v1/bookings/:id/status", body: to(booking.Cancelled), nobody: 401, customer: 200, staff: 200, admin: 200, foreign: 404, unknown: 404},
		{route: "PATCH /api/v1/bookings/:id/status", status: booking.Scheduled, body: to(booking.Cancelled), customer: 200, staff: 200, admin: 200, foreign: 404},
		{route: "PATCH /api/v1/bookings/:id/status", body: to(booking.Scheduled), nobody: 401, customer: 403, staff: 200, admin: 200, foreign: 404, unknown: 404},
		{route: "PATCH /api/v1/bookings/:id/status", body: to(booking.Completed), nobody: 401, customer: 403, staff: 200, admin: 200, foreign: 404, unknown: 404},
		{route: "PATCH /api/v1/bookings/:id/status", body: map[string]any{"message": "x"}, nobody: 401, customer: 403, staff: 200, admin: 200, foreign: 404, unknown: 404},
		{route: "PATCH /api/v1/bookings/:id/status", body: map[string]any{"assignedTo": "{staff}"}, nobody: 401, customer: 403, staff: 200, admin: 200, foreign: 404, unknown: 404},
		// Who may not assign is not told whether an id is a member of the staff: the same answer for one that is not.
		{route: "PATCH /api/v1/bookings/:id/status", body: map[string]any{"assignedTo": "{owner}"}, nobody: 401, customer: 403, staff: 400, admin: 400, foreign: 404},
		{route: "PATCH /api/v1/bookings/:id/status", body: map[string]any{"status": "Cancelled", "assignedTo": nil}, customer: 403, staff: 200, admin: 200, foreign: 404},
		{route: "PATCH /api/v1/bookings/:id/status", status: booking.Cancelled, body: to(booking.Pending), customer: 403, staff: 403, admin: 200, foreign: 404},
		{route: "PATCH /api/v1/bookings/:id/status", status: booking.Cancelled, body: to(booking.Cancelled), customer: 200, staff: 200, admin: 200, foreign: 404},
		{route: "PATCH /api/v1/bookings/:id/status", status: booking.Completed, body: to(booking.Cancelled), customer: 409, staff: 409, admin: 409, foreign: 404},
		{route: "PATCH /api/v1/bookings/:id/status", status: booking.Completed, body: to(booking.Pending), customer: 403, staff: 409, admin: 409, foreign: 404},
		{route: "POST /api/v1/bookings/:id/messages", body: map[string]any{"message": "x"}, nobody: 401, customer: 201, staff: 201, admin: 201, foreign: 404, unknown: 404},

		{route: "GET /api/v1/notifications", nobody: 401, customer: 200, staff: 200, admin: 200},
		{route: "GET /api/v1/stats/overview", nobody: 401, customer: 403, staff: 403, admin: 200},
		{route: "GET /api/v1/stats/daily", nobody: 401, customer: 403, staff: 403, admin: 200},

		{route: "GET /api/v1/users", nobody: 401, customer: 403, staff: 200, admin: 200},
		{route: "POST /api/v1/users", body: map[string]any{"name": "N", "email": "n@example.org", "password": "12345678", "role": "staff"}, nobody: 401, customer: 403, staff: 403, once: true, admin: 201},
		{route: "GET /api/v1/users/:user", nobody: 401, customer: 403, staff: 403, admin: 200},
		{route: "PATCH /api/v1/users/:user", body: map[string]any{"role": "admin"}, nobody: 401, customer: 403, staff: 403, once: true, admin: 200},

		{route: "GET /health", nobody: 200, customer: 200, staff: 200, admin: 200},
		{route: "GET /healthz", nobody: 200, customer: 200, staff: 200, admin: 200},
		{route: "GET /readyz", nobody: 200, customer: 200, staff: 200, admin: 200},
		{route: "GET /version", nobody: 200, customer: 200, staff: 200, admin: 200},
		{route: "GET /openapi.json", nobody: 200, customer: 200, staff: 200, admin: 200},
		{route: "GET /docs", nobody: 200, customer: 200, staff: 200, admin: 200},
	}
}

// Every route of the router has a row: who adds a route says here who may call it.
func TestEveryRouteHasItsRights(t *testing.T) {
	rows := map[string]bool{}
	for _, r := range rights() {
		rows[strings.Replace(r.route, ":user", ":id", 1)] = true
	}
	a := setup(t)
	known := map[string]bool{}
	for _, r := range a.server.App().GetRoutes(true) {
		name := strings.Replace(r.Method, "HEAD", "GET", 1) + " " + r.Path
		if known[name] = true; !rows[name] {
			t.Errorf("%s has no row", name)
		}
	}
	for name := range rows {
		if !known[name] {
			t.Errorf("there is no route %s", name)
		}
	}
}

func TestAuthorisation(t *testing.T) {
	for _, r := range rights() {
		name := r.route
		if r.status != "" {
			name += " of a " + string(r.status) + " booking"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object := strings.Contains(r.route, ":id")
			a := setup(t)
			for _, one := range []struct {
				who, of string
				want    int
			}{
				{nobody, owner, r.nobody}, {owner, owner, r.customer}, {staff, owner, r.staff}, {admin, owner, r.admin},
				{other, owner, r.foreign},
				{owner, nobody, r.unknown}, {staff, nobody, r.unknown}, {admin, nobody, r.unknown},
			} {
				if one.want == 0 {
					continue
				}
				if !object && (one.who == other || one.of == nobody) {
					t.Fatalf("a route without a booking has an answer for foreign or unknown ones")
				}
				if r.once {
					a = setup(t)
				}
				r.check(t, a, one.who, one.of, one.want)
			}
			if object && (r.foreign == 0) {
				t.Error("what does a customer get for another's booking?")
			}
		})
	}
}

// check sends one request, about a booking of its own.
func (r right) check(t *testing.T, a *api, who, of string, want int) {
	t.Helper()
	id := booking.NewID(a.now())
	if of != nobody {
		id = a.bookingWith(owner, r.status).ID
	}
	method, path, _ := strings.Cut(r.route, " ")
	path = strings.NewReplacer(":id", id, ":user", a.users[owner].ID).Replace(path)
	body := r.body
	if members, ok := body.(map[string]any); ok {
		members = with(members)
		switch members["assignedTo"] {
		case "{staff}":
			members["assignedTo"] = a.users[staff].ID
		case "{owner}":
			members["assignedTo"] = a.users[owner].ID
		}
		body = members
	}
	before := a.store.stored()
	got := a.ask(who, method, path, body)
	if got.status != want {
		t.Errorf("%s for a booking of %s: got %s, want %d", orNobody(who), orNobody(of), got, want)
		return
	}
	if want >= 400 {
		wantFailure(t, got, want, got.at("code").(string))
		if after := a.store.stored(); after != before {
			t.Errorf("%s: refused, but stored: %v → %v", orNobody(who), before, after)
		}
	}
	if method == "GET" {
		if head := a.ask(who, "HEAD", path, nil); head.status != want || head.raw != "" {
			t.Errorf("%s: HEAD %s, GET %d", orNobody(who), head, want)
		}
	}
}

func orNobody(who string) string {
	if who == nobody {
		return "nobody"
	}
	return who
}

// bookingWith makes a booking and brings it to a status.
func (a *api) bookingWith(who string, s booking.Status) booking.Booking {
	a.t.Helper()
	b := a.mustBooking(who)
	if s == "" || s == booking.Pending {
		return b
	}
	outcome, err := a.store.Execute(a.t.Context(), booking.Command{
		ID: booking.NewID(a.now()), BookingID: b.ID, By: a.users[admin].Principal(), Do: booking.ChangeStatus{Status: s},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.store.told()
	return outcome.Booking
}
