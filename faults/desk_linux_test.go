package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds whatever is bound to happen.
const patience = time.Minute

var binary string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "faults")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(folder, "server")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/server").CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build the server: %v\n%s", err, out))
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func long() bool { return os.Getenv("LONG") != "" }

// amount is short, or what is promised with LONG=1.
func amount(short, promised int) int {
	if long() {
		return promised
	}
	return short
}

// desk is a server in a process of its own, which can be ended and started again on the same port and store.
type desk struct {
	t    *testing.T
	port int
	data string
	env  []string
	http *http.Client

	mu  sync.Mutex // of cmd and log
	cmd *exec.Cmd
	log *bytes.Buffer
}

func startDesk(t *testing.T, env ...string) *desk {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, port: port, data: t.TempDir(), env: env, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 20 * time.Second}}
	d.start()
	t.Cleanup(func() {
		d.end(syscall.SIGKILL)
		d.http.CloseIdleConnections()
		if t.Failed() {
			t.Logf("the end of the log:\n%s", d.tail())
		}
	})
	return d
}

func (d *desk) address() string { return fmt.Sprintf("127.0.0.1:%d", d.port) }

// start starts the process and waits until it is ready. It returns when that was.
func (d *desk) start() time.Time {
	d.t.Helper()
	d.mu.Lock()
	d.log = &bytes.Buffer{}
	d.cmd = exec.Command(binary, "serve")
	d.cmd.Env = append([]string{
		"HOST=127.0.0.1", fmt.Sprint("PORT=", d.port), "DATA_DIR=" + d.data, "JWT_SECRET=a secret of the fault tests, long enough for all",
		"LOG_FORMAT=json", "LOG_LEVEL=warn", "MAX_CONNECTIONS_PER_USER=100000", "MAX_CONNECTIONS_PER_ADDRESS=100000",
		"LOGIN_LIMIT_ADDRESS=1000000/1m",
	}, d.env...)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	err := d.cmd.Start()
	d.mu.Unlock()
	if err != nil {
		d.t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; {
		response, err := d.http.Get("http://" + d.address() + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return time.Now()
			}
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("the server is not ready: %v\n%s", err, d.tail())
		}
		<-time.After(5 * time.Millisecond) // the pace of asking
	}
}

// end ends the process and waits until it is gone.
func (d *desk) end(signal syscall.Signal) {
	d.mu.Lock()
	cmd := d.cmd
	d.cmd = nil
	d.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(signal) // it may have ended by itself: Wait says so
	if err := cmd.Wait(); err != nil && signal == syscall.SIGTERM {
		d.t.Errorf("stop the server: %v\n%s", err, d.tail())
	}
}

func (d *desk) tail() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := d.log.String()
	return text[max(0, len(text)-4000):]
}

// call asks once.
func (d *desk) call(ctx context.Context, method, path, token, key string, body, into any) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+d.address()+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := d.http.Do(request)
	if err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return 0, err
	}
	if into != nil && response.StatusCode < 300 {
		if err := json.Unmarshal(answer, into); err != nil {
			return 0, fmt.Errorf("%s %s: %w: %s", method, path, err, answer)
		}
	}
	return response.StatusCode, nil
}

// insist asks until there is an answer that the server has not made in distress.
func (d *desk) insist(ctx context.Context, method, path, token, key string, body, into any) (status int, err error) {
	for {
		status, err = d.call(ctx, method, path, token, key, body, into)
		if err == nil && status < 500 && status != http.StatusRequestTimeout || ctx.Err() != nil {
			return status, err
		}
		select {
		case <-time.After(20 * time.Millisecond): // the pace of trying
		case <-ctx.Done():
		}
	}
}

// login returns a demo account's token.
func (d *desk) login(email, password string) string {
	d.t.Helper()
	var answer struct{ Token string }
	if status, err := d.insist(d.t.Context(), "POST", "/api/v1/auth/login", "", "", map[string]string{"email": email, "password": password}, &answer); status != 200 {
		d.t.Fatalf("log in: %d, %v", status, err)
	}
	return answer.Token
}

// stored is a booking as the store has it in the end.
type stored struct {
	ID      string `json:"_id"`
	Version int    `json:"version"`
	Invoice string `json:"invoiceNumber"`
}

// all returns every booking.
func (d *desk) all(token string) []stored {
	d.t.Helper()
	return d.list("/api/v1/bookings", token)
}

// own returns the bookings of the token's user.
func (d *desk) own(token string) []stored {
	d.t.Helper()
	return d.list("/api/v1/bookings/user", token)
}

func (d *desk) list(path, token string) (all []stored) {
	d.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Data       []stored
			NextCursor string
		}
		if status, err := d.insist(d.t.Context(), "GET", path+"?limit=100&cursor="+cursor, token, "", nil, &page); status != 200 {
			d.t.Fatalf("list: %d, %v", status, err)
		}
		all = append(all, page.Data...)
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}
