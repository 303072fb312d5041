package hammer

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// census is what a server consists of at a moment.
type census struct {
	goroutines  int // without those that goroutines leaves out
	descriptors int // -1 where they cannot be counted
	actors      string
	namespaces  string
	timers      int64
	rooms       int64 // as hooks were told
	indexed     int64 // rooms that the server finds its sockets by
	sockets     int64
	connections int
	online      int
}

func (s *server) census() census {
	stacks, figures := goroutines(), s.io.Figures()
	c := census{
		goroutines: len(stacks), descriptors: descriptors(), timers: s.system.Timers(), rooms: s.rooms.Load(),
		indexed: figures.Rooms, sockets: figures.Sockets,
		connections: s.io.Connections(), namespaces: strings.Join(s.io.Namespaces(), " "), online: len(s.io.Online(1 << 20)),
	}
	var kinds []string
	for kind, count := range s.system.Counts() {
		if count.Running != 0 {
			kinds = append(kinds, fmt.Sprint(kind, "=", count.Running))
		}
	}
	slices.Sort(kinds)
	c.actors = strings.Join(kinds, " ")
	return c
}

// returnsTo waits until the server is what it was.
func (s *server) returnsTo(before census) {
	s.tb.Helper()
	deadline := time.Now().Add(patience)
	for {
		now := s.census()
		if now == before {
			return
		}
		if time.Now().After(deadline) {
			s.tb.Fatalf("the server is not what it was:\nbefore %+v\nnow    %+v\n%.20000s", before, now, strings.Join(goroutines(), "\n\n"))
		}
		<-time.After(20 * time.Millisecond) // the pace of asking
	}
}

// goroutines returns the stacks of all goroutines but those that an HTTP server leaves for a while: idle workers, and
// what ends them, which survives its server by up to ten seconds.
func goroutines() []string {
	return slices.DeleteFunc(allGoroutines(), func(stack string) bool {
		return idle(stack) || strings.Contains(stack, "fasthttp.(*workerPool).Start.func2")
	})
}

// idle reports whether a goroutine is a worker of the HTTP server that waits for a connection.
func idle(stack string) bool {
	_, frames, _ := strings.Cut(stack, "\n")
	return strings.HasPrefix(frames, "github.com/valyala/fasthttp.(*workerPool).workerFunc")
}

func allGoroutines() []string {
	buffer := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buffer, true)
		if n < len(buffer) {
			return strings.Split(strings.TrimSpace(string(buffer[:n])), "\n\n")
		}
		buffer = make([]byte, 2*len(buffer))
	}
}

// descriptors returns the number of open files of the process.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(entries)
}

// heap returns the bytes that are in use after two collections. In the long form it waits for idle workers to go first,
// which takes the HTTP server up to twenty seconds: they hold memory.
func (s *server) heap() uint64 {
	s.tb.Helper()
	if long() {
		eventually(s.tb, "no idle workers", func() bool {
			stacks := allGoroutines()
			return len(stacks)-len(slices.DeleteFunc(slices.Clone(stacks), idle)) == 0
		})
	}
	s.open() // forgets what is gone
	eventually(s.tb, "that all is taken", func() bool { return s.io.Figures().Waiting == 0 })
	least := uint64(math.MaxUint64)
	for range 20 { // what is on its way at one moment is not at another
		<-time.After(20 * time.Millisecond)
		runtime.GC()
		runtime.GC() // what pools hold goes with the second one
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		least = min(least, stats.HeapAlloc)
	}
	return least
}
