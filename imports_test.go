// Package desk_test holds what concerns the tree as a whole.
package desk_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "kapoor.example/desk"

// rule says what the packages under a folder may import; below a folder with a rule of its own, that one counts.
type rule struct {
	folder string
	own    []string // of this module, by the folders of their rules, besides this one
	others []string // of other modules, with all below them
	tests  []string // as own, in test files only
}

// The modules that only one part of the tree may know.
const (
	hollywood = "github.com/anthdm/hollywood"
	fiber     = "github.com/gofiber"
	fasthttp  = "github.com/valyala/fasthttp"
	sqlite    = "modernc.org/sqlite"
	mongo     = "go.mongodb.org/mongo-driver"
	redis     = "github.com/gomodule/redigo"
	msgpack   = "github.com/tinylib/msgp"
	prom      = "github.com/prometheus"
)

// rules is the import table of docs/architecture.md. "*" is every module but the confined ones.
func rules() []rule {
	anything := []string{"*"}
	stores := []string{"persistence", "persistence/sqlite", "persistence/mongo"}
	everything := append([]string{
		"actors", "actors/realtime", "actors/bookings", "auth", "booking", "http", "heap", "metrics", "persistence/redis", "protocol", "protocol/cluster",
	}, stores...)
	return []rule{
		{folder: "booking"},
		{folder: "protocol"},
		{folder: "protocol/cluster", own: []string{"protocol"}, others: []string{msgpack}},
		{folder: "actors", others: []string{"*", hollywood}},
		{folder: "actors/realtime", own: []string{"actors", "protocol", "protocol/cluster"}, others: []string{"*", hollywood}},
		{folder: "actors/bookings", own: []string{"actors", "actors/realtime", "booking", "protocol"}, others: []string{"*", hollywood}, tests: stores},
		{folder: "auth", own: []string{"booking"}, others: anything, tests: stores},
		{
			folder: "http", own: []string{"actors", "actors/realtime", "actors/bookings", "auth", "booking", "protocol"},
			others: []string{"*", fiber, fasthttp}, tests: stores,
		},
		{folder: "heap"},
		{folder: "persistence", own: []string{"booking"}, others: anything},
		{folder: "persistence/sqlite", own: []string{"booking", "persistence"}, others: []string{"*", sqlite}},
		{folder: "persistence/mongo", own: []string{"booking", "persistence"}, others: []string{"*", mongo}},
		{folder: "persistence/redis", own: []string{"protocol", "protocol/cluster"}, others: []string{"*", redis}},
		{
			folder: "metrics", own: []string{"actors", "actors/realtime", "actors/bookings", "booking"},
			others: []string{"*", prom}, tests: stores,
		},
		{folder: "faults", own: []string{"bench"}, others: anything},
		{folder: "clustertest", own: []string{"persistence/mongo", "persistence/redis"}, others: anything},
		{folder: "hammer", own: everything},
		{folder: "wiretest", own: everything, others: anything},
		{folder: "bench", own: everything, others: []string{"*", fasthttp}},
		{folder: "cmd", own: everything, others: []string{"*", prom}},
		{folder: "interop", others: anything},
		{folder: "clienttest", own: append([]string{"cmd"}, everything...), others: anything},
	}
}

// confined are the modules that "*" leaves out.
func confined() []string {
	return []string{hollywood, fiber, fasthttp, sqlite, mongo, redis, msgpack, prom}
}

// TestImports reads the imports of every file, whatever its build tags, and holds the table.
func TestImports(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(file, entry.Name())
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		files++
		return checkFile(t, filepath.ToSlash(file))
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("only %d files: is this the module's root?", files)
	}
}

// enter skips folders that are not part of the module: nested modules, hidden ones, what npm brought.
func enter(folder, name string) error {
	if folder == "." {
		return nil
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	if err == nil || strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" {
		return filepath.SkipDir
	}
	return nil
}

func checkFile(t *testing.T, file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	folder := path.Dir(file)
	r, found := ruleFor(folder)
	if !found {
		if folder != "." { // this file
			t.Errorf("%s: folder %s has no rule: add one to the table", file, folder)
		}
		return nil
	}
	for _, spec := range parsed.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		if !r.allows(imported, strings.HasSuffix(file, "_test.go")) {
			t.Errorf("%s imports %s, which %s may not", file, imported, r.folder)
		}
	}
	return nil
}

