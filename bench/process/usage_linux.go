package process

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpu reads the process's CPU clock: the id of that clock is made of the process's (clock_getcpuclockid(3)). It is exact,
// where /proc/PID/stat counts hundredths of a second.
func cpu(pid int) (time.Duration, error) {
	const scheduler = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &t); err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

func usage(pid int) (Usage, error) {
	spent, err := cpu(pid)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{CPU: spent}
	// The sums in status are of counters that lag behind on some kernels; those of smaps_rollup are counted now.
	if err := kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid), map[string]*int64{"Rss": &u.RSS, "Anonymous": &u.Anon}); err != nil {
		return Usage{}, err
	}
	var threads int64
	if err := kilobytes(fmt.Sprintf("/proc/%d/status", pid), map[string]*int64{"VmHWM": &u.Peak, "Threads": &threads}); err != nil {
		return Usage{}, err
	}
	u.Threads = int(threads)
	u.Peak = max(u.Peak, u.RSS)
	return u, nil
}

// kilobytes reads lines such as "VmRSS:  1234 kB" into what their names stand for; a number without kB is taken as it is.
func kilobytes(file string, into map[string]*int64) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("usage: %w", err)
	}
	found := 0
	for line := range bytes.Lines(text) {
		name, rest, _ := strings.Cut(string(line), ":")
		to := into[name]
		fields := strings.Fields(rest)
		if to == nil || len(fields) == 0 {
			continue
		}
		n, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			return fmt.Errorf("usage: %s: %s: %w", file, name, err)
		}
		if len(fields) > 1 && fields[1] == "kB" {
			n <<= 10
		}
		*to = n
		found++
	}
	if found < len(into) {
		return fmt.Errorf("usage: %s does not have all that is expected there", file)
	}
	return nil
}

func resetPeak(pid int) error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		return fmt.Errorf("reset peak: %w", err)
	}
	return nil
}

// listening finds the process that listens on an address: the kernel tells the socket's inode, and the process is the one
// that has it among its files.
func listening(address string) (pid int, err error) {
	_, portText, err := net.SplitHostPort(address)
	if err != nil {
		return 0, fmt.Errorf("who listens: %w", err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("who listens: %w", err)
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		inode, err := listener(table, uint16(port))
		if err != nil {
			return 0, err
		}
		if inode != "" {
			return holder("socket:[" + inode + "]")
		}
	}
	return 0, fmt.Errorf("nobody listens on %s", address)
}

// listener returns the inode of the socket that listens on a port, or "".
func listener(table string, port uint16) (inode string, err error) {
	const local, state, inodeColumn, listen = 1, 3, 9, "0A"
	file, err := os.Open(table)
	if err != nil {
		return "", fmt.Errorf("who listens: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	suffix := fmt.Sprintf(":%04X", port)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		columns := strings.Fields(lines.Text())
		if len(columns) > inodeColumn && columns[state] == listen && strings.HasSuffix(columns[local], suffix) {
			return columns[inodeColumn], nil
		}
	}
	return "", lines.Err()
}

// holder returns the process that has a file open.
func holder(link string) (int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, fmt.Errorf("who listens: %w", err)
	}
	for _, file := range files {
		if to, err := os.Readlink(file); err == nil && to == link { // processes end while one looks
			return strconv.Atoi(strings.Split(file, "/")[2])
		}
	}
	return 0, fmt.Errorf("the process that listens is another user's")
}
