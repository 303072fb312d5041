package mongo

import (
	"context"
	"os"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"kapoor.example/desk/booking"
	"kapoor.example/desk/persistence/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server returns the URI of a MongoDB server to test with. Where there is none, the test is skipped: the module in
// ferrettest runs the contract on an embedded one.
func server(t *testing.T) string {
	t.Helper()
	uri := os.Getenv("MONGODB_TEST_URI")
	if uri == "" {
		t.Skip("MONGODB_TEST_URI is not set; persistence/mongo/ferrettest tests this package on an embedded server")
	}
	return uri
}

// TestContract needs a server: every test has a database of its own there, which is dropped afterwards.
func TestContract(t *testing.T) {
	uri := server(t)
	storetest.Run(t, func(t *testing.T, o storetest.Options) storetest.Harness {
		name := "desk_test_" + booking.NewID(time.Now())
		t.Cleanup(func() { drop(t, uri, name) })
		open := func(t *testing.T) booking.Store {
			t.Helper()
			s, err := Open(t.Context(), Options{
				URI: uri, Database: name, Now: o.Now, Location: o.Location,
				OnError: func(err error) { t.Logf("in the background: %v", err) },
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
		h := storetest.Harness{Store: open(t)}
		current := h.Store
		h.Reopen = func(t *testing.T) booking.Store {
			t.Helper()
			if err := current.Close(); err != nil {
				t.Fatal(err)
			}
			current = open(t)
			return current
		}
		return h
	})
}

func drop(t *testing.T, uri, database string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Disconnect(ctx) }()
	if err := client.Database(database).Drop(ctx); err != nil {
		t.Errorf("drop %s: %v", database, err)
	}
}
