package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"
)

// Schema is the version of the JSON form. A reader refuses another one.
const Schema = 1

// Run is one run of one scenario against one target.
type Run struct {
	Schema     int            `json:"schema"`
	Scenario   string         `json:"scenario"`
	Target     string         `json:"target"` // the name the run was given, such as "limit", "node" or "desk"
	Started    time.Time      `json:"started"`
	Seconds    float64        `json:"seconds"`    // of the measured part, without setting up
	Parameters map[string]any `json:"parameters"` // by the names of the flags
	Machine    Machine        `json:"machine"`
	Figures    []Figure       `json:"figures"`
	Latencies  []Latency      `json:"latencies"`
	Counts     Counts         `json:"counts"`
	Server     *Server        `json:"server,omitempty"` // nil where the target's process is not known
	// Notes are sentences for a person: what was odd about the run, or limits it.
	Notes []string `json:"notes,omitempty"`
}

// Figure is a named number. Every figure that compares runs is one, those of Server and of the latencies included.
type Figure struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
}

// The units of figures.
const (
	Microseconds = "µs"
	Seconds      = "s"
	PerSecond    = "1/s"
	Bytes        = "B"
	Ratio        = "ratio"
	Count        = "count"
)

// The names of figures that several scenarios have.
const (
	// CPUPerDelivery is the server's CPU time, user and system, divided by the events that clients received. In µs.
	CPUPerDelivery = "server_cpu_per_delivery"
	// RSSPerConnection is how much the server's memory grew with the connections, divided by their number. In bytes.
	RSSPerConnection = "server_rss_per_connection"
	// ClientCPU is the generator's own CPU time as a share of the measured time; 1 is one core. Where it comes near its
	// number of loops, the generator may be what limits the run.
	ClientCPU = "client_cpu"
	// ServerCPU is the same of the server.
	ServerCPU = "server_cpu"
	// Deliveries is events received per second, over all clients.
	Deliveries = "deliveries_per_second"
	// Connects is complete Socket.IO connects per second.
	Connects = "connects_per_second"
)

// Add appends a figure.
func (r *Run) Add(name, unit string, value float64) {
	r.Figures = append(r.Figures, Figure{Name: name, Unit: unit, Value: value})
}

// Figure returns a figure by its name. Latencies are found as "<name>_p50", "_p90", "_p99", "_p999" and "_max", in µs.
func (r *Run) Figure(name string) (Figure, bool) {
	for _, f := range r.Figures {
		if f.Name == name {
			return f, true
		}
	}
	for _, l := range r.Latencies {
		for _, p := range l.percentiles() {
			if l.Name+"_"+p.name == name {
				return Figure{Name: name, Unit: Microseconds, Value: p.value}, true
			}
		}
	}
	return Figure{}, false
}

// Note appends a sentence.
func (r *Run) Note(format string, arguments ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, arguments...))
}

// Counts says what became of the events. All are 0 in a scenario that sends none.
type Counts struct {
	Expected   uint64 `json:"expected"`
	Received   uint64 `json:"received"`
	Lost       uint64 `json:"lost"`         // expected and never received
	Doubled    uint64 `json:"doubled"`      // received again
	OutOfOrder uint64 `json:"out_of_order"` // received after a later one of the same connection
	Errors     uint64 `json:"errors"`       // refused, broken or closed connections, and refused requests
}

// Clean reports whether everything came once and in order, and nothing failed.
func (c Counts) Clean() bool {
	return c.Received == c.Expected && c.Lost == 0 && c.Doubled == 0 && c.OutOfOrder == 0 && c.Errors == 0
}

// Server is what the run cost the server's process, its threads included.
type Server struct {
	CPUSeconds float64 `json:"cpu_seconds"` // in the measured part
	// CPUPerDelivery is in µs; 0 where nothing was delivered.
	CPUPerDelivery float64 `json:"cpu_per_delivery_us"`
	// Memory in bytes: resident, and the part of it that is no file (what the program itself asked for).
	RSSBefore     int64 `json:"rss_before"` // ready, without clients
	RSSAfter      int64 `json:"rss_after"`
	RSSPeak       int64 `json:"rss_peak"` // the highest sample
	AnonBefore    int64 `json:"anon_before"`
	AnonAfter     int64 `json:"anon_after"`
	PerConnection int64 `json:"rss_per_connection"` // 0 where connections were not measured
}

// check says what is wrong with a run, so that no file holds what a reader cannot use.
func (r *Run) check() error {
	switch {
	case r.Schema != Schema:
		return fmt.Errorf("schema %d, this program knows %d", r.Schema, Schema)
	case r.Scenario == "" || r.Target == "":
		return errors.New("scenario and target must be named")
	}
	seen := map[string]bool{}
	for _, f := range r.Figures {
		switch {
		case f.Name == "" || f.Unit == "":
			return fmt.Errorf("figure %q (%q) has no name or no unit", f.Name, f.Unit)
		case seen[f.Name]:
			return fmt.Errorf("figure %q is there twice", f.Name)
		case math.IsNaN(f.Value) || math.IsInf(f.Value, 0):
			return fmt.Errorf("figure %q is no number", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// Write writes a run to a file, which appears complete or not at all.
func Write(file string, r *Run) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".result-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	_, err = temporary.Write(append(text, '\n'))
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, errors.Join(err, os.Remove(temporary.Name())))
	}
	return nil
}

// Read reads a run from a file. It fails on another schema.
func Read(file string) (*Run, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	var r Run
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return &r, nil
}
