package mongo_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"kapoor.example/desk/persistence/mongo/mongotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestServer needs a MongoDB server. The module in ferrettest does the same on an embedded one.
func TestServer(t *testing.T) {
	uri := os.Getenv("MONGODB_TEST_URI")
	if uri == "" {
		t.Skip("MONGODB_TEST_URI is not set; persistence/mongo/ferrettest runs these tests on an embedded server")
	}
	mongotest.Run(t, mongotest.Server{URI: uri})
}
