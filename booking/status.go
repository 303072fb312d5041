package booking

import "slices"

// Status is where a booking stands.
type Status string

// The statuses. Completed is final; Cancelled can be reopened by an admin.
const (
	Pending   Status = "Pending"
	Scheduled Status = "Scheduled"
	Completed Status = "Completed"
	Cancelled Status = "Cancelled"
)

// Statuses lists every status, in the order of a booking's life.
func Statuses() []Status { return []Status{Pending, Scheduled, Completed, Cancelled} }

// transitions says which other status a status leads to. A change that keeps the status is not in it: while a booking is
// open, another assignee or a message is a change too (see Decide).
var transitions = map[Status][]Status{
	Pending:   {Scheduled, Completed, Cancelled},
	Scheduled: {Pending, Completed, Cancelled},
	Completed: {},
	Cancelled: {Pending},
}

// Valid reports whether s is one of the statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses(), s) }

// Open reports whether a booking with this status still has work to do.
func (s Status) Open() bool { return s == Pending || s == Scheduled }

// CanBecome reports whether a booking may go from s to another status. A status does not become itself.
func (s Status) CanBecome(to Status) bool { return slices.Contains(transitions[s], to) }
