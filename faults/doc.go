// Package faults breaks a running desk and looks whether anything was missed. It holds only tests: the server is a process
// of its own that is stopped and killed while bookings change, its clients are cut and come back, and each keeps a ledger of
// what it was told, which is compared with the store afterwards.
//
// The short form, which go test runs, takes less than a minute. LONG=1 just faults does each as often and as long as it is
// promised. Both assert what came to whom and how much memory the server took, and say how long things took: that depends
// on the machine. Every seventh client goes by long-polling.
package faults
