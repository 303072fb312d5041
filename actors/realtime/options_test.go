package realtime

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// TestDefaults: what nobody set is what Node has, or what docs/protocol.md says. Where a test sets a short time so as not
// to wait for the long one, this is all that holds the long one.
func TestDefaults(t *testing.T) {
	o := setup(t, Options{}, nil).Options()
	for name, row := range map[string]struct{ got, want any }{
		"PingInterval":    {o.PingInterval, 25 * time.Second},
		"PingTimeout":     {o.PingTimeout, 20 * time.Second},
		"UpgradeTimeout":  {o.UpgradeTimeout, 10 * time.Second},
		"ConnectTimeout":  {o.ConnectTimeout, 45 * time.Second},
		"CloseTimeout":    {o.CloseTimeout, 30 * time.Second},
		"Grace":           {o.Grace, 5 * time.Second},
		"MaxPayload":      {o.MaxPayload, 1_000_000},
		"MaxPacket":       {o.MaxPacket, 10_000_000},
		"MaxPackets":      {o.MaxPackets, 10_000},
		"MaxQueue":        {o.MaxQueue, 8_000_000},
		"MaxInbound":      {o.MaxInbound, 256 << 10},
		"MaxNamespaces":   {o.MaxNamespaces, 16},
		"MaxRooms":        {o.MaxRooms, 1_000},
		"MaxDynamic":      {o.MaxDynamic, 10_000},
		"MaxConnections":  {o.MaxConnections, 1_000_000},
		"MaxPerAddress":   {o.MaxPerAddress, 10_000},
		"MaxPerUser":      {o.MaxPerUser, 50},
		"Admissions":      {o.Admissions, 256},
		"upgrades":        {o.upgradable(), true},
		"cleanup":         {o.CleanupEmptyNamespaces, false},
		"recovery":        {o.Recovery == nil && o.Replay == nil, true},
		"the cluster":     {o.Bus == nil, true},
		"both transports": {slices.Equal(o.Transports, []string{Polling, WebSocket}), true},
	} {
		if row.got != row.want {
			t.Errorf("%s is %v, want %v", name, row.got, row.want)
		}
	}
	if r := setup(t, Options{Recovery: &Recovery{}}, nil).Options().Recovery; r.Window != 2*time.Minute || r.RunMiddleware {
		t.Errorf("recovery: %+v", r)
	}
	if small := setup(t, Options{MaxPayload: 1_000}, nil).Options(); small.MaxQueue != 1<<20 || small.MaxPacket != 10_000 {
		t.Errorf("with small messages MaxQueue is %d, MaxPacket %d", small.MaxQueue, small.MaxPacket)
	}
}

// TestDefaultsAreKept: what somebody did set is not touched.
func TestDefaultsAreKept(t *testing.T) {
	set := Options{
		PingInterval: 1, PingTimeout: 2, UpgradeTimeout: 3, ConnectTimeout: 4, CloseTimeout: 5, Grace: 6, MaxPayload: 7, MaxPacket: 8,
		MaxPackets: 9, MaxQueue: 10, MaxInbound: 11, MaxNamespaces: 12, MaxRooms: 13, MaxDynamic: 14, MaxConnections: 15,
		MaxPerAddress: 16, MaxPerUser: 17, Admissions: 18, Shards: 19,
	}
	got := set.withDefaults()
	bounds := func(o Options) string {
		text, err := json.Marshal([]any{
			o.PingInterval, o.PingTimeout, o.UpgradeTimeout, o.ConnectTimeout, o.CloseTimeout, o.Grace, o.MaxPayload, o.MaxPacket,
			o.MaxPackets, o.MaxQueue, o.MaxInbound, o.MaxNamespaces, o.MaxRooms, o.MaxDynamic, o.MaxConnections, o.MaxPerAddress,
			o.MaxPerUser, o.Admissions, o.Shards,
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if bounds(got) != bounds(set) {
		t.Errorf("set %s, got %s", bounds(set), bounds(got))
	}
}
