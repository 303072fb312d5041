package auth

import (
	"errors"
	"time"

	"kapoor.example/desk/booking"
)

// Options are what a Service needs and what may be chosen.
type Options struct {
	// Store keeps the accounts. Required.
	Store booking.Users
	// Secret signs the tokens. Required; everybody who knows it can be anybody.
	Secret []byte
	// Now is the clock. Required.
	Now func() time.Time
	// TTL is how long a token is good for. Defaults to 720 h.
	TTL time.Duration
	// Issuer and Audience are the claims of that name. A token with others is not ours. Both default to "kapoor-desk".
	Issuer, Audience string

	// Passwords hashes and checks. Defaults to NewPasswords with its defaults.
	Passwords *Passwords

	// CacheTTL is how long a user may be read from memory when no revocation arrives. Defaults to 10 s.
	CacheTTL time.Duration
	// CacheSize is how many users, and how many tokens, are kept in memory. Defaults to 10,000.
	CacheSize int

	// LoginPerAddress limits failed logins of one address. Defaults to 50 in 15 minutes.
	LoginPerAddress Rate
	// LoginPerAccount limits failed logins of one address on one account; all addresses together have ten times as many.
	// Defaults to 10 in 15 minutes.
	LoginPerAccount Rate
	// RegisterPerAddress limits registrations from one address. Defaults to 30 in an hour.
	RegisterPerAddress Rate
	// Tracked is how many addresses and accounts each limit remembers. Defaults to 65,536.
	Tracked int
	// Shared has the servers of a cluster count together. Nil: each counts for itself.
	Shared Shared
}

func (o Options) withDefaults() Options {
	setDefault(&o.TTL, 720*time.Hour)
	setDefault(&o.Issuer, "kapoor-desk")
	setDefault(&o.Audience, "kapoor-desk")
	setDefault(&o.CacheTTL, 10*time.Second)
	setDefault(&o.CacheSize, 10_000)
	setDefault(&o.LoginPerAddress, Rate{50, 15 * time.Minute})
	setDefault(&o.LoginPerAccount, Rate{10, 15 * time.Minute})
	setDefault(&o.RegisterPerAddress, Rate{30, time.Hour})
	setDefault(&o.Tracked, 1<<16)
	if o.Passwords == nil {
		o.Passwords = NewPasswords(Cost{}, 0, 0)
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate says what is wrong with options that have their defaults.
func (o Options) validate() error {
	switch {
	case o.Store == nil:
		return errors.New("auth: Store is required")
	case len(o.Secret) == 0:
		return errors.New("auth: Secret is required")
	case o.Now == nil:
		return errors.New("auth: Now is required")
	case o.TTL < time.Second:
		return errors.New("auth: TTL must be a second at least")
	case o.CacheTTL < 0:
		return errors.New("auth: CacheTTL must be positive")
	case o.CacheSize < 0 || o.Tracked < 0:
		return errors.New("auth: CacheSize and Tracked must be positive")
	}
	for _, rate := range []Rate{o.LoginPerAddress, o.LoginPerAccount, o.RegisterPerAddress} {
		if rate.Events == 0 || rate.Events > 0 && rate.Per <= 0 {
			return errors.New("auth: a Rate needs Events and Per, or is Unlimited")
		}
	}
	return nil
}
