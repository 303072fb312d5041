package mongotest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// Database returns the URI of a database on the URI's server that is dropped with the test.
func Database(t testing.TB, uri string) string {
	t.Helper()
	parsed, err := url.Parse(uri)
	if err != nil {
		t.Fatal("MONGODB_TEST_URI is no URI")
	}
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprint("desk_cluster_", booking.NewID(time.Now()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(client.Database(name).Drop(ctx), client.Disconnect(ctx)); err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	})
	if query := parsed.Query(); parsed.User != nil && !query.Has("authSource") {
		query.Set("authSource", cmp.Or(strings.Trim(parsed.Path, "/"), "admin")) // it is the database's otherwise
		parsed.RawQuery = query.Encode()
	}
	parsed.Path = "/" + name
	return parsed.String()
}
