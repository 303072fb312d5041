// Package hammer holds nothing but tests: it beats on a whole server (realtime behind http, over loopback TCP) with raw
// bytes and then counts what is left.
//
//   - TestSessionFuzz lets sessions misbehave, many at once and from a seed (vandals), while clients that behave must see
//     every one of their messages come back (canaries), and others that are cut again and again must miss nothing of what
//     they resume (phoenixes). FuzzSession lets the fuzzer's bytes steer one vandal.
//   - TestCycles connects and disconnects, cleanly and not.
//   - TestUpgradeUnderTraffic upgrades from polling to a WebSocket while both sides send.
//
// Afterwards goroutines, actors, sockets, rooms, namespaces, timers, connections and file descriptors must be what they were,
// exactly. No test asserts how long anything takes; waiting has a deadline, far away.
//
// Without further ado the tests take their short form, for CI: twelve seconds of misbehaviour, thirty under the race
// detector, and 5,000 cycles. LONG=1 makes it ten minutes and 100,000 cycles (just hammer, which says how long go test may
// take), HAMMER_SEED=n repeats a storm, as far as the scheduler lets it.
package hammer
