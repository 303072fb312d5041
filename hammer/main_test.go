package hammer

import (
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		os.Exit(m.Run()) // the fuzzing engine has goroutines of its own
	}
	goleak.VerifyTestMain(m,
		// fasthttp's clock for the Date header runs as long as the process.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		// The sweeper of its workers notices their end only when it wakes, within 10 s.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// patience is how long a test waits for something that is bound to happen.
const patience = 60 * time.Second

// long reports whether the long form is wanted.
func long() bool { return os.Getenv("LONG") != "" }

// seed returns the seed of a test, which is logged so that it can be given again.
func seed(tb testing.TB) uint64 {
	tb.Helper()
	n := uint64(time.Now().UnixNano())
	if given := os.Getenv("HAMMER_SEED"); given != "" {
		var err error
		if n, err = strconv.ParseUint(given, 10, 64); err != nil {
			tb.Fatalf("HAMMER_SEED: %v", err)
		}
	}
	tb.Logf("HAMMER_SEED=%d", n)
	return n
}

// eventually waits until ok.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			tb.Fatalf("%s: not in time", what)
		}
		<-time.After(2 * time.Millisecond) // the pace of asking
	}
}
