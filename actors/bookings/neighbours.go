package bookings

import (
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"kapoor.example/desk/actors/realtime"
)

// wordEvent is the event by which servers tell each other who is online.
const wordEvent = "desk:presence"

// The kinds of words.
const (
	wordBeat   = "beat"   // the server is there, and Number is that of its last change
	wordChange = "change" // Users came or went
	wordList   = "list"   // a part of all that are online, as of Number
	wordAsk    = "ask"    // the server of the name Of is to send its list; all are, where that is empty
)

const (
	// silence is how many beats have to fail until a server counts as gone.
	silence = 7
	// partSize is how many users a part of a list has.
	partSize = 2_000
)

// word is what servers tell each other. They may be lost: what has a number is asked for again.
type word struct {
	Node   string   `json:"node"`
	Kind   string   `json:"kind"`
	Number uint64   `json:"number,omitempty"`
	Of     string   `json:"of,omitempty"`
	Users  []string `json:"users,omitempty"`
	Online bool     `json:"online,omitempty"`
	Part   int      `json:"part,omitempty"`
	Last   bool     `json:"last,omitempty"`
}

// Messages of presence in a cluster.
type (
	nodeSaid struct{ word }
	beat     struct{}
)

// self is this server as the others know it.
type self struct {
	name   string
	number uint64
	users  map[string]struct{}
}

// join has the servers of a cluster tell each other who is online. Without a cluster it does nothing.
func (p *presence) join() {
	f := p.sockets
	if f.opts.CutOff == nil {
		return
	}
	p.self = &self{name: rand.Text(), users: map[string]struct{}{}}
	f.space.OnServerSide(wordEvent, func(e *realtime.ServerEvent) {
		var w word
		if err := e.Args.Bind(0, &w); err != nil || w.Node == "" {
			f.opts.Log.Warn().Err(err).Msg("Another server says what is not understood")
			return
		}
		f.system.Send(p.pid, nodeSaid{w})
	})
	f.system.Send(p.pid, beat{})
}

// here takes in that a user came to this server, or went.
func (p *presence) here(c came) {
	if p.self != nil {
		p.self.number++
		if c.online {
			p.self.users[c.user] = struct{}{}
		} else {
			delete(p.self.users, c.user)
		}
		p.say(word{Kind: wordChange, Number: p.self.number, Users: []string{c.user}, Online: c.online})
		if p.roster.elsewhere(c.user) {
			return // nothing changes for anybody
		}
	}
	p.came(c)
}

// said takes in what another server says.
func (p *presence) said(msg nodeSaid) {
	if msg.Node == p.self.name {
		return
	}
	if msg.Kind == wordAsk {
		if (msg.Of == "" || msg.Of == p.self.name) && !p.told {
			p.list()
		}
		return
	}
	now := p.sockets.opts.Now()
	arrived, left, missed := p.roster.hear(msg.word, now)
	p.elsewhere(arrived, true, now)
	p.elsewhere(left, false, now)
	if missed {
		p.say(word{Kind: wordAsk, Of: msg.Node})
	}
}

// elsewhere tells of users that came to other servers, or left the last of them, and are not here.
func (p *presence) elsewhere(users []string, online bool, at time.Time) {
	for _, user := range users {
		if _, here := p.self.users[user]; !here {
			p.came(came{user, online, at})
		}
	}
}

// beat says that this server is there, and gives up those that are not. While this one is cut off it hears nobody, which says
// nothing about them.
func (p *presence) beat() {
	f, now := p.sockets, p.sockets.opts.Now()
	if f.opts.CutOff() {
		p.roster.wait(now)
	} else {
		p.elsewhere(p.roster.silent(now.Add(-silence*f.opts.Beat)), false, now)
	}
	p.told = false
	p.say(word{Kind: wordBeat, Number: p.self.number})
	if p.timer == nil {
		p.say(word{Kind: wordAsk})
		p.timer = f.system.After(f.opts.Beat, p.pid, beat{})
		return
	}
	p.timer.Reset(f.opts.Beat)
}

// list says who is online here.
func (p *presence) list() {
	p.told = true // once in a beat is enough for all who ask
	users := slices.Collect(maps.Keys(p.self.users))
	for part := 0; ; part++ {
		some := users[:min(partSize, len(users))]
		users = users[len(some):]
		p.say(word{Kind: wordList, Number: p.self.number, Users: some, Part: part, Last: len(users) == 0})
		if len(users) == 0 {
			return
		}
	}
}

func (p *presence) say(w word) {
	w.Node = p.self.name
	if err := p.sockets.space.ServerSideEmit(wordEvent, w); err != nil {
		p.sockets.opts.Log.Error().Err(err).Msg("Other servers could not be told who is online")
	}
}
