//go:build race

package hammer

// raced says that these tests run with the race detector.
const raced = true
