package http_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

var filledIn = map[string]any{
	"name": "Asha Kapoor", "phone": "+91 98100 00000", "address": "12 Park Street", "brand": "LG", "model": "OLED C4",
}

func with(base map[string]any, more ...any) map[string]any {
	made := map[string]any{}
	for k, v := range base {
		made[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		made[more[i].(string)] = more[i+1]
	}
	return made
}

// step is a request and what it must come to. {id} and {code} in its path are the last booking's, {user} is owner's id.
type step struct {
	who, method, path string
	body              any
	headers           []string
	status            int
	want              map[string]any // members of the body, by names with dots; nil means absent
	told              string         // names of the events it causes
}

func TestScenarios(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"an account", []step{
			{nobody, "POST", "/api/v1/auth/register", map[string]any{"name": "New", "email": "New@Example.org", "password": "12345678", "role": "admin"}, nil, 201,
				map[string]any{"user.role": "customer", "user.email": "New@Example.org", "user.phone": nil, "user.PasswordHash": nil, "message": "Your account is ready."}, ""},
			{nobody, "POST", "/api/v1/auth/register", map[string]any{"name": "New", "email": "new@example.ORG", "password": "12345678"}, nil, 409, map[string]any{"code": "email_taken"}, ""},
			{nobody, "POST", "/api/v1/auth/login", map[string]any{"email": "new@example.org", "password": "12345678"}, nil, 200, map[string]any{"user.name": "New"}, ""},
			{owner, "GET", "/api/v1/auth/me", nil, nil, 200, map[string]any{"user.name": "Owner", "user.email": "owner@example.org"}, ""},
			{owner, "PUT", "/api/v1/auth/profile", map[string]any{"name": " Asha ", "phone": "1"}, nil, 200, map[string]any{"user.name": "Asha", "user.phone": "1"}, ""},
			{owner, "PUT", "/api/v1/auth/profile", map[string]any{"phone": nil}, nil, 200, map[string]any{"user.name": "Asha", "user.phone": nil}, ""},
			{owner, "PUT", "/api/v1/auth/profile", map[string]any{"email": "STAFF@example.org"}, nil, 409, map[string]any{"code": "email_taken"}, ""},
			{owner, "POST", "/api/v1/auth/change-password", map[string]any{"currentPassword": password, "newPassword": "battery staple"}, nil, 200, map[string]any{"user.name": "Asha"}, ""},
			{owner, "GET", "/api/v1/auth/me", nil, nil, 401, map[string]any{"code": "revoked_token"}, ""},
			{nobody, "POST", "/api/v1/auth/login", map[string]any{"email": "owner@example.org", "password": password}, nil, 401, map[string]any{"code": "unauthorized"}, ""},
			{nobody, "POST", "/api/v1/auth/login", map[string]any{"email": "owner@example.org", "password": "battery staple"}, nil, 200, nil, ""},
			{staff, "POST", "/api/v1/auth/logout", nil, nil, 200, nil, ""},
			{staff, "GET", "/api/v1/auth/me", nil, nil, 401, map[string]any{"code": "revoked_token"}, ""},
		}},
		{"a booking's life", []step{
			{owner, "POST", "/api/v1/bookings", with(filledIn, "invoiceNo", "INV-1", "preferredAt", "2025-04-01T10:00:00+05:30", "email", "a@example.com"), nil, 200, map[string]any{
				"booking.customerName": "Asha Kapoor", "booking.contactNumber": "+91 98100 00000", "booking.invoiceNumber": "INV-1",
				"booking.preferredDateTime": "2025-04-01T04:30:00.000Z", "booking.status": "Pending", "booking.version": 1.0, "booking.updates": []any{},
				"booking.assignedTo": nil, "booking.createdAt": "2025-03-01T12:00:00.000Z",
			}, "bookingCreated newBooking"},
			{owner, "GET", "/api/v1/bookings/{id}", nil, nil, 200, map[string]any{"booking.brand": "LG"}, ""},
			{owner, "GET", "/api/v1/bookings/{code}", nil, nil, 200, map[string]any{"booking.brand": "LG"}, ""},
			{owner, "PATCH", "/api/v1/bookings/{id}", map[string]any{"preferredAt": nil, "email": nil, "address": "13 Park Street", "version": 1}, nil, 200,
				map[string]any{"booking.preferredDateTime": nil, "booking.email": nil, "booking.invoiceNumber": "INV-1", "booking.address": "13 Park Street", "booking.version": 2.0}, "bookingUpdated"},
			{owner, "PATCH", "/api/v1/bookings/{id}", map[string]any{"address": "14 Park Street", "version": 1}, nil, 409, map[string]any{"code": "conflict", "booking.version": 2.0}, ""},
			{owner, "PATCH", "/api/v1/bookings/{id}", map[string]any{}, nil, 200, map[string]any{"booking.version": 2.0}, ""},
			{staff, "PATCH", "/api/v1/bookings/{code}/status", map[string]any{"status": "Scheduled", "message": "See you\non Monday", "assignedTo": "{staff}"}, nil, 200,
				map[string]any{"booking.status": "Scheduled", "booking.assignedTo.name": "Staff", "booking.assignedTo.email": "staff@example.org"}, "bookingUpdated bookingStatusChanged jobAssigned"},
			{staff, "PATCH", "/api/v1/bookings/{id}/status", map[string]any{"status": "Scheduled"}, nil, 200, map[string]any{"booking.version": 3.0}, ""},
			{owner, "PATCH", "/api/v1/bookings/{id}", map[string]any{"address": "1"}, nil, 403, map[string]any{"code": "forbidden"}, ""},
			{staff, "PATCH", "/api/v1/bookings/{id}/status", map[string]any{"assignedTo": nil}, nil, 200, map[string]any{"booking.assignedTo": nil, "booking.status": "Scheduled"}, "bookingUpdated"},
			{owner, "POST", "/api/v1/bookings/{id}/messages", map[string]any{"message": " When? ", "clientId": "c1"}, nil, 201, map[string]any{"message.message": "When?", "message.kind": "message", "message.readBy": []any{}}, "bookingMessage"},
			{owner, "POST", "/api/v1/bookings/{id}/messages", map[string]any{"message": " When? ", "clientId": "c1"}, nil, 201, map[string]any{"message.message": "When?"}, ""},
			{owner, "GET", "/api/v1/notifications", nil, nil, 200, map[string]any{"unread": 2.0}, ""},
			{staff, "GET", "/api/v1/notifications?unread=true&limit=1", nil, nil, 200, nil, ""},
			{owner, "PATCH", "/api/v1/bookings/{id}/status", map[string]any{"status": "Cancelled"}, nil, 200, map[string]any{"booking.status": "Cancelled"}, "bookingUpdated bookingStatusChanged"},
			{staff, "PATCH", "/api/v1/bookings/{id}/status", map[string]any{"status": "Completed"}, nil, 403, nil, ""},
			{admin, "PATCH", "/api/v1/bookings/{id}/status", map[string]any{"status": "Completed"}, nil, 409, map[string]any{"code": "invalid_transition"}, ""},
			{admin, "PATCH", "/api/v1/bookings/{id}/status", map[string]any{"status": "Pending"}, nil, 200, map[string]any{"booking.status": "Pending"}, "bookingUpdated bookingStatusChanged"},
		}},
		{"names as they are stored", []step{
			{owner, "POST", "/api/v1/bookings", map[string]any{
				"customerName": "Asha", "contactNumber": "1", "address": "a", "brand": "b", "model": "m", "invoiceNumber": "i", "preferredDateTime": "2025-04-01T10:00",
			}, nil, 200, map[string]any{"booking.customerName": "Asha", "booking.invoiceNumber": "i", "booking.preferredDateTime": "2025-04-01T10:00:00.000Z"}, "bookingCreated newBooking"},
			{owner, "PATCH", "/api/v1/bookings/{id}", map[string]any{"contactNumber": "2", "preferredDateTime": ""}, nil, 200, map[string]any{"booking.contactNumber": "2", "booking.preferredDateTime": nil}, "bookingUpdated"},
		}},
		{"an idempotency key", []step{
			{owner, "POST", "/api/v1/bookings", filledIn, []string{"Idempotency-Key", "k1"}, 200, map[string]any{"booking.version": 1.0}, "bookingCreated newBooking"},
			{owner, "POST", "/api/v1/bookings", filledIn, []string{"Idempotency-Key", "k1"}, 200, map[string]any{"booking._id": "{id}"}, ""},
			{owner, "POST", "/api/v1/bookings", map[string]any{ // the same, said otherwise
				"customerName": " Asha Kapoor ", "contactNumber": "+91 98100 00000", "address": "12 Park Street", "brand": "LG", "model": "OLED C4", "email": "", "preferredAt": nil,
			}, []string{"Idempotency-Key", "k1"}, 200, map[string]any{"booking._id": "{id}"}, ""},
			{owner, "POST", "/api/v1/bookings", with(filledIn, "brand", "Sony"), []string{"Idempotency-Key", "k1"}, 422, map[string]any{"code": "idempotency_key_reused"}, ""},
			{other, "POST", "/api/v1/bookings", with(filledIn, "brand", "Sony"), []string{"Idempotency-Key", "k1"}, 200, map[string]any{"booking.brand": "Sony"}, "bookingCreated newBooking"},
		}},
		{"staff", []step{
			{admin, "POST", "/api/v1/users", map[string]any{"name": "Ravi", "email": "ravi@example.org", "password": "12345678", "role": "staff"}, nil, 201, map[string]any{"user.role": "staff", "user.active": true}, ""},
			{admin, "POST", "/api/v1/users", map[string]any{"name": "Ravi", "email": "ravi@example.org", "password": "12345678", "role": "staff"}, nil, 409, nil, ""},
			{admin, "POST", "/api/v1/users", map[string]any{"name": "R", "email": "r@example.org", "password": "12345678", "role": "customer"}, nil, 400, map[string]any{"fields.role": "must be one of staff, admin"}, ""},
			{staff, "GET", "/api/v1/users", nil, nil, 200, map[string]any{"count": 3.0, "totalCount": 3.0, "totalPages": 1.0, "currentPage": 1.0}, ""},
			{staff, "GET", "/api/v1/users?role=customer", nil, nil, 403, nil, ""},
			{admin, "GET", "/api/v1/users?role=customer&search=ow", nil, nil, 200, map[string]any{"count": 1.0}, ""},
			{admin, "GET", "/api/v1/users?limit=2&skip=2", nil, nil, 200, map[string]any{"count": 2.0, "totalCount": 5.0, "totalPages": 3.0, "currentPage": 2.0}, ""},
			{admin, "GET", "/api/v1/users/{user}", nil, nil, 200, map[string]any{"user.name": "Owner"}, ""},
			{admin, "PATCH", "/api/v1/users/{user}", map[string]any{"role": "staff", "name": "Promoted"}, nil, 200, map[string]any{"user.role": "staff", "user.name": "Promoted"}, ""},
			{owner, "GET", "/api/v1/auth/me", nil, nil, 401, map[string]any{"code": "revoked_token"}, ""},
			{admin, "PATCH", "/api/v1/users/{user}", map[string]any{"active": false}, nil, 200, map[string]any{"user.active": false}, ""},
			{nobody, "POST", "/api/v1/auth/login", map[string]any{"email": "owner@example.org", "password": password}, nil, 401, nil, ""},
			{admin, "PATCH", "/api/v1/users/{admin}", map[string]any{"role": "staff"}, nil, 409, map[string]any{"code": "last_admin"}, ""},
			{admin, "PATCH", "/api/v1/users/nobody", map[string]any{"role": "staff"}, nil, 404, nil, ""},
		}},
		{"numbers", []step{
			{admin, "GET", "/api/v1/stats/overview", nil, nil, 200, map[string]any{"data.totalBookings": 0.0, "data.bookingsByBrand": []any{}, "data.recentBookings": []any{}}, ""},
			{admin, "GET", "/api/v1/stats/daily", nil, nil, 200, nil, ""},
			{nobody, "GET", "/health", nil, nil, 200, map[string]any{"status": "ok"}, ""},
			{nobody, "GET", "/healthz", nil, nil, 200, map[string]any{"status": "ok"}, ""},
			{nobody, "GET", "/readyz", nil, nil, 200, map[string]any{"status": "ok"}, ""},
			{nobody, "GET", "/version", nil, nil, 200, map[string]any{"version": "1.2.3"}, ""},
			{nobody, "GET", "/openapi.json", nil, nil, 200, map[string]any{"openapi": "3.0.3"}, ""},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := setup(t)
			var last booking.Booking
			for i, s := range tt.steps {
				a.play(t, i, s, &last)
			}
		})
	}
}

