package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// variable is a setting as its tags tell it.
type variable struct {
	name, standard, allowed, help string
	secret                        bool
}

// variables returns every setting of serve, in the order of README's table.
func variables() []variable {
	var all []variable
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		name := field.Tag.Get("variable")
		if name == "" {
			continue
		}
		standard := field.Tag.Get("otherwise")
		if standard == "" {
			standard = "`" + field.Tag.Get("default") + "`"
		}
		_, secret := field.Tag.Lookup("secret")
		all = append(all, variable{name, standard, allowed(field.Tag, field.Type), field.Tag.Get("help"), secret})
	}
	return all
}

// TestSettingErrorsStopTheStart puts several wrong values into every variable, and into the flag of the same name.
func TestSettingErrorsStopTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	whole := []string{"abc", "-1", "1.5", "0x10", "99999999999999999999", "١٢", "4000 ", "1e3"}
	duration := []string{"abc", "5", "-5s", "10000h", "1 h", "∞", "5sec"}
	word := []string{"yes", "Nonsense", "a\nb", " ", "\x00"}
	rate := []string{"60", "60/", "/1m", "0/1m", "-1/1m", "60/0s", "60/1ms", "60/25h", "a/1m", "60/1m/1m", "2000000/1m", "6.5/1m"}
	wrong := map[string][]string{
		"PORT":                        append(slices.Clone(whole), "65536", ":4000"),
		"HOST":                        {"localhost:4000", "http://localhost", "[::1]", "a b", "-a.example", "a..b", "300.1.1.1", "1.2.3", strings.Repeat("a", 64), "host/path", "a\r\nb"},
		"APP_ENV":                     append(slices.Clone(word), "Production", "prod"),
		"DATA_DIR":                    {file, "a\x00b"},
		"MONGODB_URI":                 {"localhost:27017", "http://user:hunter2@host", "mongodb:///desk", "mongodb:host", "mongodb://a b", "mongodb://host\n"},
		"REDIS_URL":                   {"localhost:6379", "http://:hunter2@host", "redis:///0", "redis:host", "redis://h\t"},
		"REDIS_STREAMS":               {"0", "65", "-1", "many", "1.5"},
		"NODE_ADDRESS":                {"10.0.0.5", "10.0.0.5:0", "10.0.0.5:65536", ":4000", "http://10.0.0.5:4000", "a b:4000", "host:http"},
		"TIME_ZONE":                   {"Mumbai", "Local", "+05:30", "../etc/passwd", "IST5:30", "Asia/Kolkata\n"},
		"LOG_LEVEL":                   append(slices.Clone(word), "trace", "INFO", "0"),
		"LOG_FORMAT":                  append(slices.Clone(word), "JSON", "text"),
		"SEED_DEMO":                   append(slices.Clone(word), "1", "True"),
		"SOCKET_AUTH":                 append(slices.Clone(word), "off", "None"),
		"EVENT_AUDIENCE":              append(slices.Clone(word), "all", "Everyone"),
		"TRUSTED_PROXIES":             {"proxy.example", "10.0.0.0/33", "10.0.0.1,", ",", "fe80::1%eth0", "10.0.0.1;10.0.0.2", "::1/129"},
		"CORS_ORIGINS":                {"desk.example", "https://desk.example/", "https://desk.example/path", "*,https://a.example", "https://*.example", "https://a.example,", "null", "https://u:p@a.example", "https://a.example?x", "//a.example"},
		"JWT_SECRET":                  {"with\nnewline", "hunter2\x00hunter2"},
		"JWT_TTL":                     append(slices.Clone(duration), "59s"),
		"PING_INTERVAL":               append(slices.Clone(duration), "99ms", "6m"),
		"PING_TIMEOUT":                append(slices.Clone(duration), "99ms", "6m"),
		"PRESENCE_GRACE":              append(slices.Clone(duration), "6m"),
		"RECOVERY_WINDOW":             append(slices.Clone(duration), "25h"),
		"LOG_RETENTION":               append(slices.Clone(duration), "999ms", "8761h"),
		"HTTP_READ_TIMEOUT":           append(slices.Clone(duration), "0s", "11m"),
		"HTTP_WRITE_TIMEOUT":          append(slices.Clone(duration), "0s", "11m"),
		"HTTP_IDLE_TIMEOUT":           append(slices.Clone(duration), "0s", "61m"),
		"STORE_WAIT":                  append(slices.Clone(duration), "61m"),
		"STOP_TIMEOUT":                append(slices.Clone(duration), "0s", "999ms", "61m"),
		"DRAIN_WINDOW":                append(slices.Clone(duration), "11m"),
		"MAX_PAYLOAD":                 append(slices.Clone(whole), "0", "1023", "1MB"),
		"MAX_QUEUE":                   append(slices.Clone(whole), "0", "65535", "1MiB"),
		"WEBSOCKET_READERS":           append(slices.Clone(word), "kqueue", "Epoll"),
		"MAX_CONNECTIONS":             append(slices.Clone(whole), "0"),
		"MAX_CONNECTIONS_PER_USER":    append(slices.Clone(whole), "0"),
		"MAX_CONNECTIONS_PER_ADDRESS": append(slices.Clone(whole), "0"),
		"METRICS_ADDR":                {"9100", "localhost", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+80", "127.0.0.1:080", "::1:9100", "http://localhost:9100", "a b:9100", "127.0.0.1:9100/metrics", "localhost:9100\n"},
		"METRICS_TOKEN":               {"hunter2", strings.Repeat("x", 15), strings.Repeat("x", 513), "a token with spaces in it", "hunter2hunter2hunter2\n", "hunter2-hunter2-ü"},
		"LOGIN_LIMIT_ADDRESS":         rate, "LOGIN_LIMIT_ACCOUNT": rate, "REGISTER_LIMIT_ADDRESS": rate,
		"JOIN_RATE": rate, "TYPING_RATE": rate, "MESSAGE_READ_RATE": rate, "SEND_MESSAGE_RATE": rate, "PRESENCE_RATE": rate,
	}
	for _, v := range variables() {
		if len(wrong[v.name]) < 2 {
			t.Errorf("%s has no wrong values in this test", v.name)
		}
		for _, value := range wrong[v.name] {
			t.Run(v.name+"="+value, func(t *testing.T) {
				byVariable := newWorld(t, map[string]string{v.name: value})
				code := run(cancelled(t), nil, byVariable.surroundings)
				checkRefusal(t, code, byVariable.errout.String(), v, value)

				byFlag := newWorld(t, nil)
				code = run(cancelled(t), []string{"serve", "--" + flagName(v.name) + "=" + value}, byFlag.surroundings)
				checkRefusal(t, code, byFlag.errout.String(), v, value)
			})
		}
	}
}

