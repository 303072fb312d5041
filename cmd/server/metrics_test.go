package main

import (
	"io"
	"maps"
	"net"
	nethttp "net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// startReal starts the real server, returns its address once it runs, and stops it at the end of the test.
func startReal(t *testing.T, env map[string]string, args ...string) (w *world, address string) {
	t.Helper()
	w = newWorld(t, env)
	w.now, w.parts = time.Now, wired()
	stop := start(t, w, args...)
	t.Cleanup(func() {
		if code := stop(); code != 0 {
			t.Errorf("exit code %d: %s", code, w.errout.String())
		}
	})
	port := regexp.MustCompile(`Server running on port (\d+)`)
	eventually(t, "the server says its port", func() bool { return port.MatchString(w.errout.String()) })
	return w, "http://127.0.0.1:" + port.FindStringSubmatch(w.errout.String())[1]
}

// ask sends a GET and returns the status and the body.
func ask(t *testing.T, url string, header ...string) (status int, body string) {
	t.Helper()
	request, err := nethttp.NewRequestWithContext(t.Context(), nethttp.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	client := nethttp.Client{Transport: &nethttp.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// figure is a metric as docs/metrics.md and /metrics both tell it.
type figure struct{ kind, help string }

// TestMetricsAreDocumented compares docs/metrics.md with a running server: every name is in both, of the same type, with
// the same labels and the same sentence.
func TestMetricsAreDocumented(t *testing.T) {
	_, address := startReal(t, nil)
	status, page := ask(t, address+"/metrics")
	if status != nethttp.StatusOK {
		t.Fatalf("%d: %s", status, page)
	}
	served, labels := servedFigures(page)
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "<!-- metrics: begin -->")
	table, _, _ = strings.Cut(table, "<!-- metrics: end -->")
	documented := map[string]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !strings.Contains(cells[1], "`") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		name, kind, unit, help := strings.Trim(cells[1], "`"), cells[2], cells[3], cells[5]
		if documented[name] {
			t.Errorf("%s is documented twice", name)
		}
		documented[name] = true
		if family, all := strings.CutSuffix(name, "*"); all {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(served)), func(s string) bool { return strings.HasPrefix(s, family) }) && family != "process_" {
				t.Errorf("nothing is called %s", name)
			}
			continue
		}
		got, ok := served[name]
		if !ok {
			t.Errorf("%s is documented, but not there", name)
			continue
		}
		if got.kind != kind || got.help != help {
			t.Errorf("%s is a %s, %q, but documented as a %s, %q", name, got.kind, got.help, kind, help)
		}
		said := regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[4], -1)
		var want []string
		for _, label := range said {
			want = append(want, label[1])
		}
		slices.Sort(want)
		if !slices.Equal(want, labels[name]) {
			t.Errorf("%s has the labels %q, but is documented with %q", name, labels[name], want)
		}
		if unit == "" && name != "desk_build_info" {
			t.Errorf("%s has no unit", name)
		}
	}
	for name := range served {
		known := documented[name]
		for _, family := range []string{"go_", "process_"} {
			known = known || strings.HasPrefix(name, family)
		}
		if !known {
			t.Errorf("%s is not documented", name)
		}
	}
	if len(documented) < 5 {
		t.Errorf("only %d rows", len(documented))
	}
}

