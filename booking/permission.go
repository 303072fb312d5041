package booking

// Action is something a caller may want to do. REST routes and socket events each name one; Permit decides.
type Action string

// The actions.
const (
	ActCreate        Action = "create a booking"
	ActRead          Action = "read a booking"
	ActListOwn       Action = "list own bookings"
	ActListAll       Action = "list all bookings"
	ActExport        Action = "export bookings"
	ActCancel        Action = "cancel a booking"
	ActEdit          Action = "reschedule or correct a booking"
	ActChange        Action = "change status or assignee" // without reopening, see ActReopen
	ActReopen        Action = "reopen a booking"
	ActMessage       Action = "write a message"
	ActMarkRead      Action = "mark an entry as read"
	ActType          Action = "type on a booking"
	ActStats         Action = "read the statistics"
	ActListStaff     Action = "list the staff"
	ActManageUsers   Action = "manage users"
	ActOwnAccount    Action = "use the own account" // profile, password, logout, notifications, presence
	ActSeeEveryone   Action = "see everybody's presence"
	ActJoinStaffRoom Action = "join the staff room"
	ActJoinAdminRoom Action = "join the admin room"
)

// Permit returns nil when p may do a, else an *Error: CodeNotFound when b is not for p to see, CodeForbidden when it is
// but the action is not p's. b is nil for actions that concern no booking.
//
// Permit says who may; whether the booking's status leads there is Decide's to say.
func Permit(p Principal, a Action, b *Booking) error {
	if b != nil && !CanSee(p, *b) {
		return Errorf(CodeNotFound, "There is no such booking.")
	}
	if permitted(p, a, b) {
		return nil
	}
	if a == ActEdit && p.Role == Customer {
		return Errorf(CodeForbidden, "You can change a booking only while it is pending. Write a message instead.")
	}
	return Errorf(CodeForbidden, "You are not allowed to %s.", a)
}

// CanSee reports whether p may read b, its timeline and its messages.
func CanSee(p Principal, b Booking) bool {
	return p.Role.Works() || p.Role == Customer && p.ID != "" && b.CreatedBy == p.ID
}

func permitted(p Principal, a Action, b *Booking) bool {
	if !p.Role.Valid() || p.ID == "" {
		return false
	}
	switch a {
	case ActCreate, ActRead, ActListOwn, ActMessage, ActMarkRead, ActType, ActCancel, ActOwnAccount:
		return true
	case ActEdit:
		return p.Role.Works() || b != nil && b.Status == Pending
	case ActListAll, ActChange, ActListStaff, ActSeeEveryone, ActJoinStaffRoom:
		return p.Role.Works()
	case ActReopen, ActStats, ActExport, ActManageUsers, ActJoinAdminRoom:
		return p.Role == Admin
	}
	return false
}

// Participants returns the user ids that take part in a booking besides the admins: its owner and its assignee, each
// once, without the user except.
func (b Booking) Participants(except string) []string {
	var ids []string
	if b.CreatedBy != except {
		ids = append(ids, b.CreatedBy)
	}
	if a := b.AssigneeID(); a != "" && a != except && a != b.CreatedBy {
		ids = append(ids, a)
	}
	return ids
}
