package main

import (
	"errors"
	"strings"
	"testing"

	"kapoor.example/desk/booking"
)

func TestAdminCreate(t *testing.T) {
	right := []string{"--email", "Owner@shop.example", "--name", " Asha "}
	tests := []struct {
		name  string
		args  []string
		env   map[string]string
		stdin string
		code  int
		want  string // on stderr; where it is "" the account was made
	}{
		{"password from standard input", right, nil, "correct horse\nmore\n", 0, ""},
		{"without an end of line", right, nil, "correct horse", 0, ""},
		{"with another system's", right, nil, "correct horse\r\n", 0, ""},
		{"from the environment", right, map[string]string{"ADMIN_PASSWORD": "correct horse"}, "ignored line\n", 0, ""},
		{"in production, without what serving asks for", right, map[string]string{"APP_ENV": production}, "correct horse", 0, ""},
		{"short password", right, nil, "1234567\n", exitUsage, "The password must be at least 8 characters and at most 256 bytes long (its value is not shown)."},
		{"no password", right, nil, "", exitUsage, "The password must be at least 8 characters and at most 256 bytes long (its value is not shown)."},
		{"endless password", right, nil, strings.Repeat("x", 100_000), exitUsage, "The password must be at least 8 characters and at most 256 bytes long (its value is not shown)."},
		{"taken", []string{"--email", "TAKEN@shop.example", "--name", "A"}, nil, "correct horse", exitUsage, `--email is "TAKEN@shop.example", but must be one that no account has yet.`},
		{"no e-mail", []string{"--email", "shop.example", "--name", "A"}, nil, "correct horse", exitUsage, `--email is "shop.example", but must be an e-mail address such as admin@shop.example.`},
		{"e-mail with a name", []string{"--email", "A <a@shop.example>", "--name", "A"}, nil, "correct horse", exitUsage, `--email is "A <a@shop.example>", but must be an e-mail address such as admin@shop.example.`},
		{"empty e-mail", []string{"--email=", "--name", "A"}, nil, "correct horse", exitUsage, `--email is not set, but must be text.`},
		{"blank name", []string{"--email", "a@shop.example", "--name", "  "}, nil, "correct horse", exitUsage, `--name is "  ", but must be a name of 1 to 100 characters.`},
		{"name of two lines", []string{"--email", "a@shop.example", "--name", "A\nB"}, nil, "correct horse", exitUsage, `--name is "A\nB", but must be text.`},
		{"hash that fails", right, nil, "unhashable", exitFailed, "hash password: no memory"},
		{"password as a flag", append([]string{"--password=x"}, right...), nil, "", exitUsage, "unknown flag --password: see --help."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.env)
			w.store.users["taken@shop.example"] = booking.User{}
			w.stdin = strings.NewReader(test.stdin)
			code := run(t.Context(), append([]string{"admin", "create"}, test.args...), w.surroundings)
			if got := strings.TrimSpace(w.errout.String()); code != test.code || got != test.want {
				t.Fatalf("exit code %d, told %q", code, got)
			}
			if strings.Contains(w.out.String()+w.errout.String(), "correct horse") {
				t.Error("shows the password")
			}
			user, made := w.store.users["owner@shop.example"]
			if made != (test.want == "") {
				t.Fatalf("account made: %v", made)
			}
			if !made {
				return
			}
			if user.Role != booking.Admin || !user.Active || user.Name != "Asha" || user.PasswordHash != "hashed:correct horse" || !booking.ValidID(user.ID) {
				t.Errorf("user %+v", user)
			}
			if want := "Admin Owner@shop.example created with id " + user.ID + ".\n"; w.out.String() != want || !w.store.closed {
				t.Errorf("told %q, closed %v", w.out.String(), w.store.closed)
			}
		})
	}
}

func TestPasswordIsTypedTwice(t *testing.T) {
	tests := []struct {
		name    string
		answers []string // "!" is an error
		want    string
		wrong   bool
	}{
		{"the same", []string{"secret-1", "secret-1"}, "secret-1", false},
		{"the same at last", []string{"a", "b", "secret-1", "secret-1"}, "secret-1", false},
		{"never the same", []string{"a", "b", "c", "d", "e", "f"}, "", true},
		{"interrupted", []string{"a", "!"}, "", true},
		{"interrupted at once", []string{"!"}, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answers := test.answers
			got, err := typedTwice(func(string) (string, error) {
				next := answers[0]
				answers = answers[1:]
				if next == "!" {
					return "", errors.New("interrupted")
				}
				return next, nil
			})
			if got != test.want || (err != nil) != test.wrong || len(answers) != 0 {
				t.Errorf("got %q, %v; %d answers left", got, err, len(answers))
			}
		})
	}
}
