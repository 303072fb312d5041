package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/auth/authtest"
	"kapoor.example/desk/booking"
)

const secret = "a secret for tests that is long enough"

// quick makes passwords cheap, so that tests are fast.
var quick = auth.Cost{MemoryKiB: 8, Passes: 1}

// bench is a service with its store and clock.
type bench struct {
	*auth.Service
	store *authtest.Users
	clock atomic.Int64 // nanoseconds since the epoch
}

func (b *bench) now() time.Time          { return time.Unix(0, b.clock.Load()) }
func (b *bench) advance(d time.Duration) { b.clock.Add(int64(d)) }

func setup(t *testing.T, change ...func(*auth.Options)) *bench {
	t.Helper()
	b := &bench{store: &authtest.Users{}}
	b.clock.Store(time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	o := auth.Options{Store: b.store, Secret: []byte(secret), Now: b.now, Passwords: auth.NewPasswords(quick, 4, 0)}
	for _, c := range change {
		c(&o)
	}
	s, err := auth.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	b.Service = s
	return b
}

func (b *bench) mustRegister(t *testing.T, email string) auth.SignedIn {
	t.Helper()
	in, err := b.Register(t.Context(), auth.Account{Name: "Asha", Email: email, Password: "correct horse"}, "198.51.100.1")
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (b *bench) mustCreate(t *testing.T, role booking.Role) booking.User {
	t.Helper()
	u, err := b.CreateAccount(t.Context(), auth.Account{Name: "Ravi", Email: string(role) + "@example.org", Password: "correct horse"}, role)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// wantToken checks what Authenticate says of a token; "" is a session.
func (b *bench) wantToken(t *testing.T, token string, want auth.Code) {
	t.Helper()
	_, err := b.Authenticate(t.Context(), token)
	if got := codeOf(err); got != want {
		t.Errorf("Authenticate: %q (%v), want %q", got, err, want)
	}
}

func codeOf(err error) auth.Code {
	var e *auth.Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return auth.Code("other: " + err.Error())
	}
	return ""
}

func fieldsOf(err error) map[string]string {
	var e *booking.Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

func TestRegister(t *testing.T) {
	ok := auth.Account{Name: "Asha", Email: "Asha@Example.com", Password: "correct horse", Phone: "+91 1"}
	for _, tt := range []struct {
		name   string
		change func(*auth.Account)
		field  string // "" when it works
	}{
		{"everything right", func(*auth.Account) {}, ""},
		{"no phone", func(a *auth.Account) { a.Phone = "" }, ""},
		{"exactly 8 characters", func(a *auth.Account) { a.Password = "ünïcödé8" }, ""},
		{"256 bytes of password", func(a *auth.Account) { a.Password = strings.Repeat("p", 256) }, ""},
		{"no name", func(a *auth.Account) { a.Name = " " }, "name"},
		{"name of two lines", func(a *auth.Account) { a.Name = "a\nb" }, "name"},
		{"name too long", func(a *auth.Account) { a.Name = strings.Repeat("a", 101) }, "name"},
		{"no e-mail", func(a *auth.Account) { a.Email = "" }, "email"},
		{"no address", func(a *auth.Account) { a.Email = "asha" }, "email"},
		{"short password", func(a *auth.Account) { a.Password = "1234567" }, "password"},
		{"no password", func(a *auth.Account) { a.Password = "" }, "password"},
		{"257 bytes of password", func(a *auth.Account) { a.Password = strings.Repeat("p", 257) }, "password"},
		{"phone too long", func(a *auth.Account) { a.Phone = strings.Repeat("1", 33) }, "phone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t)
			a := ok
			tt.change(&a)
			in, err := b.Register(t.Context(), a, "198.51.100.1")
			if tt.field != "" {
				if fieldsOf(err)[tt.field] == "" {
					t.Fatalf("error %v, want one of field %s", err, tt.field)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if in.User.Role != booking.Customer || !in.User.Active || in.User.Email != a.Email {
				t.Errorf("user %+v", in.User)
			}
			b.wantToken(t, in.Token, "")
			if _, err := b.Login(t.Context(), a.Email, a.Password, "198.51.100.1"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRegisterTaken(t *testing.T) {
	b := setup(t)
	b.mustRegister(t, "asha@example.com")
	_, err := b.Register(t.Context(), auth.Account{Name: "B", Email: " ASHA@example.COM ", Password: "correct horse"}, "198.51.100.1")
	if booking.CodeOf(err) != booking.CodeEmailTaken {
		t.Errorf("error %v", err)
	}
}

func TestLogin(t *testing.T) {
	b := setup(t)
	b.mustRegister(t, "asha@example.com")
	b.mustCreate(t, booking.Admin)
	gone := b.mustCreate(t, booking.Staff)
	if _, err := b.SetActive(t.Context(), booking.Principal{ID: booking.NewID(b.now()), Role: booking.Admin}, gone.ID, false); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, tt := range []struct {
		name, email, password string
		ok                    bool
	}{
		{"right", "asha@example.com", "correct horse", true},
		{"another case of the e-mail", " ASHA@EXAMPLE.com", "correct horse", true},
		{"wrong password", "asha@example.com", "correct horsf", false},
		{"password with more behind it", "asha@example.com", "correct horse ", false},
		{"unknown e-mail", "nobody@example.com", "correct horse", false},
		{"no e-mail", "", "correct horse", false},
		{"nobody's password", "nobody@example.com", "the password of nobody", false},
		{"deactivated", gone.Email, "correct horse", false},
		{"huge password", "asha@example.com", strings.Repeat("x", 1<<20), false},
		{"huge e-mail", strings.Repeat("x", 1<<20), "correct horse", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, err := b.Login(t.Context(), tt.email, tt.password, "198.51.100.1")
			if tt.ok {
				if err != nil {
					t.Fatal(err)
				}
				b.wantToken(t, in.Token, "")
				return
			}
			if booking.CodeOf(err) != booking.CodeUnauthorized {
				t.Fatalf("error %v", err)
			}
			texts = append(texts, err.Error())
		})
	}
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("two texts: %q and %q", text, texts[0])
		}
	}
}

// A truncating hash (bcrypt's 72 bytes) would let these in.
func TestPasswordCountsToItsEnd(t *testing.T) {
	b := setup(t)
	long := strings.Repeat("a", 200)
	if _, err := b.Register(t.Context(), auth.Account{Name: "A", Email: "a@example.com", Password: long}, "::1"); err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{long[:72], long[:199], long[:199] + "b", long[:100] + "\x00" + long[:99]} {
		if _, err := b.Login(t.Context(), "a@example.com", password, "::1"); booking.CodeOf(err) != booking.CodeUnauthorized {
			t.Errorf("%d bytes: %v", len(password), err)
		}
	}
}

func TestAuthenticate(t *testing.T) {
	b := setup(t)
	in := b.mustRegister(t, "asha@example.com")
	now := b.now()
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := jwt.MapClaims{
			"iss": "kapoor-desk", "aud": "kapoor-desk", "sub": in.User.ID, "jti": booking.NewID(now), "rights": 1,
			"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		}
		change(c)
		return c
	}
	sign := func(method jwt.SigningMethod, key any, c jwt.Claims) string {
		token, err := jwt.NewWithClaims(method, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	hs := func(change func(jwt.MapClaims)) string {
		return sign(jwt.SigningMethodHS256, []byte(secret), claims(change))
	}
	same := func(jwt.MapClaims) {}
	for _, tt := range []struct {
		name, token string
		want        auth.Code
	}{
		{"issued", in.Token, ""},
		{"made by hand", hs(same), ""},
		{"none", "", auth.MissingToken},
		{"not a token", "hello", auth.InvalidToken},
		{"dots", "..", auth.InvalidToken},
		{"100 KB", strings.Repeat("a", 100<<10), auth.InvalidToken},
		{"too long though signed", hs(func(c jwt.MapClaims) { c["x"] = strings.Repeat("a", auth.MaxToken) }), auth.InvalidToken},
		{"another secret", sign(jwt.SigningMethodHS256, []byte("another"), claims(same)), auth.InvalidToken},
		{"alg none", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(same)), auth.InvalidToken},
		{"alg HS512", sign(jwt.SigningMethodHS512, []byte(secret), claims(same)), auth.InvalidToken},
		{"signature cut off", in.Token[:strings.LastIndexByte(in.Token, '.')+1], auth.InvalidToken},
		{"expired", hs(func(c jwt.MapClaims) { c["exp"] = now.Unix() - 1 }), auth.ExpiredToken},
		{"expires never", hs(func(c jwt.MapClaims) { delete(c, "exp") }), auth.InvalidToken},
		{"another issuer", hs(func(c jwt.MapClaims) { c["iss"] = "x" }), auth.InvalidToken},
		{"expired, of another issuer", hs(func(c jwt.MapClaims) { c["iss"], c["exp"] = "x", 1 }), auth.InvalidToken},
		{"another audience", hs(func(c jwt.MapClaims) { c["aud"] = "x" }), auth.InvalidToken},
		{"no audience", hs(func(c jwt.MapClaims) { delete(c, "aud") }), auth.InvalidToken},
		{"no id", hs(func(c jwt.MapClaims) { delete(c, "jti") }), auth.InvalidToken},
		{"no subject", hs(func(c jwt.MapClaims) { delete(c, "sub") }), auth.InvalidToken},
		{"malformed subject", hs(func(c jwt.MapClaims) { c["sub"] = "' OR 1=1" }), auth.InvalidToken},
		{"subject of another type", hs(func(c jwt.MapClaims) { c["sub"] = 7 }), auth.InvalidToken},
		{"rights of another type", hs(func(c jwt.MapClaims) { c["rights"] = "1" }), auth.InvalidToken},
		{"negative rights", hs(func(c jwt.MapClaims) { c["rights"] = -1 }), auth.InvalidToken},
		{"older rights", hs(func(c jwt.MapClaims) { c["rights"] = 0 }), auth.RevokedToken},
		{"rights nobody has", hs(func(c jwt.MapClaims) { c["rights"] = 99 }), auth.RevokedToken},
		{"unknown user", hs(func(c jwt.MapClaims) { c["sub"] = booking.NewID(now) }), auth.RevokedToken},
		{"claims a role", hs(func(c jwt.MapClaims) { c["role"] = "admin" }), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // a token that was checked before is answered from memory
				session, err := b.Authenticate(t.Context(), tt.token)
				if got := codeOf(err); got != tt.want {
					t.Fatalf("code %q (%v), want %q", got, err, tt.want)
				}
				if err == nil && (session.Principal.ID != in.User.ID || session.Principal.Role != booking.Customer) {
					t.Errorf("session %+v", session)
				}
			}
		})
	}
	b.advance(721 * time.Hour)
	b.wantToken(t, in.Token, auth.ExpiredToken)
}

func TestRevocation(t *testing.T) {
	admin := booking.Principal{ID: booking.NewID(time.Now()), Role: booking.Admin}
	for _, tt := range []struct {
		name   string
		end    func(t *testing.T, b *bench, s auth.Session) error
		others bool // whether the user's other tokens go on
	}{
		{"logout", func(t *testing.T, b *bench, s auth.Session) error { return b.Logout(t.Context(), s) }, true},
		{"password changed", func(t *testing.T, b *bench, s auth.Session) error {
			in, err := b.ChangePassword(t.Context(), s, "correct horse", "battery staple", "198.51.100.1")
			if err == nil {
				b.wantToken(t, in.Token, "")
			}
			return err
		}, false},
		{"role changed", func(t *testing.T, b *bench, s auth.Session) error {
			_, err := b.ChangeRole(t.Context(), admin, s.Principal.ID, booking.Staff)
			return err
		}, false},
		{"deactivated", func(t *testing.T, b *bench, s auth.Session) error {
			_, err := b.SetActive(t.Context(), admin, s.Principal.ID, false)
			return err
		}, false},
		{"deactivated and activated again", func(t *testing.T, b *bench, s auth.Session) error {
			_, err1 := b.SetActive(t.Context(), admin, s.Principal.ID, false)
			_, err2 := b.SetActive(t.Context(), admin, s.Principal.ID, true)
			return errors.Join(err1, err2)
		}, false},
		{"password set by an admin", func(t *testing.T, b *bench, s auth.Session) error {
			next := "battery staple"
			_, err := b.ChangeUser(t.Context(), admin, s.Principal.ID, auth.UserChange{Password: &next})
			return err
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t)
			in := b.mustRegister(t, "asha@example.com")
			other, err := b.Login(t.Context(), "asha@example.com", "correct horse", "198.51.100.1")
			if err != nil {
				t.Fatal(err)
			}
			session, err := b.Authenticate(t.Context(), in.Token)
			if err != nil {
				t.Fatal(err)
			}
			b.wantToken(t, other.Token, "")
			if err := tt.end(t, b, session); err != nil {
				t.Fatal(err)
			}
			b.wantToken(t, in.Token, auth.RevokedToken)
			want := auth.RevokedToken
			if tt.others {
				want = ""
			}
			b.wantToken(t, other.Token, want)
		})
	}
}

// A change made by another process is known when its revocation arrives, and without one after CacheTTL.
func TestInvalidate(t *testing.T) {
	ended := func(b *bench, id string) booking.User {
		hash := "x"
		u, err := b.store.UpdateUser(context.Background(), id, booking.UserChange{PasswordHash: &hash})
		if err != nil {
			panic(err)
		}
		return u
	}
	t.Run("by revocation", func(t *testing.T) {
		b := setup(t)
		in := b.mustRegister(t, "a@example.com")
		b.wantToken(t, in.Token, "")
		u := ended(b, in.User.ID)
		b.wantToken(t, in.Token, "") // nobody told
		b.Invalidate(booking.Revocation{UserID: u.ID, Rights: u.Rights})
		b.wantToken(t, in.Token, auth.RevokedToken)
	})
	t.Run("token by revocation", func(t *testing.T) {
		b := setup(t)
		in := b.mustRegister(t, "a@example.com")
		s, err := b.Authenticate(t.Context(), in.Token)
		if err != nil {
			t.Fatal(err)
		}
		r := booking.Revocation{UserID: in.User.ID, TokenID: s.TokenID}
		if err := b.store.RevokeToken(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		b.wantToken(t, in.Token, "")
		b.Invalidate(r)
		b.wantToken(t, in.Token, auth.RevokedToken)
	})
	t.Run("by time", func(t *testing.T) {
		b := setup(t)
		in := b.mustRegister(t, "a@example.com")
		b.wantToken(t, in.Token, "")
		ended(b, in.User.ID)
		b.advance(10 * time.Second)
		b.wantToken(t, in.Token, auth.RevokedToken)
	})
	t.Run("by a token with newer rights", func(t *testing.T) {
		b := setup(t)
		in := b.mustRegister(t, "a@example.com")
		b.wantToken(t, in.Token, "")
		there, err := auth.New(t.Context(), auth.Options{Store: b.store, Secret: []byte(secret), Now: b.now, Passwords: auth.NewPasswords(quick, 1, 0)})
		if err != nil {
			t.Fatal(err)
		}
		s, err := there.Authenticate(t.Context(), in.Token)
		if err != nil {
			t.Fatal(err)
		}
		next, err := there.ChangePassword(t.Context(), s, "correct horse", "battery staple", "::1")
		if err != nil {
			t.Fatal(err)
		}
		b.wantToken(t, next.Token, "") // this process was not told, and lets it in all the same
		b.wantToken(t, in.Token, auth.RevokedToken)
	})
}

// The race that a cache is prone to: a request reads the old user, the revocation is delivered, the old user is put into
// the cache and lets the token in until it expires there.
func TestInvalidateWhileReading(t *testing.T) {
	b := setup(t)
	in := b.mustRegister(t, "a@example.com")
	first := true
	b.store.AfterRead = func() {
		if first {
			first = false
			hash := "x"
			u, err := b.store.UpdateUser(context.Background(), in.User.ID, booking.UserChange{PasswordHash: &hash})
			if err != nil {
				t.Error(err)
			}
			b.Invalidate(booking.Revocation{UserID: u.ID, Rights: u.Rights})
		}
	}
	b.wantToken(t, in.Token, auth.RevokedToken) // not even this once
	b.wantToken(t, in.Token, auth.RevokedToken)
}

func TestAuthenticateReadsFromMemory(t *testing.T) {
	b := setup(t)
	in := b.mustRegister(t, "a@example.com")
	for range 100 {
		b.wantToken(t, in.Token, "")
	}
	if n := b.store.Reads(); n != 1 {
		t.Errorf("%d reads", n)
	}
}

func TestAuthenticateWithoutStore(t *testing.T) {
	b := setup(t)
	in := b.mustRegister(t, "a@example.com")
	broken := errors.New("disk on fire")
	for _, method := range []string{"User", "TokenRevoked"} {
		t.Run(method, func(t *testing.T) {
			b.advance(time.Minute)
			b.store.Fail = func(m string) error {
				if m == method {
					return broken
				}
				return nil
			}
			if _, err := b.Authenticate(t.Context(), in.Token); !errors.Is(err, broken) {
				t.Errorf("error %v", err)
			}
			b.store.Fail = nil
			b.wantToken(t, in.Token, "") // the error was not kept
		})
	}
}

// Tokens are checked while rights go up and down: once a change has returned, no older token passes.
func TestRevocationRace(t *testing.T) {
	b := setup(t)
	in := b.mustRegister(t, "a@example.com")
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = b.Authenticate(context.Background(), in.Token)
				}
			}
		})
	}
	by := booking.Principal{ID: booking.NewID(b.now()), Role: booking.Admin}
	for i := range 200 {
		u, err := b.SetActive(t.Context(), by, in.User.ID, i%2 == 1)
		if err != nil {
			t.Fatal(err)
		}
		b.wantToken(t, in.Token, auth.RevokedToken)
		_ = u
	}
	close(stop)
	wg.Wait()
}

