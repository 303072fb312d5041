package storetest

import (
	"testing"
	"time"

	"kapoor.example/desk/booking"
)

func (d *desk) revoked(token string) bool {
	d.t.Helper()
	revoked, err := d.store.TokenRevoked(d.ctx, token)
	must(d.t, "TokenRevoked", err)
	return revoked
}

func (s suite) tokens(t *testing.T) {
	t.Run("one is revoked until it would have expired", func(t *testing.T) {
		d := s.desk(t)
		token := booking.Revocation{UserID: d.alice.ID, TokenID: "t-1", ExpiresAt: booking.At(start.Add(30 * 24 * time.Hour))}
		if d.revoked("t-1") {
			t.Fatal("revoked before")
		}
		must(t, "RevokeToken", d.store.RevokeToken(d.ctx, token))
		for range 3 {
			if !d.revoked("t-1") || d.revoked("t-2") || d.revoked("T-1") || d.revoked("") {
				t.Fatal("t-1 is revoked, and it alone")
			}
			d.clock.advance(29*24*time.Hour/2 - time.Minute)
			d.reopen()
		}
	})

	t.Run("again is no error", func(t *testing.T) {
		d := s.desk(t)
		f := d.follow(booking.Position{})
		token := booking.Revocation{UserID: d.alice.ID, TokenID: "t-1", ExpiresAt: booking.At(start.Add(time.Hour))}
		must(t, "RevokeToken", d.store.RevokeToken(d.ctx, token))
		equal(t, "log", f.wait(1)[0].Revocation, token)
		must(t, "RevokeToken", d.store.RevokeToken(d.ctx, token))
		parallel(t, 8, func(int) error { return d.store.RevokeToken(d.ctx, token) })
		if !d.revoked("t-1") {
			t.Fatal("not revoked")
		}
	})

	t.Run("hostile ids", func(t *testing.T) {
		d := s.desk(t)
		must(t, "RevokeToken", d.store.RevokeToken(d.ctx, booking.Revocation{UserID: d.alice.ID, TokenID: "t-1", ExpiresAt: booking.At(start.Add(time.Hour))}))
		for _, text := range hostile() {
			if d.revoked(text) {
				t.Fatalf("%q is revoked", text[:min(len(text), 40)])
			}
		}
	})
}
