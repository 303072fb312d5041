package booking

import "slices"

// The rooms of the desk. Every user has one more, named by the user's id. A socket's rooms follow from its principal.
const (
	StaffRoom = "staff-room" // staff and admins
	AdminRoom = "admin-room" // admins
	// EveryoneRoom holds every connected socket; only EventAudience "everyone" addresses it.
	EveryoneRoom = "*"
)

// RoomsOf returns the rooms a principal's sockets are in.
func RoomsOf(p Principal) []string {
	rooms := []string{p.ID}
	if Permit(p, ActJoinStaffRoom, nil) == nil {
		rooms = append(rooms, StaffRoom)
	}
	if Permit(p, ActJoinAdminRoom, nil) == nil {
		rooms = append(rooms, AdminRoom)
	}
	return rooms
}

// Audience is who is told an event. Who is in two of its parts is told once.
type Audience struct {
	Users    []string
	Staff    bool // staff and admins
	Admins   bool
	Everyone bool
}

// Rooms returns the rooms that hold the audience, each once.
func (a Audience) Rooms() []string {
	if a.Everyone {
		return []string{EveryoneRoom}
	}
	rooms := make([]string, 0, len(a.Users)+2)
	for _, user := range a.Users {
		if user != "" && !slices.Contains(rooms, user) {
			rooms = append(rooms, user)
		}
	}
	if a.Staff {
		rooms = append(rooms, StaffRoom)
	}
	if a.Admins {
		rooms = append(rooms, AdminRoom)
	}
	return rooms
}

// Without returns a without a user who is named in it. Rooms of many are what they are.
func (a Audience) Without(user string) Audience {
	a.Users = allBut(a.Users, user)
	return a
}

func allBut(ids []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(one string) bool { return one == id })
}

// Policy is what a deployment may choose about audiences.
type Policy struct {
	// Everyone sends bookingCreated and bookingUpdated to every connected socket, as the simplest deployments did.
	Everyone bool
}

func (p Policy) ownerAndStaff(b Booking) Audience {
	return Audience{Users: []string{b.CreatedBy}, Staff: true, Everyone: p.Everyone}
}

func owner(b Booking) Audience { return Audience{Users: []string{b.CreatedBy}} }

// Conversation is the audience of what is said on a booking: owner, assignee and admins.
func Conversation(b Booking) Audience {
	return Audience{Users: []string{b.CreatedBy, b.AssigneeID()}, Admins: true}
}
