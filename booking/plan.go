package booking

import (
	"slices"
	"time"
)

// Commit is what a decided command comes to, for a Store to write in one piece.
type Commit struct {
	// Expected is the revision the commit was decided on; 0 makes a new booking.
	Expected uint64
	Before   Booking // the zero Booking for a new one
	After    Booking
	// Event is what was decided; nil when the command changes nothing: then there is nothing to write.
	Event         Event
	Notices       []Notice       // in the order in which they get their positions
	Notifications []Notification // new ones
	// Key makes the commit of a new booking happen once; nil for none.
	Key *IdempotencyKey
}

// Plan decides a command and works out everything that follows. It is pure.
func Plan(b Booking, c Command, now time.Time, policy Policy) (Commit, error) {
	event, err := Decide(b, c, now)
	if err != nil {
		return Commit{}, err
	}
	if event == nil {
		return Commit{Expected: b.Revision, Before: b, After: b}, nil
	}
	after := Apply(b, event)
	told, err := notices(b, after, event, c, policy)
	if err != nil {
		return Commit{}, err
	}
	return Commit{
		Expected: b.Revision, Before: b, After: after, Event: event,
		Notices: told, Notifications: notifications(b, after, event), Key: c.Key,
	}, nil
}

// Assignees returns to whom the booking is, or was until now, assigned, each once, where the commit tells them something by
// name as such. Its owner is not among them. An assignment outlives its assignee's role: whoever knows the roles asks CanSee
// about each, and leaves out who may see the booking no more (see Without).
func (c Commit) Assignees() []string {
	if _, read := c.Event.(EntryRead); read || c.Event == nil {
		return nil // what was read is told to the author
	}
	var ids []string
	for _, id := range []string{c.Before.AssigneeID(), c.After.AssigneeID()} {
		if id != "" && id != c.After.CreatedBy && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Without returns c as it is told to all but one user.
func (c Commit) Without(user string) Commit {
	notices := make([]Notice, 0, len(c.Notices))
	for _, n := range c.Notices {
		if n.Rooms = allBut(n.Rooms, user); len(n.Rooms) > 0 {
			notices = append(notices, n)
		}
	}
	c.Notices = notices
	c.Notifications = slices.DeleteFunc(slices.Clone(c.Notifications), func(n Notification) bool { return n.UserID == user })
	return c
}

// Outcome is what a command came to, for whoever sent it.
type Outcome struct {
	Booking Booking
	// Entry is the timeline entry the command made, or made when it came before (see AddMessage.ClientID); nil for none.
	Entry *Entry
	// Changed is false when the command changed nothing.
	Changed bool
	// Heard is who is told what is said on the booking; only for who looks at it to say something.
	Heard Audience
}

// OutcomeOf returns what c came to, given the booking as it is afterwards.
func OutcomeOf(c Command, after Booking, changed bool) Outcome {
	o := Outcome{Booking: after, Changed: changed}
	if o.Entry = after.Entry(c.ID); o.Entry == nil {
		if m, ok := c.Do.(AddMessage); ok {
			o.Entry = after.sent(c.By.ID, m.ClientID)
		}
	}
	return o
}
