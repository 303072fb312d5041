package http

import (
	"testing"
	"time"
)

// TestStandaloneDefaults: how long a stray upgrade may stay is waited for by no test in full.
func TestStandaloneDefaults(t *testing.T) {
	o := NewStandalone(nil, StandaloneOptions{}).options
	if o.DestroyUpgradeTimeout != time.Second || o.LeaveUpgrades {
		t.Errorf("%+v", o)
	}
	set := StandaloneOptions{DestroyUpgradeTimeout: time.Minute, LeaveUpgrades: true}
	if o := NewStandalone(nil, set).options; o != set {
		t.Errorf("%+v, want %+v", o, set)
	}
}