func checkRefusal(t *testing.T, code int, told string, v variable, value string) {
	t.Helper()
	if code != exitUsage {
		t.Errorf("exit code %d, stderr %q", code, told)
	}
	if !strings.HasPrefix(told, v.name+" ") || !strings.Contains(told, "must be") || !strings.HasSuffix(told, ".\n") || strings.Count(told, "\n") != 1 {
		t.Errorf("not one sentence about %s: %q", v.name, told)
	}
	switch {
	case v.secret && (strings.Contains(told, value) || strings.Contains(told, "hunter2")):
		t.Errorf("shows a secret: %q", told)
	case !v.secret && !strings.Contains(told, strings.TrimSuffix(shown(value), `…"`)):
		t.Errorf("does not show the value %q: %q", value, told)
	}
}

func TestRightValues(t *testing.T) {
	tests := []struct {
		name  string
		env   map[string]string
		args  []string
		check func(Config) bool
	}{
		{"defaults", nil, nil, func(c Config) bool {
			return c.AppEnv == development && c.SeedsDemo() && reflect.DeepEqual(c.Origins(), []string{"*"}) && c.JWTTTL == 720*time.Hour &&
				c.PingInterval == 25*time.Second && c.PingTimeout == 20*time.Second && c.MaxPayload == 1_000_000 &&
				c.TimeZone.String() == "UTC" && c.RecoveryWindow == 2*time.Minute && c.SocketAuth == authToken &&
				c.EventAudience == audienceEntitled && c.PresenceGrace == 5*time.Second && c.SendMessageRate == Rate{60, time.Minute}
		}},
		{"flag before variable", map[string]string{"PORT": "5000"}, []string{"--port", "6000"}, func(c Config) bool { return c.Port == 6000 }},
		{"one dash", nil, []string{"-port=6000"}, func(c Config) bool { return c.Port == 6000 }},
		{"after the command", nil, []string{"serve", "--host", "::1"}, func(c Config) bool { return c.Host == "::1" }},
		{"empty is not set", map[string]string{"PING_TIMEOUT": "", "CORS_ORIGINS": ""}, nil, func(c Config) bool { return c.PingTimeout == 20*time.Second }},
		{"zone", map[string]string{"TIME_ZONE": "Asia/Kolkata"}, nil, func(c Config) bool { return c.TimeZone.String() == "Asia/Kolkata" }},
		{"proxies", map[string]string{"TRUSTED_PROXIES": "10.1.2.3/8, ::1"}, nil, func(c Config) bool {
			return len(c.TrustedProxies) == 2 && c.TrustedProxies[0].String() == "10.0.0.0/8" && c.TrustedProxies[1].String() == "::1/128"
		}},
		{"origins", map[string]string{"CORS_ORIGINS": "https://Desk.example, http://localhost:8081,exp://10.0.0.2:8081"}, nil, func(c Config) bool {
			return reflect.DeepEqual(c.Origins(), []string{"https://desk.example", "http://localhost:8081", "exp://10.0.0.2:8081"})
		}},
		{"mongo", map[string]string{"MONGODB_URI": "mongodb://a:p%40ss@h1:27017,h2:27017/desk?replicaSet=rs0"}, nil, func(c Config) bool { return c.MongodbURI != "" }},
		{"no demo", map[string]string{"SEED_DEMO": "false"}, nil, func(c Config) bool { return !c.SeedsDemo() }},
		{"old clients", map[string]string{"SOCKET_AUTH": "none", "EVENT_AUDIENCE": "everyone"}, nil, func(c Config) bool {
			return c.SocketAuth == authNone && c.EventAudience == audienceEveryone
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.env)
			if test.env["PORT"] == "" {
				delete(w.env, "PORT")
			}
			c := mustParse(t, w, test.args...)
			if err := c.validate(); err != nil || !test.check(c) {
				t.Errorf("validate: %v; got %+v", err, c)
			}
		})
	}
}

