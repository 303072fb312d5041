package mongo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// Options says where the desk is kept.
type Options struct {
	// URI is a connection string, mongodb://… or mongodb+srv://…. Its password appears in no error.
	URI string
	// Database is the database's name. Empty means the one the URI names, else "desk".
	Database string
	// Location is the time zone of the statistics' days and months. Nil means UTC.
	Location *time.Location
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
	// SelectWithin is how long a call waits for a server that can be reached. Zero means 5 s.
	SelectWithin time.Duration
	// OnError is told what goes wrong in the background, where no caller waits for it; it is tried again. Nil means nobody.
	OnError func(error)
}

// callWithin bounds a call whose context has no deadline.
const callWithin = 30 * time.Second

// defaultDatabase is used where neither Options nor the URI name one.
const defaultDatabase = "desk"

// Open connects, creates what is missing of collections and indexes, and starts to publish. When the server cannot be
// reached or refuses the credentials, the error is one sentence that says so.
func Open(ctx context.Context, o Options) (*Store, error) {
	o, client, err := connect(o)
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, now: o.Now, location: o.Location, done: make(chan struct{})}
	db := client.Database(o.Database)
	s.bookings, s.users, s.tokens = db.Collection("bookings"), db.Collection("users"), db.Collection("tokens")
	s.events, s.notes, s.meta = db.Collection("events"), db.Collection("notifications"), db.Collection("meta")
	s.trimmed = db.Collection("trimmed")
	if err := s.prepare(ctx); err != nil {
		// The reason to give up is told, not what closing says on top of it.
		_ = client.Disconnect(context.WithoutCancel(ctx))
		return nil, explain(err, client, o)
	}
	s.publisher = startPublisher(s, o.OnError)
	return s, nil
}

// prepare brings an empty or older database up to date and reads where the log ends.
func (s *Store) prepare(ctx context.Context) error {
	if err := s.client.Ping(ctx, nil); err != nil {
		return err
	}
	if err := s.createIndexes(ctx); err != nil {
		return err
	}
	if err := s.dropBrokenImports(ctx); err != nil {
		return err
	}
	if err := s.makeEpoch(ctx); err != nil {
		return err
	}
	head, err := s.head(ctx)
	if err != nil {
		return err
	}
	s.log = newRing(head)
	return nil
}

func connect(o Options) (Options, *mongo.Client, error) {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SelectWithin == 0 {
		o.SelectWithin = 5 * time.Second
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if o.Database == "" {
		o.Database = databaseOf(o.URI)
	}
	client := options.Client().ApplyURI(o.URI).
		SetServerSelectionTimeout(o.SelectWithin).
		SetTimeout(callWithin).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.Majority().W, Journal: new(true)}).
		SetReadConcern(readconcern.Local()).
		SetReadPreference(readpref.Primary()) // a secondary may be behind what was told already, whatever the URI says
	// The driver's words may repeat the connection string, so they are not passed on.
	if err := client.Validate(); err != nil {
		return o, nil, errors.New("the MongoDB URI is not one; it looks like mongodb://user:password@host:27017/desk")
	}
	connected, err := mongo.Connect(client)
	if err != nil {
		return o, nil, errors.New("the MongoDB URI cannot be used: one of its options is wrong")
	}
	return o, connected, nil
}

// databaseOf returns the database that a URI names, or the default one.
func databaseOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	_, path, _ := strings.Cut(rest, "/")
	name, _, _ := strings.Cut(path, "?")
	if name == "" {
		return defaultDatabase
	}
	return name
}

// explain makes one sentence of why a database could not be opened.
func explain(err error, client *mongo.Client, o Options) error {
	at := "MongoDB at " + hosts(o.URI)
	var refused mongo.CommandError
	text := err.Error()
	switch {
	case errors.Is(err, context.Canceled):
		return describe("open", err)
	case errors.As(err, &refused) && (refused.Code == 18 || refused.Code == 13), strings.Contains(text, "auth error"),
		strings.Contains(text, "AuthenticationFailed"), strings.Contains(text, "unable to authenticate"):
		return fmt.Errorf("%s refuses the user name or password", at)
	case mongo.IsTimeout(err), mongo.IsNetworkError(err), strings.Contains(text, "server selection error"):
		return fmt.Errorf("%s cannot be reached within %v; is it running, and is the address right?", at, o.SelectWithin)
	}
	return describe("open", err)
}

// hosts returns the addresses of a URI, never its credentials.
func hosts(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}
