package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"kapoor.example/desk/booking"
)

// start runs serve until the test ends it, and returns how.
func start(t *testing.T, w *world, args ...string) (stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, append([]string{"serve", "--log-format=json"}, args...), w.surroundings) }()
	return func() int {
		cancel()
		return <-ended
	}
}

func TestServeSaysWhatOperatorsKnow(t *testing.T) {
	w := newWorld(t, map[string]string{"HOST": "", "SOCKET_AUTH": "none", "EVENT_AUDIENCE": "everyone"})
	stop := start(t, w)
	<-w.desk.serving
	eventually(t, "the server says it is there", func() bool {
		return strings.Contains(w.errout.String(), `"message":"Socket.IO enabled for real-time updates"`)
	})
	if code := stop(); code != 0 {
		t.Fatalf("exit code %d: %s", code, w.errout.String())
	}
	log := w.errout.String()
	for _, want := range []string{
		`{"level":"info","time":"2026-03-09T09:00:05.006Z","message":"Server running on port `,
		`"message":"Server stopping"`, `"message":"Server stopped"`,
		`"level":"warn","time":"2026-03-09T09:00:05.006Z","message":"SOCKET_AUTH is none`,
		`"message":"EVENT_AUDIENCE is everyone`, `HOST=localhost`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in\n%s", want, log)
		}
	}
	if want := []string{"store opened", "desk closed", "store closed"}; !slices.Equal(w.desk.noted(), want) {
		t.Errorf("order of events %q", w.desk.noted())
	}
	if strings.Contains(log, "@") || strings.Contains(log, w.desk.config.JWTSecret) {
		t.Errorf("the log tells too much:\n%s", log)
	}
	if len(w.desk.config.JWTSecret) < minSecret || len(w.store.bookings) == 0 {
		t.Errorf("secret of %d bytes, %d demo bookings", len(w.desk.config.JWTSecret), len(w.store.bookings))
	}
}

// TestPortIsInTheText holds the line that operators search for: the port belongs to the text.
func TestPortIsInTheText(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, map[string]string{"PORT": strconv.Itoa(port)})
	stop := start(t, w)
	<-w.desk.serving
	if stop() != 0 || !strings.Contains(w.errout.String(), fmt.Sprintf(`"message":"Server running on port %d"`, port)) {
		t.Error(w.errout.String())
	}
}

func TestServeKeepsToItself(t *testing.T) {
	w := newWorld(t, map[string]string{"HOST": "localhost"})
	stop := start(t, w)
	<-w.desk.serving
	if code := stop(); code != 0 || strings.Contains(w.errout.String(), `"warn"`) {
		t.Errorf("exit code %d: %s", code, w.errout.String())
	}
}

func TestServeRefusesToStart(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	port := strconv.Itoa(busy.Addr().(*net.TCPAddr).Port)
	inFile := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(inFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	right := map[string]string{"APP_ENV": production, "JWT_SECRET": strings.Repeat("s", minSecret), "CORS_ORIGINS": "*"}
	tests := []struct {
		name string
		env  map[string]string
		with func(*world)
		code int
		want string // the last line
	}{
		{"port in use", map[string]string{"PORT": port}, nil, exitFailed, "PORT is " + port + ", but another program is listening there: stop it or choose another port"},
		{"address of another machine", map[string]string{"HOST": "192.0.2.1"}, nil, exitUsage, `HOST is "192.0.2.1", but must be an address of this machine.`},
		{"folder under a file", map[string]string{"DATA_DIR": inFile + "/data"}, nil, exitUsage, `DATA_DIR is "` + inFile + `/data", but must be a folder that can be made and written to.`},
		{"demo password in production", right, func(w *world) {
			w.store.users["staff@example.com"] = booking.User{Active: true, PasswordHash: "hashed:staff123"}
		}, exitUsage, `APP_ENV is "production", but must be development while the demo password of staff@example.com works: change it or deactivate the account first.`},
		{"store that does not open", nil, func(w *world) {
			w.parts.openStore = func(context.Context, Common, zerolog.Logger, func() time.Time) (booking.Store, error) {
				return nil, errors.New("out of order")
			}
		}, exitFailed, "open store: out of order"},
		{"desk that cannot be built", nil, func(w *world) {
			w.parts.newDesk = func(context.Context, Config, booking.Store, zerolog.Logger, func() time.Time) (Desk, error) {
				return nil, errors.New("out of order")
			}
		}, exitFailed, "build desk: out of order"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.env)
			if test.with != nil {
				test.with(w)
			}
			code := run(t.Context(), []string{"serve", "--log-format=json"}, w.surroundings)
			lines := strings.Split(strings.TrimSpace(w.errout.String()), "\n")
			if code != test.code || lines[len(lines)-1] != test.want {
				t.Errorf("exit code %d, last line\n%s\nwant\n%s", code, lines[len(lines)-1], test.want)
			}
			if steps := w.desk.noted(); slices.Contains(steps, "store opened") && !w.store.closed {
				t.Error("the store stays open")
			}
			if strings.Contains(w.errout.String(), "Server running") {
				t.Error("says that it runs")
			}
		})
	}
	t.Run("changed demo passwords are no obstacle", func(t *testing.T) {
		w := newWorld(t, right)
		w.store.users["staff@example.com"] = booking.User{Active: true, PasswordHash: "hashed:another"}
		w.store.users["admin@example.com"] = booking.User{Active: false, PasswordHash: "hashed:admin123"}
		stop := start(t, w)
		<-w.desk.serving
		if code := stop(); code != 0 || len(w.store.bookings) != 0 {
			t.Errorf("exit code %d, %d bookings: %s", code, len(w.store.bookings), w.errout.String())
		}
	})
}

func TestServeEndsWhenServingFails(t *testing.T) {
	w := newWorld(t, nil)
	w.desk.stop <- errors.New("accept: out of descriptors")
	code := run(t.Context(), []string{"serve"}, w.surroundings)
	if code != exitFailed || !strings.Contains(w.errout.String(), "serve: accept: out of descriptors") || !w.store.closed {
		t.Errorf("exit code %d, closed %v: %s", code, w.store.closed, w.errout.String())
	}
}

func TestCloseBeforeRunAndTwice(t *testing.T) {
	w := newWorld(t, nil)
	p := newProgram(mustParse(t, w), zerolog.Nop(), clock, w.parts)
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	p = newProgram(mustParse(t, w), zerolog.Nop(), clock, w.parts)
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Port() == 0 {
		t.Error("no port")
	}
	if err := errors.Join(p.Close(t.Context()), p.Close(t.Context())); err != nil {
		t.Error(err)
	}
}
