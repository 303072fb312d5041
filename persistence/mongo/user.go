package mongo

import (
	"context"
	"errors"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// account is a user as stored.
type account struct {
	ID           string        `bson:"_id"`
	Revision     int64         `bson:"revision"` // counts writes
	Name         string        `bson:"name"`
	NameKey      string        `bson:"nameKey"` // in lower case
	Email        string        `bson:"email"`
	EmailKey     string        `bson:"emailKey"`
	Phone        string        `bson:"phone"`
	Role         string        `bson:"role"`
	Active       bool          `bson:"active"`
	Rights       int64         `bson:"rights"`
	PasswordHash string        `bson:"passwordHash"`
	CreatedAt    bson.DateTime `bson:"createdAt"`
	UpdatedAt    bson.DateTime `bson:"updatedAt"`
	Leaving      *leaving      `bson:"leaving,omitempty"` // see demote
	Box          outbox        `bson:",inline"`
}

func (a account) user() booking.User {
	return booking.User{
		ID: a.ID, Name: a.Name, Email: a.Email, Phone: a.Phone, Role: booking.Role(a.Role), Active: a.Active, Rights: uint64(a.Rights),
		PasswordHash: a.PasswordHash, CreatedAt: moment(a.CreatedAt), UpdatedAt: moment(a.UpdatedAt),
	}
}

// administers reports whether u is one of the admins of whom one has to stay.
func administers(u booking.User) bool { return u.Active && u.Role == booking.Admin }

// fields are what an update of an account sets.
func (a account) fields() bson.D {
	return bson.D{
		{Key: "revision", Value: a.Revision}, {Key: "name", Value: a.Name}, {Key: "nameKey", Value: a.NameKey},
		{Key: "email", Value: a.Email}, {Key: "emailKey", Value: a.EmailKey}, {Key: "phone", Value: a.Phone},
		{Key: "role", Value: a.Role}, {Key: "active", Value: a.Active}, {Key: "rights", Value: a.Rights},
		{Key: "passwordHash", Value: a.PasswordHash}, {Key: "updatedAt", Value: a.UpdatedAt},
	}
}

func writtenUser(u booking.User, revision int64) account {
	return account{
		ID: u.ID, Revision: revision, Name: u.Name, NameKey: strings.ToLower(u.Name), Email: u.Email, EmailKey: booking.EmailKey(u.Email),
		Phone: u.Phone, Role: string(u.Role), Active: u.Active, Rights: int64(u.Rights), PasswordHash: u.PasswordHash,
		CreatedAt: millis(u.CreatedAt), UpdatedAt: millis(u.UpdatedAt),
	}
}

func emailTaken() error {
	return booking.Errorf(booking.CodeEmailTaken, "Another account has this e-mail address.")
}

// CreateUser implements booking.Store.
func (s *Store) CreateUser(ctx context.Context, u booking.User) error {
	if err := s.enter(ctx, "create user"); err != nil {
		return err
	}
	defer s.leave()
	_, err := s.users.InsertOne(ctx, writtenUser(u, 1))
	if mongo.IsDuplicateKeyError(err) {
		return emailTaken() // ids are random: none is used twice
	}
	return describe("create user", err)
}

// User implements booking.Store.
func (s *Store) User(ctx context.Context, id string) (booking.User, error) {
	return s.findUser(ctx, "user", "_id", id)
}

// UserByEmail implements booking.Store.
func (s *Store) UserByEmail(ctx context.Context, email string) (booking.User, error) {
	return s.findUser(ctx, "user by e-mail", "emailKey", booking.EmailKey(email))
}

func (s *Store) findUser(ctx context.Context, operation, field, value string) (booking.User, error) {
	if err := s.enter(ctx, operation); err != nil {
		return booking.User{}, err
	}
	defer s.leave()
	a, err := s.account(ctx, field, value)
	return a.user(), found(operation, "account", err)
}

func (s *Store) account(ctx context.Context, field, value string) (account, error) {
	var a account
	err := s.users.FindOne(ctx, bson.D{{Key: field, Value: text(value)}}, options.FindOne().SetProjection(without("outbox"))).Decode(&a)
	return a, err
}

// UpdateUser implements booking.Store. The change is applied to what is stored and written if that has not changed
// meanwhile; else it is applied again.
func (s *Store) UpdateUser(ctx context.Context, id string, c booking.UserChange) (booking.User, error) {
	if err := s.enter(ctx, "update user"); err != nil {
		return booking.User{}, err
	}
	defer s.leave()
	for {
		a, err := s.account(ctx, "_id", id)
		if err != nil {
			return booking.User{}, found("update user", "account", err)
		}
		changed, revokes := c.ApplyTo(a.user())
		var written bool
		if administers(a.user()) && !administers(changed) {
			changed, written, err = s.demote(ctx, a, c)
		} else {
			written, err = s.replace(ctx, a, changed, revokes)
		}
		var told *booking.Error
		switch {
		case err == nil && written:
			return changed, nil
		case mongo.IsDuplicateKeyError(err):
			return booking.User{}, emailTaken()
		case errors.As(err, &told):
			return booking.User{}, err
		case err != nil:
			return booking.User{}, describe("update user", err)
		}
	}
}

// replace writes an account over the one it was made from, and reports whether that was still there. A revocation goes
// into the outbox with it.
func (s *Store) replace(ctx context.Context, from account, to booking.User, revokes bool) (bool, error) {
	a := writtenUser(to, from.Revision+1)
	ch := change{set: a.fields()}
	if revokes {
		l := letter{Revision: a.Revision, Revocation: &revocation{UserID: a.ID, Rights: a.Rights}}
		ch.set = append(ch.set, l.put()...)
	}
	if from.Leaving != nil && !administers(to) {
		ch.unset = bson.D{{Key: "leaving", Value: ""}}
	}
	ok, err := s.compareAndSet(ctx, from, ch)
	if ok && revokes {
		s.publisher.carry(due{inUsers, a.ID, a.Revision})
	}
	return ok, err
}

// compareAndSet changes an account unless it has been written meanwhile.
func (s *Store) compareAndSet(ctx context.Context, from account, ch change) (bool, error) {
	result, err := s.users.UpdateOne(ctx, bson.D{{Key: "_id", Value: from.ID}, {Key: "revision", Value: from.Revision}}, ch.update())
	if err != nil {
		return false, err
	}
	return result.MatchedCount == 1, nil
}
