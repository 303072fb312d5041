package bookings

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Hollywood's event stream lives as long as the process; it has a goroutine only while it handles a message.
		goleak.IgnoreAnyFunction("github.com/anthdm/hollywood/actor.(*Inbox).process"))
}
