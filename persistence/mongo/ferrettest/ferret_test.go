// Package ferrettest tests persistence/mongo on an embedded FerretDB, which speaks MongoDB's wire protocol. It is a module
// of its own, so that the server's dependencies stay clean.
//
// What it proves: the store's semantics, and that its sequences of commands may be interleaved, and broken off, in any way.
// FerretDB reads a document and writes it back in two steps, so the tests talk to it through a gate that lets one command
// through at a time: then a command is as indivisible as that on a single document is in MongoDB. What it cannot prove is
// that MongoDB's commands are (it promises so), how it uses indexes, and anything about speed; that runs where
// MONGODB_TEST_URI is set.
package ferrettest

import (
	"strings"
	"testing"

	"kapoor.example/desk/persistence/mongo/mongotest"
	"kapoor.example/desk/persistence/storetest"
)

func TestServer(t *testing.T) {
	server, stop, err := startServer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	gate, err := mongotest.OpenGate(strings.Trim(strings.TrimPrefix(server, "mongodb://"), "/"), mongotest.GateOptions{OneAtATime: true, Translate: translate})
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	mongotest.Run(t, mongotest.Server{
		URI:             "mongodb://" + gate.Addr() + "/",
		Lacks:           map[storetest.Need]string{storetest.Volume: "FerretDB reads every booking for each one that it looks for"},
		ProvedElsewhere: "the tests of persistence/mongo with MONGODB_TEST_URI, and by those of persistence/sqlite",
		NoPlans:         "FerretDB uses no index but that of _id; proved where MONGODB_TEST_URI is set",
	})
}
