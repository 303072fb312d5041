package faults

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// What the server may take at most. An idle connection takes some 8 KiB, the newest events 16 MiB, each password that is being
// hashed 19 MiB; garbage doubles all.
const (
	memoryBase      = 224 << 20
	memoryPerClient = 32 << 10
)

// bounded checks the most memory that the process has ever had: whatever became of the clients, it is a bound of their
// number, and of what is queued for those who do not read.
func (d *desk) bounded(t *testing.T, clients, queued int) {
	t.Helper()
	peak, bound := d.peak(), memoryBase+clients*memoryPerClient+2*queued
	if peak > bound {
		t.Errorf("the server took %d MiB; %d clients, %d MiB queued, may take %d MiB", peak>>20, clients, queued>>20, bound>>20)
	}
	t.Logf("the server took %d MiB at most, of %d", peak>>20, bound>>20)
}

// peak returns the largest resident memory of the process, in bytes.
func (d *desk) peak() (bytes int) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscan(rest, &bytes); err != nil {
		d.t.Fatal(err)
	}
	return bytes << 10
}

// figure returns one of the server's figures, such as desk_sockets or desk_disconnects_total{reason="shutdown"}.
func (d *desk) figure(name string) (value int) {
	d.t.Helper()
	response, err := d.http.Get("http://" + d.address() + "/metrics")
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		d.t.Fatalf("metrics: %d, %v", response.StatusCode, err)
	}
	_, rest, found := strings.Cut(string(page), "\n"+name+" ")
	if _, err := fmt.Sscan(rest, &value); err != nil || !found {
		d.t.Fatalf("no figure %s: %v", name, err)
	}
	return value
}
