package faults

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// person is one of the people that seeding has made.
type person struct{ token, id, role string }

// firstPassword is that of all people.
const firstPassword = "their first password"

// people returns customers, as many staff as admins, with tokens. The desk stops and starts meanwhile: seeding needs the
// store for itself, and makes no admins.
func (d *desk) people(t *testing.T, customers, colleagues int) (all map[string][]person) {
	t.Helper()
	seed := func() map[string][]person {
		d.end(syscall.SIGTERM)
		defer d.start()
		all := map[string][]person{}
		for _, p := range seeded(t, d, customers, 2*colleagues) {
			all[p.role] = append(all[p.role], p)
		}
		if len(all["customer"]) != customers || len(all["staff"]) != 2*colleagues {
			t.Fatalf("%d customers and %d staff, not %d and %d", len(all["customer"]), len(all["staff"]), customers, 2*colleagues)
		}
		return all
	}
	boss := d.login("admin@example.com", "admin123")
	var promotions sync.WaitGroup
	for _, p := range seed()["staff"][colleagues:] {
		promotions.Go(func() {
			if status, err := d.call(t.Context(), "PATCH", "/api/v1/users/"+p.id, boss, "", map[string]string{"role": "admin"}, nil); status != http.StatusOK {
				t.Errorf("promote: %d, %v", status, err)
			}
		})
	}
	promotions.Wait()
	all = seed() // the same people, with tokens of now
	for _, p := range all["staff"][colleagues:] {
		p.role = "admin"
		all["admin"] = append(all["admin"], p)
	}
	return all
}

// seeded makes people where they are missing, and signs them in.
func seeded(t *testing.T, d *desk, customers, staff int) (people []person) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tokens")
	cmd := exec.Command(binary, "seed", "--users", strconv.Itoa(customers), "--staff", strconv.Itoa(staff), "--bookings", "1", "--tokens", file, "--seed-password", firstPassword)
	cmd.Env = append(os.Environ(), "DATA_DIR="+d.data, "JWT_SECRET=a secret of the fault tests, long enough for all")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("seed: %v\n%s", err, out)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 3 {
			people = append(people, person{token: fields[0], role: fields[1], id: fields[2]})
		}
	}
	return people
}
