package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// token is a token that was revoked.
type token struct {
	ID        string        `bson:"_id"`
	UserID    string        `bson:"userId"`
	ExpiresAt bson.DateTime `bson:"expiresAt"`
	Box       outbox        `bson:",inline"`
}

// RevokeToken implements booking.Store.
func (s *Store) RevokeToken(ctx context.Context, r booking.Revocation) error {
	if err := s.enter(ctx, "revoke token"); err != nil {
		return err
	}
	defer s.leave()
	expires := millis(r.ExpiresAt)
	l := letter{Revision: 1, Revocation: &revocation{UserID: r.UserID, Rights: int64(r.Rights), TokenID: r.TokenID, ExpiresAt: expires}}
	_, err := s.tokens.InsertOne(ctx, token{ID: r.TokenID, UserID: r.UserID, ExpiresAt: expires, Box: holding(l)})
	if mongo.IsDuplicateKeyError(err) {
		return nil // again
	}
	if err != nil {
		return describe("revoke token", err)
	}
	s.publisher.carry(due{inTokens, r.TokenID, l.Revision})
	return nil
}

// TokenRevoked implements booking.Store.
func (s *Store) TokenRevoked(ctx context.Context, tokenID string) (bool, error) {
	if err := s.enter(ctx, "token revoked"); err != nil {
		return false, err
	}
	defer s.leave()
	n, err := s.tokens.CountDocuments(ctx, bson.D{{Key: "_id", Value: text(tokenID)}}, options.Count().SetLimit(1))
	return n > 0, describe("token revoked", err)
}
