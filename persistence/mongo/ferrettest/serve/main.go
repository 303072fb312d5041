// The command serve is a FerretDB for tests in other processes: serve DIR prints its URI, and ends when its standard input
// does.
package main

import (
	"fmt"
	"io"
	"os"

	"kapoor.example/desk/persistence/mongo/ferrettest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: serve DIR")
		os.Exit(2)
	}
	uri, stop, err := ferrettest.Start(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(uri)
	_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started this has ended
	stop()
}