func TestSessionEndedBy(t *testing.T) {
	s := auth.Session{Principal: booking.Principal{ID: "u"}, TokenID: "t", Rights: 3}
	for _, tt := range []struct {
		name string
		r    booking.Revocation
		want bool
	}{
		{"this token", booking.Revocation{UserID: "u", TokenID: "t"}, true},
		{"another token", booking.Revocation{UserID: "u", TokenID: "x"}, false},
		{"higher rights", booking.Revocation{UserID: "u", Rights: 4}, true},
		{"its own rights", booking.Revocation{UserID: "u", Rights: 3}, false},
		{"another user", booking.Revocation{UserID: "v", Rights: 9}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.EndedBy(tt.r); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestChangePassword(t *testing.T) {
	for _, tt := range []struct{ name, current, next, field string }{
		{"wrong current", "wrong horse", "battery staple", "currentPassword"},
		{"short next", "correct horse", "short", "newPassword"},
		{"long next", "correct horse", strings.Repeat("x", 257), "newPassword"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t)
			in := b.mustRegister(t, "a@example.com")
			s, err := b.Authenticate(t.Context(), in.Token)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.ChangePassword(t.Context(), s, tt.current, tt.next, "::1"); fieldsOf(err)[tt.field] == "" {
				t.Errorf("error %v", err)
			}
			b.wantToken(t, in.Token, "")
		})
	}
}

func TestUsers(t *testing.T) {
	b := setup(t)
	admin, staff := b.mustCreate(t, booking.Admin), b.mustCreate(t, booking.Staff)
	customer := b.mustRegister(t, "c@example.com").User
	next := booking.Customer
	for _, tt := range []struct {
		name string
		do   func() error
		want booking.Code
	}{
		{"admin lists everybody", func() error { return wantUsers(b, admin, booking.UserQuery{}, 3) }, ""},
		{"staff lists the staff", func() error { return wantUsers(b, staff, booking.UserQuery{}, 2) }, ""},
		{"staff lists customers", func() error {
			return wantUsers(b, staff, booking.UserQuery{Roles: []booking.Role{booking.Staff, booking.Customer}}, 0)
		}, booking.CodeForbidden},
		{"customer lists", func() error { return wantUsers(b, customer, booking.UserQuery{}, 0) }, booking.CodeForbidden},
		{"staff makes staff", func() error {
			_, err := b.CreateStaff(t.Context(), staff.Principal(), auth.Account{}, booking.Staff)
			return err
		}, booking.CodeForbidden},
		{"admin makes a customer", func() error {
			_, err := b.CreateStaff(t.Context(), admin.Principal(), auth.Account{}, booking.Customer)
			return err
		}, booking.CodeInvalid},
		{"admin makes staff", func() error {
			_, err := b.CreateStaff(t.Context(), admin.Principal(), auth.Account{Name: "N", Email: "n@example.com", Password: "12345678"}, booking.Staff)
			return err
		}, ""},
		{"staff changes a role", func() error {
			_, err := b.ChangeRole(t.Context(), staff.Principal(), staff.ID, booking.Admin)
			return err
		}, booking.CodeForbidden},
		{"a role there is not", func() error { _, err := b.ChangeRole(t.Context(), admin.Principal(), staff.ID, "owner"); return err }, booking.CodeInvalid},
		{"nobody's role", func() error {
			_, err := b.ChangeRole(t.Context(), admin.Principal(), booking.NewID(b.now()), next)
			return err
		}, booking.CodeNotFound},
		{"malformed id", func() error { _, err := b.ChangeRole(t.Context(), admin.Principal(), "../x", next); return err }, booking.CodeNotFound},
		{"last admin demoted", func() error { _, err := b.ChangeRole(t.Context(), admin.Principal(), admin.ID, next); return err }, booking.CodeLastAdmin},
		{"last admin deactivated", func() error { _, err := b.SetActive(t.Context(), admin.Principal(), admin.ID, false); return err }, booking.CodeLastAdmin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.do(); booking.CodeOf(err) != tt.want {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func wantUsers(b *bench, by booking.User, q booking.UserQuery, n int) error {
	page, err := b.ListUsers(context.Background(), by.Principal(), q)
	if err == nil && len(page.Users) != n {
		err = fmt.Errorf("%d users, want %d", len(page.Users), n)
	}
	return err
}

func TestAssignee(t *testing.T) {
	b := setup(t)
	staff := b.mustCreate(t, booking.Staff)
	b.mustCreate(t, booking.Admin)
	customer := b.mustRegister(t, "c@example.com").User
	if p, err := b.Assignee(t.Context(), staff.ID); err != nil || p.ID != staff.ID {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := b.SetActive(t.Context(), booking.Principal{ID: "x", Role: booking.Admin}, staff.ID, false); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{staff.ID, customer.ID, booking.NewID(b.now()), "x", ""} {
		if _, err := b.Assignee(t.Context(), id); fieldsOf(err)["assignedTo"] == "" {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestDemo(t *testing.T) {
	b := setup(t)
	if open, err := b.DemoPasswordsWork(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("an empty store: %v, %v", open, err)
	}
	made, err := b.EnsureDemoAccounts(t.Context())
	if err != nil || len(made) != 3 {
		t.Fatalf("made %d, %v", len(made), err)
	}
	if made, err = b.EnsureDemoAccounts(t.Context()); err != nil || len(made) != 0 {
		t.Errorf("made again %d, %v", len(made), err)
	}
	for _, login := range [][2]string{{"admin@example.com", "admin123"}, {"staff@example.com", "staff123"}, {"customer@example.com", "password123"}} {
		if _, err := b.Login(t.Context(), login[0], login[1], "::1"); err != nil {
			t.Errorf("%s: %v", login[0], err)
		}
	}
	if open, err := b.DemoPasswordsWork(t.Context()); err != nil || len(open) != 3 {
		t.Errorf("open %v, %v", open, err)
	}
	by, next := booking.Principal{ID: "x", Role: booking.Admin}, "another password"
	admin, _ := b.store.UserByEmail(t.Context(), "admin@example.com")
	staff, _ := b.store.UserByEmail(t.Context(), "staff@example.com")
	if _, err := b.ChangeUser(t.Context(), by, admin.ID, auth.UserChange{Password: &next}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SetActive(t.Context(), by, staff.ID, false); err != nil {
		t.Fatal(err)
	}
	if open, err := b.DemoPasswordsWork(t.Context()); err != nil || len(open) != 1 || open[0] != "customer@example.com" {
		t.Errorf("open %v, %v", open, err)
	}
}

func TestOptions(t *testing.T) {
	ok := auth.Options{Store: &authtest.Users{}, Secret: []byte("s"), Now: time.Now, Passwords: auth.NewPasswords(quick, 1, 0)}
	for _, tt := range []struct {
		name   string
		change func(*auth.Options)
	}{
		{"no store", func(o *auth.Options) { o.Store = nil }},
		{"no secret", func(o *auth.Options) { o.Secret = nil }},
		{"no clock", func(o *auth.Options) { o.Now = nil }},
		{"tokens that are over", func(o *auth.Options) { o.TTL = -time.Hour }},
		{"rate without time", func(o *auth.Options) { o.LoginPerAccount = auth.Rate{Events: 3} }},
		{"rate without events", func(o *auth.Options) { o.LoginPerAddress = auth.Rate{Per: time.Hour} }},
		{"negative cache", func(o *auth.Options) { o.CacheSize = -1 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := ok
			tt.change(&o)
			if _, err := auth.New(t.Context(), o); err == nil {
				t.Error("no error")
			}
		})
	}
}
