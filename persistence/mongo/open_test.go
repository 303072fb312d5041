package mongo

import (
	"net"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	// An address where nothing listens: this port was free a moment ago.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, uri, want string }{
		{"nobody listens", "mongodb://desk:hunter2@" + nobody + "/desk", "MongoDB at " + nobody + " cannot be reached within 200ms"},
		{"no scheme", "desk:hunter2@" + nobody, "the MongoDB URI is not one"},
		{"another scheme", "postgres://desk:hunter2@" + nobody, "the MongoDB URI is not one"},
		{"an unescaped password", "mongodb://desk:hunter2/%zz@" + nobody, "the MongoDB URI is not one"},
		{"a wrong option", "mongodb://desk:hunter2@" + nobody + "/?authMechanism=hunter2", "the MongoDB URI"},
		{"empty", "", "the MongoDB URI is not one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(t.Context(), Options{URI: tt.uri, SelectWithin: 200 * time.Millisecond})
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			if text := err.Error(); !strings.Contains(text, tt.want) || strings.Contains(text, "hunter2") || strings.Contains(text, "\n") {
				t.Fatalf("Open: %s", text)
			}
		})
	}
}

func TestURIs(t *testing.T) {
	for _, tt := range []struct{ name, uri, database, hosts string }{
		{"plain", "mongodb://localhost:27017", "desk", "localhost:27017"},
		{"with a slash", "mongodb://localhost:27017/", "desk", "localhost:27017"},
		{"with a database", "mongodb://localhost/shop", "shop", "localhost"},
		{"with options", "mongodb://localhost/?w=1", "desk", "localhost"},
		{"with everything", "mongodb://u:p@a:1,b:2/shop?replicaSet=rs/0", "shop", "a:1,b:2"},
		{"by service", "mongodb+srv://u:p@cluster.example.com/shop", "shop", "cluster.example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := databaseOf(tt.uri); got != tt.database {
				t.Errorf("database %q, want %q", got, tt.database)
			}
			if got := hosts(tt.uri); got != tt.hosts {
				t.Errorf("hosts %q, want %q", got, tt.hosts)
			}
		})
	}
}

func TestAtLeast(t *testing.T) {
	for _, tt := range []struct {
		name  string
		nanos int64
		want  bson.DateTime
	}{
		{"whole", 5e6, 5},
		{"a nanosecond more", 5e6 + 1, 6},
		{"a nanosecond less", 5e6 - 1, 5},
		{"before 1970", -5e6 - 1, -5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := atLeast(time.Unix(0, tt.nanos)); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
