package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Bounds of a password. Nothing is cut off: what is longer is refused.
const (
	MinPassword      = 8   // characters
	MaxPasswordBytes = 256 // bytes
)

const (
	saltBytes = 16
	keyBytes  = 32
)

// Cost is how dear one password check is (Argon2id, RFC 9106).
type Cost struct {
	MemoryKiB uint32 // Zero means 19,456 (19 MiB).
	Passes    uint32 // Zero means 2.
	Lanes     uint8  // Zero means 1.
}

func (c Cost) withDefaults() Cost {
	if c.MemoryKiB == 0 {
		c.MemoryKiB = 19 * 1024
	}
	if c.Passes == 0 {
		c.Passes = 2
	}
	if c.Lanes == 0 {
		c.Lanes = 1
	}
	return c
}

// most bounds what a stored hash may ask for, so that a damaged one cannot eat the machine.
var most = Cost{MemoryKiB: 1 << 20, Passes: 64, Lanes: 64}

// Passwords hashes and checks passwords, a few at a time: each takes memory and a core. Its methods may be called from
// any goroutine and wait for their turn until their context ends.
type Passwords struct {
	cost    Cost
	turns   chan struct{}
	waiting atomic.Int64
	queue   int64
}

// NewPasswords returns a checker that works on parallel passwords at a time (zero means one per core) and lets queue more
// wait (zero means 32 for each of them); whoever comes then is told CodeUnavailable.
func NewPasswords(cost Cost, parallel, queue int) *Passwords {
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	if queue <= 0 {
		queue = 32 * parallel
	}
	return &Passwords{cost: cost.withDefaults(), turns: make(chan struct{}, parallel), queue: int64(queue)}
}

// CheckPassword says why a password cannot be chosen, "" when it can.
func CheckPassword(password string) (why string) {
	switch {
	case len(password) > MaxPasswordBytes:
		return fmt.Sprintf("must have at most %d bytes", MaxPasswordBytes)
	case !utf8.ValidString(password):
		return "must be UTF-8"
	case password == "":
		return "is required"
	case utf8.RuneCountInString(password) < MinPassword:
		return fmt.Sprintf("must have at least %d characters", MinPassword)
	}
	return ""
}

// Hash returns what is stored of a password, in the PHC string format. The whole password counts. It does not judge the
// password: see CheckPassword.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // crypto/rand.Read never fails
	key, err := p.derive(ctx, password, salt, p.cost, keyBytes)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return phc{p.cost, salt, key}.String(), nil
}

// Verify reports whether hash was made of password, in a time that does not depend on where they differ. A hash that
// Hash did not make is an error.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (bool, error) {
	stored, err := parsePHC(hash)
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	key, err := p.derive(ctx, password, stored.salt, stored.cost, len(stored.key))
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	return subtle.ConstantTimeCompare(key, stored.key) == 1, nil
}

func (p *Passwords) derive(ctx context.Context, password string, salt []byte, cost Cost, length int) ([]byte, error) {
	if p.waiting.Add(1) > p.queue+int64(cap(p.turns)) {
		p.waiting.Add(-1)
		return nil, errBusy()
	}
	defer p.waiting.Add(-1)
	select {
	case p.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.turns }()
	if err := ctx.Err(); err != nil { // select may have chosen the turn all the same
		return nil, err
	}
	return argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Lanes, uint32(length)), nil
}

// phc is a hash with what it was made under.
type phc struct {
	cost      Cost
	salt, key []byte
}

// String writes the PHC string format: $argon2id$v=19$m=…,t=…,p=…$salt$key.
func (h phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Passes, h.cost.Lanes,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.key))
}

var errHash = errors.New("stored hash is damaged")

func parsePHC(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errHash
	}
	var h phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.cost.MemoryKiB, &h.cost.Passes, &h.cost.Lanes); err != nil {
		return phc{}, errHash
	}
	c := h.cost
	if c.MemoryKiB == 0 || c.Passes == 0 || c.Lanes == 0 || c.MemoryKiB > most.MemoryKiB || c.Passes > most.Passes || c.Lanes > most.Lanes {
		return phc{}, errHash
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	h.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(h.salt) < 8 || len(h.key) < 16 || len(h.key) > 64 || h.String() != s {
		return phc{}, errHash
	}
	return h, nil
}
