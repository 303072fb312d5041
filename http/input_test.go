package http_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // a machine may have no time zones of its own

	"github.com/golang-jwt/jwt/v5"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/http"

	"kapoor.example/desk/auth"
)

// takers are the routes that take a body, with one that is right.
func takers() map[string]map[string]any {
	return map[string]map[string]any{
		"POST /api/v1/auth/register":         {"name": "N", "email": "n@example.org", "password": "12345678"},
		"POST /api/v1/auth/login":            {"email": "owner@example.org", "password": password},
		"PUT /api/v1/auth/profile":           {"name": "N"},
		"POST /api/v1/auth/change-password":  {"currentPassword": password, "newPassword": "battery staple"},
		"POST /api/v1/bookings":              filledIn,
		"PATCH /api/v1/bookings/:id/status":  {"status": "Scheduled"},
		"PATCH /api/v1/bookings/:id":         {"address": "x"},
		"POST /api/v1/bookings/:id/messages": {"message": "x"},
		"POST /api/v1/users":                 {"name": "N", "email": "n@example.org", "password": "12345678", "role": "staff"},
		"PATCH /api/v1/users/:id":            {"name": "N"},
	}
}

// Whatever a body is that is no JSON object: a clear refusal, and nothing stored.
func TestBadBodies(t *testing.T) {
	a := setup(t)
	b := a.mustBooking(owner)
	for route := range takers() {
		method, path, _ := strings.Cut(route, " ")
		if path = strings.Replace(path, ":id", b.ID, 1); strings.Contains(path, "/users/") {
			path = "/api/v1/users/" + a.users[other].ID
		}
		for _, tt := range []struct {
			name, body, media string
			status            int
			code              string
		}{
			{"cut", `{"name":`, "application/json", 400, "invalid_json"},
			{"array", `[]`, "application/json", 400, "invalid_json"},
			{"string", `"hello"`, "application/json", 400, "invalid_json"},
			{"number", `7`, "application/json", 400, "invalid_json"},
			{"null", `null`, "application/json", 400, "invalid_json"},
			{"two objects", `{}{}`, "application/json", 400, "invalid_json"},
			{"spaces", `   `, "application/json", 400, "invalid_json"},
			{"form", `name=N&email=n%40example.org`, "application/json", 400, "invalid_json"},
			{"HTML", `<html>`, "application/json", 400, "invalid_json"},
			{"not UTF-8", "{\"name\":\"\xff\xfe\"}", "application/json", 400, "invalid_json"},
			{"NUL bytes", "\x00\x00\x00", "application/json", 400, "invalid_json"},
			{"deep", strings.Repeat("[", 60_000), "application/json", 400, "invalid_json"},
			{"deep objects", strings.Repeat(`{"a":`, 12_000), "application/json", 400, "invalid_json"},
			{"a form's type", `{"name":"N"}`, "application/x-www-form-urlencoded", 415, "unsupported_media_type"},
			{"plain text", `{"name":"N"}`, "text/plain", 415, "unsupported_media_type"},
			{"no type", `{"name":"N"}`, "", 415, "unsupported_media_type"},
			{"64 KiB and one", `{"x":"` + strings.Repeat("x", 64<<10-7) + `"}`, "application/json", 413, "payload_too_large"},
			{"10 MB", `{"name":"` + strings.Repeat("x", 10<<20) + `"}`, "application/json", 413, "payload_too_large"},
		} {
			t.Run(route+"/"+tt.name, func(t *testing.T) {
				before := a.store.stored()
				r := a.ask(admin, method, path, tt.body, "Content-Type", tt.media)
				wantFailure(t, r, tt.status, tt.code)
				if after := a.store.stored(); after != before || len(a.store.told()) > 0 {
					t.Errorf("stored: %v → %v", before, after)
				}
			})
		}
	}
	wantStatus(t, a.ask(admin, "GET", "/api/v1/bookings/"+b.ID, nil), 200)
	if log := a.log.String(); strings.Contains(log, `"level":"error"`) {
		t.Errorf("an error was logged: %.500s", log)
	}
}

