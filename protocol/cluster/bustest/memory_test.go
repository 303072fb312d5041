package bustest_test

import (
	"testing"

	"go.uber.org/goleak"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/cluster/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	bustest.Run(t, func(*testing.T) bustest.Harness {
		m := bustest.NewMemory()
		return bustest.Harness{
			Join: func(*testing.T) cluster.Bus { return m.Join() },
			Cut:  func(*testing.T) { m.Cut() },
			Heal: func(*testing.T) { m.Heal() },
			Lose: func(*testing.T) { m.Lose() },
			Trim: func(*testing.T) { m.Trim() },
		}
	})
}
