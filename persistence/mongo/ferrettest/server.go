// Package ferrettest runs persistence/mongo on an embedded FerretDB, which speaks MongoDB's wire protocol. It is a module of
// its own, so that the server's dependencies stay clean.
//
// What its tests prove: the store's semantics, and that its sequences of commands may be interleaved, and broken off, in any
// way. FerretDB reads a document and writes it back in two steps, so everybody talks to it through a gate that lets one command
// through at a time: then a command is as indivisible as that on a single document is in MongoDB. What it cannot prove is
// that MongoDB's commands are (it promises so), how it uses indexes, and anything about speed; that runs where
// MONGODB_TEST_URI is set.
package ferrettest

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"strings"

	"github.com/FerretDB/FerretDB/ferretdb"
	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/persistence/mongo/mongotest"
)

// Start runs FerretDB with its files in dir, behind a gate that lets one command through at a time. It returns the URI and
// how to stop it.
func Start(dir string) (uri string, stop func(), err error) {
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Handler:   "sqlite",
		SQLiteURL: "file:" + dir + "/",
		Logger:    slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Run(ctx) // always nil
	}()
	address := strings.Trim(strings.TrimPrefix(server.MongoDBURI(), "mongodb://"), "/")
	gate, err := mongotest.OpenGate(address, mongotest.GateOptions{OneAtATime: true, Translate: translate})
	if err != nil {
		cancel()
		<-ended
		return "", nil, err
	}
	return "mongodb://" + gate.Addr() + "/", func() { gate.Close(); cancel(); <-ended }, nil
}

// Where the document of an answer is: behind 16 bytes of header, 4 of flags and one that says what section comes, 0 for
// a document.
const (
	sectionKind = 20
	body        = 21
)

// translate gives an answer the code that MongoDB gives where an update meets a unique index. FerretDB gives it for
// inserts, and calls it an internal error for updates.
func translate(answer []byte) []byte {
	if len(answer) <= body || answer[sectionKind] != 0 || !bytes.Contains(answer, []byte("UNIQUE constraint failed")) {
		return answer
	}
	var d bson.D
	if err := bson.Unmarshal(answer[body:], &d); err != nil {
		return answer
	}
	for i := range d {
		if d[i].Key == "code" {
			d[i].Value = int32(11000)
		}
	}
	doc, err := bson.Marshal(d)
	if err != nil {
		return answer
	}
	out := append(bytes.Clone(answer[:body]), doc...)
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out
}
