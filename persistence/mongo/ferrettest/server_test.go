package ferrettest

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"

	"github.com/FerretDB/FerretDB/ferretdb"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// startServer runs FerretDB with its files in dir, and returns its URI and how to stop it.
func startServer(dir string) (uri string, stop func(), err error) {
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
	return server.MongoDBURI(), func() { cancel(); <-ended }, nil
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
