package process

import "time"

// Usage is what a process has cost so far. Memory is in bytes.
type Usage struct {
	CPU     time.Duration // user and system, of all threads, those that ended included
	RSS     int64         // resident memory
	Anon    int64         // the part of it that is no file
	Peak    int64         // the most there ever was of RSS, or since ResetPeak
	Threads int
}

// Usage returns what the process has cost until now. It fails when the process is gone.
func (p *Process) Usage() (Usage, error) { return usage(p.pid) }

// CPU returns only the time: reading that is cheap and to the nanosecond.
func (p *Process) CPU() (time.Duration, error) { return cpu(p.pid) }

// ResetPeak begins a new Peak. It fails where that is not allowed; Peak is that of the whole life then.
func (p *Process) ResetPeak() error { return resetPeak(p.pid) }