func TestProductionAsksForMore(t *testing.T) {
	secret := strings.Repeat("s", minSecret)
	tests := []struct {
		name string
		env  map[string]string
		want string // "" for a configuration that is right
	}{
		{"nothing set", nil, "JWT_SECRET is not set, but must be a secret of at least 32 bytes when APP_ENV is production."},
		{"short secret", map[string]string{"JWT_SECRET": secret[1:]}, "JWT_SECRET must be a secret of at least 32 bytes when APP_ENV is production (its value is not shown)."},
		{"no origins", map[string]string{"JWT_SECRET": secret}, "CORS_ORIGINS is not set, but must be * or a comma-separated list of origins, such as https://desk.example.com when APP_ENV is production."},
		{"no tokens", map[string]string{"JWT_SECRET": secret, "CORS_ORIGINS": "*", "SOCKET_AUTH": "none"}, `SOCKET_AUTH is "none", but must be token when APP_ENV is production.`},
		{"demo", map[string]string{"JWT_SECRET": secret, "CORS_ORIGINS": "*", "SEED_DEMO": "true"}, `SEED_DEMO is "true", but must be false when APP_ENV is production.`},
		{"redis in production", map[string]string{"JWT_SECRET": secret, "CORS_ORIGINS": "*", "REDIS_URL": "redis://h"}, ""},
		{"all right", map[string]string{"JWT_SECRET": secret, "CORS_ORIGINS": "https://desk.example"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.env)
			w.env["APP_ENV"] = production
			err := mustParse(t, w).validate()
			var wrong *SettingError
			if test.want == "" && err != nil || test.want != "" && (!errors.As(err, &wrong) || err.Error() != test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("no demo data and no foreign pages by default", func(t *testing.T) {
		c := mustParse(t, newWorld(t, map[string]string{"APP_ENV": production}))
		if c.SeedsDemo() || len(c.Origins()) != 0 {
			t.Errorf("seeds %v, origins %v", c.SeedsDemo(), c.Origins())
		}
	})
}

func TestLongValuesAreCut(t *testing.T) {
	err := &SettingError{Name: "PORT", Value: strings.Repeat("é", 100_000), Allowed: "short"}
	if len(err.Error()) > 300 {
		t.Errorf("%d bytes", len(err.Error()))
	}
}

// TestReadmeTable compares README's table of settings with Config. With UPDATE_README=1 it writes the table instead.
func TestReadmeTable(t *testing.T) {
	const path, begin, end = "../../README.md", "<!-- settings: begin -->\n", "<!-- settings: end -->"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| variable | not set | allowed | what it does |\n|---|---|---|---|\n")
	for _, v := range variables() {
		table.WriteString("| `" + v.name + "` | " + v.standard + " | " + v.allowed + " | " + v.help + " |\n")
	}
	before, rest, found := strings.Cut(string(readme), begin)
	present, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("README.md has no marks around its table of settings")
	}
	if present == table.String() {
		return
	}
	if os.Getenv("UPDATE_README") == "" {
		t.Fatalf("README.md's table is not what Config says; UPDATE_README=1 go test ./cmd/server -run TestReadmeTable writes:\n%s", table.String())
	}
	if err := os.WriteFile(path, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
