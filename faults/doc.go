// Package faults breaks a running desk and looks whether anything was missed. It holds only tests: the server is a process
// of its own that is stopped and killed while bookings change, its clients are cut and come back, and each keeps a ledger of
// what it was told, which is compared with the store afterwards.
//
// The short form, which go test runs, asserts counts in some twenty seconds. LONG=1 does each as often as it is promised,
// and says how long things took.
package faults
