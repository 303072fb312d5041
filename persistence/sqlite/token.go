package sqlite

import (
	"context"

	"kapoor.example/desk/booking"
)

// RevokeToken implements booking.Users. Each time, some of the tokens that have expired meanwhile are forgotten.
func (s *Store) RevokeToken(ctx context.Context, r booking.Revocation) error {
	return s.write(ctx, "revoke token", func(b *batch) error {
		var one int
		known, err := b.get(revokedQuery, []any{r.TokenID}, &one)
		if err != nil || known {
			return err
		}
		err = b.exec(`DELETE FROM revoked_tokens WHERE token_id IN (
			SELECT token_id FROM revoked_tokens WHERE expires_at < ? ORDER BY expires_at LIMIT 10)`, b.now.UnixMilli())
		if err != nil {
			return err
		}
		if err := b.exec(`INSERT INTO revoked_tokens (token_id, expires_at) VALUES (?, ?)`, r.TokenID, r.ExpiresAt.UnixMilli()); err != nil {
			return err
		}
		return b.revoke(r)
	})
}

const revokedQuery = `SELECT 1 FROM revoked_tokens WHERE token_id = ?`

// TokenRevoked implements booking.Users.
func (s *Store) TokenRevoked(ctx context.Context, tokenID string) (revoked bool, err error) {
	err = s.read(ctx, "look up token", func(r *session) error {
		var one int
		revoked, err = r.one(ctx, revokedQuery, []any{tokenID}, &one)
		return err
	})
	return revoked, err
}