// Chunked bodies have no length to be refused by.
func TestChunkedBodies(t *testing.T) {
	a := setup(t)
	endless := io.MultiReader(strings.NewReader(`{"name":"`), io.LimitReader(letters{}, 10<<20))
	wantFailure(t, a.ask(nobody, "POST", "/api/v1/auth/register", endless), 413, "payload_too_large")
	small := io.MultiReader(strings.NewReader(`{"email":"owner@example.org",`), strings.NewReader(`"password":"`+password+`"}`))
	wantStatus(t, a.ask(nobody, "POST", "/api/v1/auth/login", small), 200)
	wantStatus(t, a.ask(owner, "GET", "/api/v1/auth/me", nil), 200)
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// bad is a value that is not right, with a name for it.
type bad struct {
	name  string
	value any
}

func plus(some []bad, more ...bad) []bad { return slices.Concat(some, more) }

// Every member of every body: of the wrong type, too long, with control characters. Each is named, by the client's name.
func TestBadMembers(t *testing.T) {
	a := setup(t)
	b := a.mustBooking(owner)
	long := strings.Repeat("x", 3000)
	objects := []bad{{"object", map[string]any{"$gt": ""}}, {"array", []any{"x"}}, {"true", true}, {"number", 1.5}}
	texts := plus(objects, bad{"long", long}, bad{"bell", "a\ab"}, bad{"escape", "\x1b]0;x\a"}, bad{"NUL", "a\x00b"})
	lines := plus(texts, bad{"two lines", "a\nb"}, bad{"forged line", "a\r\nHTTP request"})
	secrets := objects // a password may have any character
	for _, tt := range []struct {
		route, member string
		wrong         []bad
	}{
		{"POST /api/v1/auth/register", "name", plus(lines, bad{"missing", nil}, bad{"empty", ""}, bad{"blank", "  "})},
		{"POST /api/v1/auth/register", "email", plus(lines, bad{"missing", nil}, bad{"no address", "x"}, bad{"two", "a@b.c,d@e.f"}, bad{"with a name", "A <a@b.c>"})},
		{"POST /api/v1/auth/register", "password", plus(secrets, bad{"missing", nil}, bad{"short", "1234567"}, bad{"long", long})},
		{"POST /api/v1/auth/register", "phone", lines},
		{"POST /api/v1/auth/login", "email", plus(objects, bad{"missing", nil})},
		{"POST /api/v1/auth/login", "password", plus(secrets, bad{"missing", nil})},
		{"PUT /api/v1/auth/profile", "name", plus(lines, bad{"null", nil}, bad{"blank", " "})},
		{"PUT /api/v1/auth/profile", "email", plus(lines, bad{"null", nil})},
		{"PUT /api/v1/auth/profile", "phone", lines},
		{"POST /api/v1/auth/change-password", "currentPassword", plus(secrets, bad{"missing", nil}, bad{"wrong", "not the one"})},
		{"POST /api/v1/auth/change-password", "newPassword", plus(secrets, bad{"missing", nil}, bad{"short", "x"}, bad{"long", long})},
		{"POST /api/v1/bookings", "name", plus(lines, bad{"missing", nil}, bad{"blank", " "})},
		{"POST /api/v1/bookings", "phone", plus(lines, bad{"missing", nil})},
		{"POST /api/v1/bookings", "address", plus(lines, bad{"missing", nil})},
		{"POST /api/v1/bookings", "brand", plus(lines, bad{"missing", nil})},
		{"POST /api/v1/bookings", "model", plus(lines, bad{"missing", nil})},
		{"POST /api/v1/bookings", "invoiceNo", lines},
		{"POST /api/v1/bookings", "invoiceNumber", lines},
		{"POST /api/v1/bookings", "customerName", nil}, // see TestNamesInFieldErrors
		{"POST /api/v1/bookings", "email", plus(lines, bad{"no address", "x"})},
		{"POST /api/v1/bookings", "preferredAt", plus(objects, wrongTimes()...)},
		{"POST /api/v1/bookings", "preferredDateTime", plus(objects, wrongTimes()...)},
		{"PATCH /api/v1/bookings/:id", "address", plus(lines, bad{"null", nil}, bad{"empty", ""})},
		{"PATCH /api/v1/bookings/:id", "phone", plus(lines, bad{"null", nil}, bad{"blank", " "})},
		{"PATCH /api/v1/bookings/:id", "email", plus(lines, bad{"no address", "x"})},
		{"PATCH /api/v1/bookings/:id", "invoiceNo", lines},
		{"PATCH /api/v1/bookings/:id", "preferredAt", plus(objects, wrongTimes()...)},
		{"PATCH /api/v1/bookings/:id", "version", []bad{{"zero", 0}, {"negative", -1}, {"text", "1"}, {"fraction", 1.5}, {"huge", 1e30}, {"object", map[string]any{}}}},
		{"PATCH /api/v1/bookings/:id/status", "status", plus(objects, bad{"unknown", "Done"}, bad{"another case", "pending"}, bad{"missing", nil}, bad{"empty", ""})},
		{"PATCH /api/v1/bookings/:id/status", "message", texts},
		{"PATCH /api/v1/bookings/:id/status", "assignedTo", plus(lines, bad{"unknown", booking.NewID(a.now())}, bad{"malformed", "../x"}, bad{"a customer", a.users[owner].ID})},
		{"PATCH /api/v1/bookings/:id/status", "version", []bad{{"text", "x"}}},
		{"POST /api/v1/bookings/:id/messages", "message", plus(texts, bad{"missing", nil}, bad{"blank", "\n \n"})},
		{"POST /api/v1/bookings/:id/messages", "clientId", lines},
		{"POST /api/v1/users", "role", plus(objects, bad{"missing", nil}, bad{"unknown", "root"}, bad{"customer", "customer"})},
		{"POST /api/v1/users", "email", plus(lines, bad{"missing", nil})},
		{"PATCH /api/v1/users/:id", "role", plus(objects, bad{"unknown", "root"}, bad{"empty", ""}, bad{"null", nil})},
		// null was taken for false, and put the user out.
		{"PATCH /api/v1/users/:id", "active", []bad{{"text", "false"}, {"number", 0}, {"object", map[string]any{}}, {"null", nil}}},
		{"PATCH /api/v1/users/:id", "password", plus(secrets, bad{"short", "x"})},
		{"PATCH /api/v1/users/:id", "name", plus(lines, bad{"null", nil})},
	} {
		method, path, _ := strings.Cut(tt.route, " ")
		if path = strings.Replace(path, ":id", b.ID, 1); strings.Contains(path, "/users/") {
			path = "/api/v1/users/" + a.users[other].ID
		}
		for _, w := range tt.wrong {
			t.Run(tt.route+"/"+tt.member+"/"+w.name, func(t *testing.T) {
				before := a.store.stored()
				body := with(takers()[tt.route], tt.member, w.value)
				if w.name == "missing" {
					delete(body, tt.member)
				}
				wantField(t, a.ask(admin, method, path, body), tt.member)
				if after := a.store.stored(); after != before || len(a.store.told()) > 0 {
					t.Errorf("stored: %v → %v", before, after)
				}
			})
		}
	}
}

func wrongTimes() []bad {
	times := []bad{{"a number", 1743501600000}}
	for _, text := range []string{
		"tomorrow", "2025-04-01", "01/04/2025", "2025-13-01T10:00:00Z", "2025-02-30T10:00:00Z", "2025-04-01T25:00:00Z", "1743501600",
		"2025-04-01 10:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2025-04-01T10:00:00Z\n", "-1",
		"2025-04-01T10:00:00+99:99", "Tue Apr 01 2025 10:00:00 GMT+0530",
	} {
		times = append(times, bad{text, text})
	}
	return times
}

func TestTimes(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	a := setup(t, func(o *http.Options, _ *auth.Options) { o.TimeZone = kolkata })
	for in, want := range map[string]string{
		"2025-04-01T10:00:00Z":             "2025-04-01T10:00:00.000Z",
		"2025-04-01T10:00:00.123456789Z":   "2025-04-01T10:00:00.123Z",
		"2025-04-01T10:00:00-07:00":        "2025-04-01T17:00:00.000Z",
		"2025-04-01T10:00:00.5+05:30":      "2025-04-01T04:30:00.500Z",
		"2025-04-01T10:00":                 "2025-04-01T04:30:00.000Z",
		"2025-04-01T10:00:30":              "2025-04-01T04:30:30.000Z",
		"2024-02-29T23:59:59.999999+14:00": "2024-02-29T09:59:59.999Z",
	} {
		r := a.ask(owner, "POST", "/api/v1/bookings", with(filledIn, "preferredAt", in))
		if got := r.at("booking.preferredDateTime"); got != want {
			t.Errorf("%s became %v, want %s (%s)", in, got, want, r)
		}
	}
}

func TestNamesInFieldErrors(t *testing.T) {
	a := setup(t)
	body := with(filledIn, "customerName", "a\nb", "contactNumber", 7)
	delete(body, "name")
	delete(body, "phone")
	r := a.ask(owner, "POST", "/api/v1/bookings", body)
	wantField(t, r, "customerName")
	wantField(t, r, "contactNumber")
	r = a.ask(owner, "POST", "/api/v1/bookings", map[string]any{})
	for _, field := range []string{"name", "phone", "address", "brand", "model"} {
		if why := r.at("fields." + field); why != "is required" {
			t.Errorf("%s: %v", field, why)
		}
	}
	wantField(t, a.ask(owner, "POST", "/api/v1/bookings", nil), "name") // no body at all
}

// Members nobody knows, twice the same member, and other spellings of true things do no harm.
func TestTolerated(t *testing.T) {
	a := setup(t)
	for name, body := range map[string]string{
		"unknown members": `{"name":"A","phone":"1","address":"a","brand":"b","model":"m","_id":"x","status":"Completed","createdBy":"y","version":99}`,
		"twice the same":  `{"name":"X","name":"A","phone":"1","address":"a","brand":"b","model":"m"}`,
		"escapes":         `{"n\u0061me":"\u0041","phone":"1","address":"a","brand":"b","model":"m"}`,
		"empty optionals": `{"name":"A","phone":"1","address":"a","brand":"b","model":"m","email":"","invoiceNo":null,"preferredAt":""}`,
		"half surrogate":  `{"name":"A","phone":"1","address":"a\ud800","brand":"b","model":"m"}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, media := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"} {
				r := a.ask(owner, "POST", "/api/v1/bookings", body, "Content-Type", media)
				wantStatus(t, r, 200)
				if r.at("booking.customerName") != "A" || r.at("booking.status") != "Pending" || r.at("booking.version") != 1.0 {
					t.Errorf("%s", r)
				}
			}
		})
	}
}

func TestBadIDs(t *testing.T) {
	a := setup(t)
	a.mustBooking(owner)
	for _, id := range []string{
		"x", "0", "-1", "null", "undefined", "..%2f..%2fetc", "%00", "%27%20OR%201=1", "{%22$gt%22:%22%22}", strings.Repeat("a", 2000), "ABCDE!",
		"AAAAAA", "00000000000000000000000000", "0000000000000000000000000O", "🙂",
	} {
		for _, route := range []string{"GET /api/v1/bookings/", "PATCH /api/v1/bookings/", "PATCH /api/v1/bookings//status", "POST /api/v1/bookings//messages"} {
			method, path, _ := strings.Cut(route, " ")
			path = strings.Replace(path, "bookings/", "bookings/"+id, 1)
			body := any(map[string]any{"status": "Cancelled", "message": "x"})
			if method == "GET" {
				body = nil
			}
			wantFailure(t, a.ask(admin, method, path, body), 404, "not_found")
		}
		wantFailure(t, a.ask(admin, "GET", "/api/v1/users/"+id, nil), 404, "not_found")
		wantFailure(t, a.ask(admin, "PATCH", "/api/v1/users/"+id, map[string]any{"role": "staff"}), 404, "not_found")
	}
}

func TestBadQueries(t *testing.T) {
	a := setup(t)
	good := booking.Cursor{Sort: booking.SortCreatedAt, Value: 1, ID: booking.NewID(a.now())}
	byUpdate, ascending := good, good
	byUpdate.Sort, ascending.Asc = booking.SortUpdatedAt, true
	lists := []string{"/api/v1/bookings/user", "/api/v1/bookings"}
	for _, tt := range []struct {
		field string
		paths []string
		wrong []string
	}{
		{"limit", append(lists, "/api/v1/notifications", "/api/v1/users"), []string{"0", "-1", "101", "x", "1.5", "99999999999999999999", "1e2", "%00"}},
		{"skip", append(lists, "/api/v1/users"), []string{"-1", "10001", "x", "99999999999999999999"}},
		{"cursor", lists, []string{"x", "AAAA", "%00", "bnVsbA", strings.Repeat("A", 600), byUpdate.Encode(), ascending.Encode(), good.Encode() + "x"}},
		{"status", append(lists, "/api/v1/bookings/export.csv"), []string{"Done", "pending", "Pending,Scheduled", "%00"}},
		{"search", append(lists, "/api/v1/users"), []string{strings.Repeat("x", 101), "a%00b", "a%0Ab", "%FF"}},
		{"assignedTo", []string{"/api/v1/bookings", "/api/v1/bookings/export.csv"}, []string{"x", "me", strings.Repeat("x", 100)}},
		{"brand", []string{"/api/v1/bookings", "/api/v1/bookings/export.csv"}, []string{strings.Repeat("x", 101), "a%0d%0ab"}},
		{"from", []string{"/api/v1/bookings", "/api/v1/bookings/export.csv"}, []string{"x", "2025-13-01", "2025-02-30", "1", "2025-01-01T00:00:00+05:30"}}, // a + that is not escaped is a space
		{"to", []string{"/api/v1/bookings", "/api/v1/bookings/export.csv"}, []string{"x", "0001-01-01", "tomorrow"}},
		{"sort", []string{"/api/v1/bookings", "/api/v1/bookings/export.csv"}, []string{"customerName", "CreatedAt", "-createdAt"}},
		{"order", []string{"/api/v1/bookings", "/api/v1/bookings/export.csv"}, []string{"up", "DESC"}},
		{"unread", []string{"/api/v1/notifications"}, []string{"yes", "1", "TRUE"}},
		{"after", []string{"/api/v1/notifications"}, []string{"x", strings.Repeat("0", 100), "%00"}},
		{"role", []string{"/api/v1/users"}, []string{"root", "staff,admin"}},
		{"active", []string{"/api/v1/users"}, []string{"yes"}},
	} {
		for _, path := range tt.paths {
			for _, wrong := range tt.wrong {
				wantField(t, a.ask(admin, "GET", path+"?"+tt.field+"="+wrong, nil), tt.field)
			}
			if r := a.ask(admin, "HEAD", path+"?"+tt.field+"=", nil); r.status != 200 { // empty is not there
				t.Errorf("%s is empty: %s", tt.field, r)
			}
		}
	}
	wantField(t, a.ask(admin, "GET", "/api/v1/bookings?skip=1&cursor="+good.Encode(), nil), "skip")
	for _, path := range lists { // who has come that far was told a range, and not what leads on
		if r := a.ask(admin, "GET", path+"?skip=10001", nil); !strings.Contains(fmt.Sprint(r.at("fields.skip")), "use the cursor") {
			t.Errorf("%s: %s", path, r)
		}
	}
}

func TestBadKeys(t *testing.T) {
	a := setup(t)
	before := a.store.stored()
	for name, key := range map[string]string{"empty": "", "long": strings.Repeat("k", 256), "not ASCII": "schlüssel", "tab": "a\tb"} {
		t.Run(name, func(t *testing.T) {
			wantField(t, a.ask(owner, "POST", "/api/v1/bookings", filledIn, "Idempotency-Key", key), "Idempotency-Key")
		})
	}
	if after := a.store.stored(); after != before {
		t.Errorf("stored: %v → %v", before, after)
	}
	wantStatus(t, a.ask(owner, "POST", "/api/v1/bookings", filledIn, "Idempotency-Key", strings.Repeat("k", 255)), 200)
}

func TestBadTokens(t *testing.T) {
	a := setup(t)
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"sub": a.users[admin].ID, "exp": 1 << 40, "jti": booking.NewID(a.now()), "rights": 1}).
		SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, header string
		status       int
		code         string
	}{
		{"no header", "", 401, "missing_token"},
		{"another scheme", "Basic YTpi", 401, "missing_token"},
		{"no token", "Bearer", 401, "missing_token"},
		{"only spaces", "Bearer   ", 401, "missing_token"},
		{"nonsense", "Bearer nonsense", 401, "invalid_token"},
		{"two tokens", "Bearer " + a.tokens[owner] + " " + a.tokens[owner], 401, "invalid_token"},
		{"alg none", "Bearer " + none, 401, "invalid_token"},
		{"4 KB", "Bearer " + strings.Repeat("a", 4<<10), 401, "invalid_token"},
		{"100 KB", "Bearer " + strings.Repeat("a", 100<<10), 431, "headers_too_large"},
		{"right, with another case of the scheme", "bearer " + a.tokens[owner], 200, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := a.ask(nobody, "GET", "/api/v1/auth/me", nil, "Authorization", tt.header)
			if tt.status == 200 {
				wantStatus(t, r, 200)
				return
			}
			wantFailure(t, r, tt.status, tt.code)
			if tt.status == 401 && r.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("WWW-Authenticate %q", r.header.Get("WWW-Authenticate"))
			}
		})
	}
	if _, err := a.auth.SetActive(t.Context(), a.users[admin].Principal(), a.users[other].ID, false); err != nil {
		t.Fatal(err)
	}
	wantFailure(t, a.ask(other, "GET", "/api/v1/auth/me", nil), 401, "revoked_token")
	a.advance(721 * time.Hour)
	wantFailure(t, a.ask(owner, "GET", "/api/v1/auth/me", nil), 401, "expired_token")
}

// raw sends bytes as they are and returns the answer, nil where the server just closed the connection.
func (a *api) raw(text string, closeWrite bool) *nethttp.Response {
	a.t.Helper()
	conn, err := net.Dial("tcp", a.addr)
	if err != nil {
		a.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		a.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		a.t.Fatal(err)
	}
	if closeWrite {
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			a.t.Fatal(err)
		}
	}
	response, err := nethttp.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response
}

func TestHalfRequests(t *testing.T) {
	a := setup(t, func(o *http.Options, _ *auth.Options) { o.ReadTimeout = 300 * time.Millisecond })
	before := a.store.stored()
	head := func(length int) string {
		return fmt.Sprintf("POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", length)
	}
	whole := `{"name":"N","email":"n@example.org","password":"12345678"}`
	for _, tt := range []struct {
		name, text string
		closed     bool
		status     int // 0: an answer is not owed
	}{
		{"a line cut", "POST /api/v1/auth/reg", true, 0},
		{"headers cut", "POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\n", true, 0},
		{"a body cut", head(100) + `{"name":`, true, 0},
		{"a body cut that is JSON so far", head(500) + whole, true, 0},
		{"a long body cut", head(20_000) + whole + strings.Repeat(" ", 12_000), true, 400},
		{"chunks cut", "POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n", len(whole), whole), true, 400},
		{"chunks that are none", "POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false, 400},
		{"headers that never end", "POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\n", false, 408},
		{"a body that never comes", head(100), false, 408},
		{"a body that stops", head(100) + `{"name":`, false, 408},
		{"a long body that stops", head(20_000) + `{"name":` + strings.Repeat(" ", 10_000), false, 408},
		{"no length and no body", "POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + a.tokens[owner] + "\r\n\r\n", false, 400},
		{"no HTTP", "hello\r\n\r\n", false, 400},
		{"a method nobody knows", "BREW /api/v1/auth/register HTTP/1.1\r\nHost: x\r\n\r\n", false, 501},
		{"a line break in the method", "GET\nX /health HTTP/1.1\r\nHost: x\r\n\r\n", false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := a.raw(tt.text, tt.closed)
			if tt.status != 0 && r == nil {
				t.Fatal("no answer")
			}
			if r == nil {
				return
			}
			if tt.status != 0 && r.StatusCode != tt.status || r.StatusCode < 400 {
				t.Errorf("status %d, want %d", r.StatusCode, tt.status)
			}
			text, _ := io.ReadAll(r.Body)
			if !bytes.HasPrefix(text, []byte(`{"success":false,"message":"`)) {
				t.Errorf("body %.200s", text)
			}
		})
	}
	if after := a.store.stored(); after != before {
		t.Errorf("stored: %v → %v", before, after)
	}
	wantStatus(t, a.ask(owner, "GET", "/api/v1/auth/me", nil), 200)
}
