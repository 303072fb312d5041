package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/auth/authtest"
	"kapoor.example/desk/booking"
)

// TestSeedWritesTokensThatTheDeskTakes asks an account service with the kept secret who each token's owner is.
func TestSeedWritesTokensThatTheDeskTakes(t *testing.T) {
	w := newWorld(t, nil)
	file := filepath.Join(t.TempDir(), "tokens.txt")
	if code := run(t.Context(), []string{"seed", "-bookings=5", "-users=7", "-staff=2", "-tokens", file}, w.surroundings); code != 0 {
		t.Fatalf("exit code %d: %s", code, w.errout.String())
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: others can read it", info, err)
	}
	users := &authtest.Users{}
	for _, user := range w.store.users {
		if err := users.CreateUser(t.Context(), user); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(user.PasswordHash, "hashed:") {
			t.Errorf("%s is stored with another hash than that of an account: %q", user.Email, user.PasswordHash)
		}
	}
	secret, err := keptSecret(w.env["DATA_DIR"])
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := auth.New(t.Context(), auth.Options{Store: users, Secret: []byte(secret), Now: clock, Passwords: auth.NewPasswords(auth.Cost{MemoryKiB: 8, Passes: 1}, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[booking.Role]int{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 4 {
			t.Fatalf("line %q", line)
		}
		session, err := accounts.Authenticate(t.Context(), fields[0])
		if err != nil {
			t.Fatal(err)
		}
		user := w.store.users[booking.EmailKey(fields[3])]
		if session.Principal.ID != fields[2] || string(session.Principal.Role) != fields[1] || user.ID != fields[2] {
			t.Errorf("%q is of %+v", line, session.Principal)
		}
		roles[session.Principal.Role]++
	}
	if len(roles) != 2 || roles[booking.Customer] != 7 || roles[booking.Staff] != 2 {
		t.Errorf("roles %v", roles)
	}
}

func TestSeedTokensAreRefused(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		args []string
		code int
		want string
	}{
		{"production without a secret", map[string]string{"APP_ENV": "production"}, []string{"--force", "--tokens", "x"}, exitUsage, "JWT_SECRET is not set"},
		{"production with a short one", map[string]string{"APP_ENV": "production", "JWT_SECRET": "short"}, []string{"--force", "--tokens", "x"}, exitUsage, "JWT_SECRET must be a secret"},
		{"a folder that is not there", nil, []string{"--tokens", "/nowhere/at/all/tokens"}, exitFailed, "write tokens: open /nowhere/at/all/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.env)
			code := run(t.Context(), append([]string{"seed", "-bookings=1"}, test.args...), w.surroundings)
			if code != test.code || !strings.Contains(w.errout.String(), test.want) || len(w.store.bookings) != 0 {
				t.Errorf("exit code %d, %q, %d bookings", code, w.errout.String(), len(w.store.bookings))
			}
		})
	}
}