// servedFigures reads a page: what there is, and the labels each has (but for those of a histogram's buckets).
func servedFigures(page string) (figures map[string]figure, labels map[string][]string) {
	figures, labels = map[string]figure{}, map[string][]string{}
	helps := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^# HELP (\w+) (.*)$`).FindAllStringSubmatch(page, -1) {
		helps[line[1]] = line[2]
	}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (\w+) (\w+)$`).FindAllStringSubmatch(page, -1) {
		figures[line[1]] = figure{line[2], helps[line[1]]}
	}
	for _, line := range regexp.MustCompile(`(?m)^(\w+)\{(.*)\} \S+$`).FindAllStringSubmatch(page, -1) {
		name := line[1]
		if base, bucket := strings.CutSuffix(name, "_bucket"); bucket && figures[base].kind == "histogram" {
			name = base
		}
		if _, there := figures[name]; !there || labels[name] != nil {
			continue
		}
		for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(line[2], -1) {
			if label[1] != "le" {
				labels[name] = append(labels[name], label[1])
			}
		}
		slices.Sort(labels[name])
	}
	return figures, labels
}

func TestMetricsForThoseWhoMayReadThem(t *testing.T) {
	const token = "a-token-for-the-tests"
	own := regexp.MustCompile(`"address":"([^"]+)",.*"message":"Metrics have an address`)
	t.Run("on the main port, for anybody", func(t *testing.T) {
		w, address := startReal(t, nil)
		if status, page := ask(t, address+"/metrics"); status != 200 || !strings.Contains(page, `desk_actors{kind="adapter"} 1`) {
			t.Errorf("%d: %s", status, page)
		}
		if strings.Contains(w.errout.String(), "may read /metrics") {
			t.Error("warns outside of production")
		}
	})
	t.Run("with a token", func(t *testing.T) {
		w, address := startReal(t, map[string]string{"METRICS_TOKEN": token})
		for _, row := range []struct {
			name, authorization string
			want                int
		}{
			{"none", "", 401},
			{"another", "Bearer another-token-of-somebody", 401},
			{"a part of it", "Bearer " + token[:10], 401},
			{"more than it", "Bearer " + token + "x", 401},
			{"by another scheme", "Basic " + token, 401},
			{"no scheme", token, 401},
			{"the right one", "Bearer " + token, 200},
			{"the right one, small letters", "bearer " + token, 200},
		} {
			status, page := ask(t, address+"/metrics", "Authorization", row.authorization)
			if status != row.want || strings.Contains(page, "desk_actors") != (row.want == 200) {
				t.Errorf("%s: %d: %s", row.name, status, page)
			}
		}
		if strings.Contains(w.errout.String(), token) {
			t.Error("the token is in the log")
		}
	})
	t.Run("on an address of their own", func(t *testing.T) {
		w, address := startReal(t, map[string]string{"METRICS_ADDR": "127.0.0.1:0", "METRICS_TOKEN": token})
		said := own.FindStringSubmatch(w.errout.String())
		if said == nil {
			t.Fatalf("the log does not say where: %s", w.errout.String())
		}
		if status, _ := ask(t, address+"/metrics", "Authorization", "Bearer "+token); status != 404 {
			t.Errorf("the main port answers %d", status)
		}
		for path, want := range map[string]int{"/metrics": 200, "/": 404, "/api/v1/bookings": 404, "/debug/pprof/": 404} {
			if status, _ := ask(t, "http://"+said[1]+path, "Authorization", "Bearer "+token); status != want {
				t.Errorf("%s: %d", path, status)
			}
		}
		if status, _ := ask(t, "http://"+said[1]+"/metrics"); status != 401 {
			t.Errorf("without the token: %d", status)
		}
	})
	t.Run("production says who may read them", func(t *testing.T) {
		env := map[string]string{"APP_ENV": production, "JWT_SECRET": strings.Repeat("s", minSecret), "CORS_ORIGINS": "*"}
		w, _ := startReal(t, env)
		if !strings.Contains(w.errout.String(), "may read /metrics") {
			t.Error("no warning")
		}
		env["METRICS_TOKEN"] = token
		w, _ = startReal(t, env)
		if strings.Contains(w.errout.String(), "may read /metrics") {
			t.Error("warns although a token is asked for")
		}
	})
}

func TestMetricsAddressThatCannotBe(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	for _, row := range []struct {
		name, address string
		code          int
		want          string
	}{
		{"in use", busy.Addr().String(), exitFailed, "METRICS_ADDR is " + busy.Addr().String() + ", but another program is listening there: stop it or choose another port"},
		{"of another machine", "192.0.2.1:9100", exitUsage, `METRICS_ADDR is "192.0.2.1:9100", but must be an address of this machine.`},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, map[string]string{"METRICS_ADDR": row.address})
			code := run(t.Context(), []string{"serve", "--log-format=json"}, w.surroundings)
			lines := strings.Split(strings.TrimSpace(w.errout.String()), "\n")
			if code != row.code || lines[len(lines)-1] != row.want {
				t.Errorf("exit code %d, last line\n%s\nwant\n%s", code, lines[len(lines)-1], row.want)
			}
			if !w.store.closed {
				t.Error("the store stays open")
			}
		})
	}
}
