//go:build race

package interop

// raced says that these tests run with the race detector; so does the server then.
const raced = true
