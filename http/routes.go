package http

import (
	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/booking"
)

const (
	get   = fiber.MethodGet
	post  = fiber.MethodPost
	put   = fiber.MethodPut
	patch = fiber.MethodPatch
)

// table is every route of the server but those of Socket.IO. Where two match, the first one is taken.
func (s *Server) table() []route {
	const (
		accounts = "Account"
		bookings = "Bookings"
		desk     = "Desk"
		users    = "Users"
		ops      = "Operations"
	)
	some := booking.ActRead // of bookings; which, the domain decides
	own := booking.ActOwnAccount
	routes := []route{
		{post, base + "/auth/register", anyone, 201, accounts, "Make a customer's account and sign in", does(s.signUp), false},
		{post, base + "/auth/login", anyone, 200, accounts, "Sign in", does(s.login), false},
		{get, base + "/auth/me", own, 200, accounts, "Who am I", does(s.me), false},
		{put, base + "/auth/profile", own, 200, accounts, "Change name, e-mail or phone", does(s.updateProfile), false},
		{post, base + "/auth/change-password", own, 200, accounts, "Change the password; every other token ends", does(s.changePassword), false},
		{post, base + "/auth/logout", own, 200, accounts, "End this token", does(s.logout), false},

		{post, base + "/bookings", booking.ActCreate, 200, bookings, "Make a booking", does(s.createBooking), false},
		{get, base + "/bookings/user", booking.ActListOwn, 200, bookings, "List one's own bookings, newest first", does(s.listOwn), false},
		{get, base + "/bookings/export.csv", booking.ActExport, 200, bookings, "Export bookings as CSV", does(s.export), false},
		{get, base + "/bookings", booking.ActListAll, 200, bookings, "List bookings", does(s.listAll), false},
		{get, base + "/bookings/:id", some, 200, bookings, "Read a booking with its timeline", does(s.readBooking), false},
		{patch, base + "/bookings/:id/status", some, 200, bookings, "Change status or assignee, cancel, reopen", does(s.changeStatus), false},
		{patch, base + "/bookings/:id", some, 200, bookings, "Reschedule or correct a booking", does(s.editBooking), false},
		{post, base + "/bookings/:id/messages", some, 201, bookings, "Write a message on a booking", does(s.addMessage), false},

		{get, base + "/notifications", own, 200, desk, "What others did, newest first", does(s.notifications), false},
		{get, base + "/stats/overview", booking.ActStats, 200, desk, "The desk in numbers", does(s.overview), false},
		{get, base + "/stats/daily", booking.ActStats, 200, desk, "The last seven days", does(s.daily), false},

		{get, base + "/users", booking.ActListStaff, 200, users, "List accounts; staff see those bookings can be assigned to", does(s.listUsers), false},
		{post, base + "/users", booking.ActManageUsers, 201, users, "Make an account for staff or an admin", does(s.createStaff), false},
		{get, base + "/users/:id", booking.ActManageUsers, 200, users, "Read an account", does(s.readUser), false},
		{patch, base + "/users/:id", booking.ActManageUsers, 200, users, "Change an account, its role or activation", does(s.changeUser), false},

		{get, "/health", anyone, 200, ops, "Whether the process lives", does(s.health), true},
		{get, "/healthz", anyone, 200, ops, "Whether the process lives", does(s.health), true},
		{get, "/readyz", anyone, 200, ops, "Whether the server takes requests", does(s.ready), true},
		{get, "/version", anyone, 200, ops, "Which version this is", does(s.version), true},
		{get, "/openapi.json", anyone, 200, ops, "This API, for programs", sends(fiber.MIMEApplicationJSON, new(map[string]any), s.sendDocument), true},
		{get, "/docs", anyone, 200, ops, "This API, for people", sends(fiber.MIMETextHTML, new(string), s.sendDocs), true},
	}
	if s.opts.Metrics != nil {
		routes = append(routes, route{get, "/metrics", anyone, 200, ops, "Figures for Prometheus", sends(fiber.MIMETextPlain, new(string), s.sendMetrics), true})
	}
	return routes
}
