package interop

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestControl: what scenarios ask for in error is refused with a sentence, and breaks nothing.
func TestControl(t *testing.T) {
	control := NewControl(mustBuild(t))
	server := httptest.NewServer(control)
	defer server.Close()
	for _, row := range []struct {
		name, method, path string
		status             int
		says               string
	}{
		{"a server", "POST", "/servers?ping-interval=300ms", 200, `{"id":1,"url":"http://127.0.0.1:`},
		{"a flag there is none of", "POST", "/servers?nothing=1", 500, "unknown flag"},
		{"a value that is refused", "POST", "/servers?max-payload=0", 500, "positive number"},
		{"the wrong method", "GET", "/servers", 405, ""},
		{"no such server", "POST", "/servers/2/kill", 404, ""},
		{"no number", "POST", "/servers/one/kill", 404, ""},
		{"server 0", "POST", "/servers/0/kill", 404, ""},
		{"no such act", "POST", "/servers/1/dance", 404, ""},
		{"starting what runs", "POST", "/servers/1/start", 500, "runs already"},
		{"pausing", "POST", "/servers/1/pause", 200, ""},
		{"killing what is frozen", "POST", "/servers/1/kill", 200, ""},
		{"killing what is down", "POST", "/servers/1/kill", 500, "is down"},
		{"pausing what is down", "POST", "/servers/1/pause", 500, "is down"},
		{"starting it again", "POST", "/servers/1/start", 200, ""},
		{"stopping it", "POST", "/servers/1/stop", 200, ""},
		{"starting it once more", "POST", "/servers/1/start", 200, ""},
		{"pausing it at the end", "POST", "/servers/1/pause", 200, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), row.method, server.URL+row.path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.StatusCode != row.status || !strings.Contains(string(body), row.says) {
				t.Errorf("%d %s, %v; want %d and %q", answer.StatusCode, body, err, row.status, row.says)
			}
		})
	}
	if err := control.Close(); err != nil {
		t.Error(err)
	}
}
