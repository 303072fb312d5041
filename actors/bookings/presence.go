package bookings

import (
	"slices"
	"time"

	"kapoor.example/desk/actors"
	"kapoor.example/desk/booking"
)

var presenceKind = actors.Kind{Name: "presence", Directive: actors.Resume, Singleton: true}

const (
	// maxOnline bounds what presence answers.
	maxOnline = 500
	// maxArrivals bounds the look-ups for people who come and go, at once.
	maxArrivals = 8
)

// presence tells who comes and goes, on this server or, of a cluster, on any. Whom it concerns may have to be asked from the store; what happens to a user
// meanwhile waits, and only the newest of it is told.
type presence struct {
	sockets *Sockets
	pid     *actors.PID
	asking  map[string]*arrival // by user; from a look-up's request to its answer
	waiting []string            // users to look up
	running int

	self   *self // nil without a cluster
	roster *roster
	timer  *actors.Timer // to the next beat
	told   bool          // the whole list was sent since the last one
}

// arrival is what is to be told of a user whose audience is being asked for.
type arrival struct {
	now  came
	next *came // what happened since
}

// PresencePayload is what userOnline and userOffline carry.
type PresencePayload struct {
	UserID string       `json:"userId"`
	At     booking.Time `json:"at"`
}

// Messages of presence.
type (
	came struct {
		user   string
		online bool
		at     time.Time
	}
	// here is that a user came or went on this server.
	here          came
	audienceFound struct {
		user  string
		rooms []string
	}
)

func startPresence(f *Sockets) *presence {
	p := &presence{sockets: f, asking: map[string]*arrival{}, roster: newRoster()}
	p.pid = f.system.Spawn(presenceKind, "presence", p)
	return p
}

// Receive implements actors.Receiver.
func (p *presence) Receive(c *actors.Context) {
	switch msg := c.Message().(type) {
	case here:
		p.here(came(msg))
	case nodeSaid:
		p.said(msg)
	case beat:
		p.beat()
	case actors.Stopped:
		p.timer.Stop()
	case audienceFound:
		p.found(msg)
	}
}

// Failed lets the users behind a lost answer go on.
func (p *presence) Failed(msg any) {
	if found, ok := msg.(audienceFound); ok {
		delete(p.asking, found.user)
		p.ask()
	}
}

func (p *presence) came(msg came) {
	if a := p.asking[msg.user]; a != nil {
		a.next = &msg
		return
	}
	if who, ok := p.sockets.opts.Directory.Cached(msg.user); ok && !who.Role.Works() {
		p.tell(msg, []string{booking.StaffRoom}) // nobody is assigned to a customer
		return
	}
	p.asking[msg.user] = &arrival{now: msg}
	p.waiting = append(p.waiting, msg.user)
	p.ask()
}

// ask starts as many look-ups as may run.
func (p *presence) ask() {
	for len(p.waiting) > 0 && p.running < maxArrivals {
		user := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.running++
		p.sockets.spawn(func() { p.sockets.system.Send(p.pid, audienceFound{user, p.sockets.audience(user)}) })
	}
}

func (p *presence) found(msg audienceFound) {
	p.running--
	a := p.asking[msg.user]
	delete(p.asking, msg.user)
	p.ask()
	if a == nil {
		return
	}
	p.tell(a.now, msg.rooms)
	if a.next != nil && a.next.online != a.now.online {
		p.came(*a.next)
	}
}

func (p *presence) tell(c came, rooms []string) {
	name := booking.EventUserOffline
	if c.online {
		name = booking.EventUserOnline
	}
	// Every server tells its own sockets: each knows who is online anywhere.
	p.sockets.emitHere(rooms, name, PresencePayload{UserID: c.user, At: booking.At(c.at)})
}

// audience asks the store who is told that a user comes or goes. It runs outside of actors. Where the store does not
// answer the staff are told at least.
func (f *Sockets) audience(user string) (rooms []string) {
	rooms = []string{booking.StaffRoom}
	defer f.recovered(func() {})
	ctx, cancel := f.timeout()
	defer cancel()
	who, err := f.opts.Directory.Principal(ctx, user)
	if err != nil || !who.Role.Works() {
		f.failed(err).Str("user_id", user).Msg("Whom presence concerns could not be found out")
		return rooms
	}
	owners, err := f.store.OpenOwners(ctx, user)
	if err != nil {
		f.failed(err).Str("user_id", user).Msg("Whom presence concerns could not be found out")
		return rooms
	}
	return append(rooms, owners...)
}

// present answers who is online of those the sender may see. It may block.
func (f *Sockets) present(r *request) {
	if booking.Permit(r.by, booking.ActSeeEveryone, nil) == nil {
		online := f.presence.roster.online(f.server.Online(maxOnline), maxOnline)
		r.accept(accepted{Online: online})
		return
	}
	ctx, cancel := f.timeout()
	defer cancel()
	assignees, err := f.store.OpenAssignees(ctx, r.by.ID)
	if err != nil {
		f.fail(r, err)
		return
	}
	online := []string{}
	for _, user := range assignees {
		if !f.server.IsOnline(user) && !f.presence.roster.elsewhere(user) {
			continue
		}
		who, err := f.opts.Directory.Principal(ctx, user)
		if err != nil && booking.CodeOf(err) != booking.CodeUnauthorized {
			f.fail(r, err)
			return
		}
		if who.Role.Works() && len(online) < maxOnline { // an assignment outlives the role, and whose account is closed is about to go
			online = append(online, user)
		}
	}
	slices.Sort(online)
	r.accept(accepted{Online: online})
}
