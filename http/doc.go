// Package http is the desk on the wire: the REST API, the transports of Socket.IO, and what operators ask for. It is the
// only package that imports Fiber.
//
// A REST call is a row of the route table (Server.routes): who may ask, what goes in and what comes out as plain structs,
// and a function between the two that knows nothing of Fiber. Tags on the fields that go in say where each comes from and
// what it may be; the binding that reads them, the OpenAPI document and the documentation page are made of the same rows.
//
// Who may do what is the domain's to say: a row names the booking.Action that its callers must be permitted, and commands
// on a booking are decided by the desk. Every failure leaves through one place (failure.go) in one form.
package http
