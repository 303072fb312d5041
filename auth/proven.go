package auth

import (
	"crypto/sha256"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// proven remembers what good tokens say, by their hash: who reconnects, and every request of one person, comes with the
// same token, and checking one costs more than all else a CONNECT asks of this package. Whether a token has expired or was
// revoked is no part of it.
type proven struct {
	mu   sync.Mutex
	kept *simplelru.LRU[[sha256.Size]byte, claims]
}

func newProven(size int) (*proven, error) {
	lru, err := simplelru.NewLRU[[sha256.Size]byte, claims](size, nil)
	return &proven{kept: lru}, err
}

func (p *proven) look(token [sha256.Size]byte) (claims, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept.Get(token)
}

// keep remembers what is asked of a token later: whose it is, its id, its rights, its end.
func (p *proven) keep(token [sha256.Size]byte, c claims) {
	c.Issuer, c.Audience, c.IssuedAt, c.NotBefore = "", nil, nil, nil
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept.Add(token, c)
}