func ruleFor(folder string) (rule, bool) {
	best, found := rule{}, false
	for _, r := range rules() {
		if under(folder, r.folder) && len(r.folder) >= len(best.folder) {
			best, found = r, true
		}
	}
	return best, found
}

func (r rule) allows(imported string, test bool) bool {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return true // the standard library
	}
	if under(imported, module) {
		to, found := ruleFor(strings.TrimPrefix(strings.TrimPrefix(imported, module), "/"))
		return found && (to.folder == r.folder || slices.Contains(r.own, to.folder) || test && slices.Contains(r.tests, to.folder))
	}
	free := !anyUnder(imported, confined())
	return anyUnder(imported, r.others) || free && (test || slices.Contains(r.others, "*")) // a test may use testing libraries
}

func anyUnder(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return under(p, folder) })
}

func under(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

// TestImportTable tries the table itself.
func TestImportTable(t *testing.T) {
	tests := []struct {
		folder, imported string
		test, want       bool
	}{
		{"booking", "encoding/json", false, true},
		{"booking", "github.com/rs/zerolog", false, false},
		{"booking", module + "/protocol", false, false},
		{"booking", "go.uber.org/goleak", true, true},
		{"protocol/engineio", module + "/protocol", false, true},
		{"protocol/engineio", module + "/booking", false, false},
		{"protocol/engineio", msgpack + "/msgp", false, false},
		{"protocol/cluster/wire", msgpack + "/msgp", false, true},
		{"protocol/cluster/wire", redis + "/redis", false, false},
		{"actors", hollywood + "/actor", false, true},
		{"actors", module + "/actors/realtime", false, false},
		{"actors", module + "/booking", false, false},
		{"actors/realtime", module + "/actors", false, true},
		{"actors/realtime", module + "/protocol/socketio", false, true},
		{"actors/realtime", module + "/protocol/cluster", false, true},
		{"actors/realtime", msgpack + "/msgp", false, false},
		{"actors/realtime", module + "/booking", false, false},
		{"actors/realtime", module + "/actors/bookings", true, false},
		{"actors", module + "/actors/bookings", true, false},
		{"persistence", module + "/persistence/sqlite", true, false},
		{"http", module + "/protocol/cluster", false, false},
		{"actors/bookings", module + "/actors/realtime", false, true},
		{"actors/bookings", module + "/http", false, false},
		{"actors/bookings", module + "/persistence/sqlite", false, false},
		{"actors/bookings", module + "/persistence/sqlite", true, true},
		{"auth", module + "/booking", false, true},
		{"auth", module + "/http", false, false},
		{"auth", module + "/actors", false, false},
		{"auth", fiber + "/fiber/v2", false, false},
		{"http", fiber + "/fiber/v2", false, true},
		{"http", fiber + "/contrib/websocket", false, true},
		{"http", hollywood + "/actor", false, false},
		{"http", module + "/auth", false, true},
		{"http", module + "/persistence/mongo", false, false},
		{"persistence/sqlite", sqlite, false, true},
		{"persistence/sqlite", module + "/persistence/storetest", true, true},
		{"persistence/sqlite", module + "/actors", false, false},
		{"persistence/sqlite", mongo + "/v2/mongo", false, false},
		{"persistence/mongo", mongo + "/v2/mongo", false, true},
		{"persistence/mongo", module + "/http", true, false},
		{"persistence/redis", redis + "/redis", false, true},
		{"persistence/redis", module + "/protocol/cluster/bustest", true, true},
		{"persistence/redis", module + "/actors/realtime", true, false},
		{"persistence/storetest", module + "/booking", false, true},
		{"metrics", prom + "/client_golang/prometheus", false, true},
		{"metrics", module + "/actors/realtime", false, true},
		{"metrics", module + "/http", false, false},
		{"actors/realtime", prom + "/client_golang/prometheus", false, false},
		{"http", module + "/metrics", false, false},
		{"cmd/server", module + "/persistence/mongo", false, true},
		{"cmd/server", prom + "/client_golang/prometheus", false, true},
		{"cmd/server", fiber + "/fiber/v2", false, false},
		{"cmd/server", hollywood + "/actor", true, false},
	}
	for _, test := range tests {
		name := test.folder + " imports " + test.imported
		if test.test {
			name += " in a test"
		}
		t.Run(name, func(t *testing.T) {
			r, found := ruleFor(test.folder)
			if !found || r.allows(test.imported, test.test) != test.want {
				t.Errorf("allowed: %v", !test.want)
			}
		})
	}
}