// play does one step of a scenario.
func (a *api) play(t *testing.T, i int, s step, last *booking.Booking) {
	t.Helper()
	fill := strings.NewReplacer("{id}", last.ID, "{code}", strings.ToLower(last.Code), "{user}", a.users[owner].ID, "{admin}", a.users[admin].ID, "{staff}", a.users[staff].ID)
	if body, ok := s.body.(map[string]any); ok {
		s.body = with(body)
		for k, v := range body {
			if text, ok := v.(string); ok {
				s.body.(map[string]any)[k] = fill.Replace(text)
			}
		}
	}
	a.store.told()
	r := a.ask(s.who, s.method, fill.Replace(s.path), s.body, s.headers...)
	what := fmt.Sprintf("step %d: %s %s", i+1, s.method, s.path)
	if r.status != s.status {
		t.Fatalf("%s: got %s, want %d", what, r, s.status)
	}
	if r.status >= 400 {
		wantFailure(t, r, s.status, fmt.Sprint(r.at("code")))
	} else if strings.HasPrefix(s.path, "/api/") && r.at("success") != true {
		t.Errorf("%s: no success: %s", what, r)
	}
	for path, want := range s.want {
		if text, ok := want.(string); ok {
			want = fill.Replace(text)
		}
		if got := r.at(path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s is %v, want %v", what, path, got, want)
		}
	}
	if told := strings.Join(a.store.told(), " "); told != s.told {
		t.Errorf("%s: told %q, want %q", what, told, s.told)
	}
	if id, ok := r.at("booking._id").(string); ok {
		b, err := a.store.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		*last = b
	}
	a.advance(time.Second)
}
