package http_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	nethttp "net/http"
	"regexp"
	"strings"
	"testing"
)

const asBrowser = "text/html,application/xhtml+xml,*/*;q=0.8"

// load asks for a page or a file as a browser does. Nothing is unpacked.
func (a *api) load(method, path string, headers ...string) (*nethttp.Response, string) {
	a.t.Helper()
	request, err := nethttp.NewRequestWithContext(a.t.Context(), method, "http://"+a.addr+path, nethttp.NoBody)
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := a.client.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if closeErr := answer.Body.Close(); err != nil || closeErr != nil {
		a.t.Fatal(err, closeErr)
	}
	return answer, string(body)
}

// script returns the address of the app's script.
func (a *api) script() string {
	a.t.Helper()
	_, page := a.load("GET", "/")
	found := regexp.MustCompile(`<script src="(/_expo/static/js/web/[^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		a.t.Fatalf("the page has no script:\n%s", page)
	}
	return found[1]
}

// TestWebAppTakesWhatNobodyElseDoes asks for addresses of the app, of the API and of nobody.
func TestWebAppTakesWhatNobodyElseDoes(t *testing.T) {
	a := setup(t)
	for _, tt := range []struct {
		name, method, path, accept string
		status                     int
		page                       bool
	}{
		{"the page", "GET", "/", "*/*", 200, true},
		{"the page's head", "HEAD", "/", "*/*", 200, false},
		{"an address of the app", "GET", "/bookings/06h0fcf08vwwejwq76mka5dpyg", asBrowser, 200, true},
		{"one nobody knows", "GET", "/no/such/thing", asBrowser, 200, true},
		{"with a query", "GET", "/sign-in?next=1", asBrowser, 200, true},
		{"for a program", "GET", "/bookings", "application/json", 404, false},
		{"for anything", "GET", "/bookings", "*/*", 404, false},
		{"a file that is not there", "GET", "/missing.js", asBrowser, 404, false},
		{"a script that is not there", "GET", "/_expo/static/js/web/index-0.js", asBrowser, 404, false},
		{"up and away", "GET", "/_expo/../../etc/passwd", asBrowser, 200, true},
		{"a post", "POST", "/bookings", asBrowser, 404, false},
		{"a post to the page", "POST", "/", asBrowser, 404, false},
		{"a delete of a file", "DELETE", "/favicon.svg", asBrowser, 404, false},
		{"the API without a token", "GET", "/api/v1/bookings", asBrowser, 401, false},
		{"the API's unknown", "GET", "/api/v1/nothing", asBrowser, 404, false},
		{"the API's root", "GET", "/api", asBrowser, 404, false},
		{"the API's other version", "GET", "/api/v2/bookings", asBrowser, 404, false},
		{"Socket.IO", "GET", "/socket.io/", asBrowser, 404, false}, // no engine is mounted here
		{"health", "GET", "/health", asBrowser, 200, false},
		{"the document", "GET", "/openapi.json", asBrowser, 200, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, body := a.load(tt.method, tt.path, "Accept", tt.accept)
			if answer.StatusCode != tt.status {
				t.Errorf("status %d, not %d: %s", answer.StatusCode, tt.status, body)
			}
			if page := strings.Contains(body, `<div id="root">`); page != tt.page {
				t.Errorf("the app's page: %v, not %v", page, tt.page)
			}
			if !tt.page && tt.status >= 400 && !strings.Contains(body, `"success":false`) {
				t.Errorf("not in the API's form: %s", body)
			}
		})
	}
}

func TestWebAppCompressesAndCaches(t *testing.T) {
	a := setup(t)
	script := a.script()
	_, plain := a.load("GET", script)
	for _, tt := range []struct{ name, path, accept, encoding, cache string }{
		{"the script with Brotli", script, "gzip, deflate, br, zstd", "br", "public, max-age=31536000, immutable"},
		{"the script with gzip", script, "gzip, deflate", "gzip", "public, max-age=31536000, immutable"},
		{"the script with anything", script, "*", "br", "public, max-age=31536000, immutable"},
		{"the script without Brotli", script, "br;q=0, *", "gzip", "public, max-age=31536000, immutable"},
		{"the script as it is", script, "identity", "", "public, max-age=31536000, immutable"},
		{"the page with gzip", "/", "gzip", "gzip", "no-cache"},
		{"an address with gzip", "/bookings", "gzip", "gzip", "no-cache"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, body := a.load("GET", tt.path, "Accept-Encoding", tt.accept, "Accept", asBrowser)
			h := answer.Header
			if h.Get("Content-Encoding") != tt.encoding || h.Get("Cache-Control") != tt.cache || !strings.Contains(h.Get("Vary"), "Accept-Encoding") {
				t.Errorf("headers %v", h)
			}
			if tt.encoding == "gzip" && tt.path == script {
				unpacked, err := gzip.NewReader(strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				if content, err := io.ReadAll(unpacked); err != nil || string(content) != plain {
					t.Errorf("%d bytes unpacked, not %d: %v", len(content), len(plain), err)
				}
			}
			again, rest := a.load("GET", tt.path, "Accept", asBrowser, "If-None-Match", h.Get("Etag"))
			if again.StatusCode != nethttp.StatusNotModified || rest != "" || again.Header.Get("Cache-Control") != tt.cache {
				t.Errorf("asked again: %d with %d bytes, %v", again.StatusCode, len(rest), again.Header)
			}
		})
	}
	if answer, _ := a.load("GET", script, "If-None-Match", `"another"`); answer.StatusCode != nethttp.StatusOK {
		t.Errorf("status %d with another version's tag", answer.StatusCode)
	}
}

// TestWebAppPolicyHolds reads what the page has in it: nothing that its policy would stop.
func TestWebAppPolicyHolds(t *testing.T) {
	a := setup(t)
	answer, page := a.load("GET", "/")
	policy := answer.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self';", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy without %s: %s", want, policy)
		}
	}
	for _, stray := range []string{"unsafe", "*", "http:", "https:"} {
		if strings.Contains(policy, stray) {
			t.Errorf("policy with %s: %s", stray, policy)
		}
	}
	styles := regexp.MustCompile(`(?s)<style[^>]*>(.*?)</style>`).FindAllStringSubmatch(page, -1)
	for _, style := range styles {
		sum := sha256.Sum256([]byte(style[1]))
		if !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) {
			t.Errorf("policy does not allow the page's style: %s", policy)
		}
	}
	if scripts := regexp.MustCompile(`<script[^>]*>`).FindAllString(page, -1); len(scripts) != 1 || !strings.Contains(scripts[0], `src="/`) {
		t.Errorf("scripts: %v", scripts)
	}
	if stray := regexp.MustCompile(` (on[a-z]+|style)=`).FindString(page); stray != "" {
		t.Errorf("the page has an attribute the policy stops:%s", stray)
	}
	script, _ := a.load("GET", a.script())
	if script.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(script.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("the script's headers: %v", script.Header)
	}
}
