package auth

import (
	"context"
	"net/netip"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// strangersFactor is how many addresses must use up their tries on one account before the account is closed to addresses
// that never signed in to it.
const strangersFactor = 10

// guesses limits failed logins. There are three limits, and a guess counts in all:
//
//   - of one address, on whatever accounts;
//   - of one address on one account: who guesses there is locked out, and nobody else;
//   - of all addresses on one account, strangersFactor times as many: it slows a guesser with many addresses. It does not
//     bind an address from which the account was signed in to before, so that strangers cannot keep its owner out: they
//     would need that many addresses, all the time, and reach the owner only where the owner has never been.
//
// Tries that are under way count as failed until they turn out not to be, so that many at once are not free.
type guesses struct {
	address, pair, account *buckets
	others                 *others

	mu    sync.Mutex
	known *simplelru.LRU[string, struct{}] // pairs that signed in
}

func newGuesses(o Options, others *others) (*guesses, error) {
	g := guesses{others: others}
	var err error
	if g.address, err = newBuckets(o, others, "login-address", o.LoginPerAddress); err != nil {
		return nil, err
	}
	if g.pair, err = newBuckets(o, others, "login-pair", o.LoginPerAccount); err != nil {
		return nil, err
	}
	all := o.LoginPerAccount
	if all.Events > 0 {
		all.Events *= strangersFactor
	}
	if g.account, err = newBuckets(o, others, "login-account", all); err != nil {
		return nil, err
	}
	g.known, err = simplelru.NewLRU[string, struct{}](o.Tracked, nil)
	return &g, err
}

// guess is a try under way. It stays counted unless right or undone is called.
type guess struct {
	of                     *guesses
	address, pair, account string
	known                  bool
	patience               *patience
}

// begin counts a try, or returns a *Limited.
func (g *guesses) begin(account, address string) (*guess, error) {
	network := networkOf(address)
	try := &guess{of: g, address: network, account: account, pair: network + " " + account, patience: newPatience()}
	try.known = g.knows(try.patience, try.pair)
	if wait := g.address.take(try.patience, try.address); wait > 0 {
		return nil, &Limited{wait}
	}
	if wait := g.pair.take(try.patience, try.pair); wait > 0 {
		g.address.giveBack(try.patience, try.address)
		return nil, &Limited{wait}
	}
	if !try.known {
		if wait := g.account.take(try.patience, try.account); wait > 0 {
			g.address.giveBack(try.patience, try.address)
			g.pair.giveBack(try.patience, try.pair)
			return nil, &Limited{wait}
		}
	}
	return try, nil
}

// undone takes back a try of which nobody knows whether it was right.
func (t *guess) undone() {
	t.of.address.giveBack(t.patience, t.address)
	t.of.pair.giveBack(t.patience, t.pair)
	if !t.known {
		t.of.account.giveBack(t.patience, t.account)
	}
}

// right takes back a try, forgives the address its earlier ones on the account, and remembers that it is the owner's.
func (t *guess) right() {
	t.undone()
	t.of.pair.forget(t.patience, t.pair)
	t.of.others.ask(t.patience, func(ctx context.Context, s Shared) error { return s.Remember(ctx, t.pair, ownerLife) })
	t.of.mu.Lock()
	t.of.known.Add(t.pair, struct{}{})
	t.of.mu.Unlock()
}

// knows reports whether somebody signed in by this pair before.
func (g *guesses) knows(p *patience, pair string) (known bool) {
	g.mu.Lock()
	known = g.known.Contains(pair)
	g.mu.Unlock()
	if !known {
		g.others.ask(p, func(ctx context.Context, s Shared) (err error) { known, err = s.Remembered(ctx, pair); return err })
	}
	return known
}

// networkOf returns what counts as one address: for IPv6 its /64, which one subscriber has for itself.
func networkOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	network, _ := ip.Prefix(64) // 64 bits are always there
	return network.String()
}
