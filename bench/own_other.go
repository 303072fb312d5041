//go:build !unix

package main

import "time"

// ownCPU is not known here, and no run gets this far.
func ownCPU() time.Duration { return 0 }
