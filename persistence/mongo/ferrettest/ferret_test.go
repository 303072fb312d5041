package ferrettest

import (
	"testing"

	"kapoor.example/desk/persistence/mongo/mongotest"
	"kapoor.example/desk/persistence/storetest"
)

func TestServer(t *testing.T) {
	uri, stop, err := Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	mongotest.Run(t, mongotest.Server{
		URI:             uri,
		Lacks:           map[storetest.Need]string{storetest.Volume: "FerretDB reads every booking for each one that it looks for"},
		ProvedElsewhere: "the tests of persistence/mongo with MONGODB_TEST_URI, and by those of persistence/sqlite",
		NoPlans:         "FerretDB uses no index but that of _id; proved where MONGODB_TEST_URI is set",
	})
}
