package mongo

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"kapoor.example/desk/booking"
)

// One admin has to stay, and "is there another one" cannot be asked and acted upon in one update of one account. So the
// admins are also listed in one document, the roll. Its rule: whoever is on it is an active admin. To stop being one,
//
//  1. the account is marked as leaving, which everybody sees;
//  2. it is taken off the roll, which must not become empty: there the last one is refused;
//  3. the account is changed, and the mark goes with that.
//
// Each step is one update that fails when its document has been written since it was read. Names are put on the roll only
// by admit: it reads the roll first, then the accounts, and writes the roll if nobody has written it in between. An account
// that is leaving is not admitted. So a name cannot come onto the roll behind step 2: before the mark, the roll has
// changed by step 2 and admit fails; after the mark, admit sees it; and step 3 fails if the mark has been taken off.
//
// A crash between the steps leaves an admin who is not on the roll, or marked, and nothing worse: admit takes old marks
// off and puts the name back. The roll being too short can refuse somebody wrongly for a moment, so before anybody is
// refused, admit is asked to complete it.

// roll is the document in meta that lists admins.
type roll struct {
	Revision int64    `bson:"revision"`
	Admins   []string `bson:"admins"`
}

const rollID = "admins"

// leaving is the mark of step 1.
type leaving struct {
	By string        `bson:"by"` // this attempt
	At bson.DateTime `bson:"at"`
}

// leaveWithin is how long a mark keeps others away. Later it is taken for one that a crash left.
const leaveWithin = 10 * time.Second

func (l *leaving) fresh(now time.Time) bool {
	return l != nil && now.Sub(l.At.Time()).Abs() < leaveWithin
}

// demote applies a change by which an account stops being an active admin, and returns the account as it is then. It
// returns false when the account has been written meanwhile, so that the caller begins again.
func (s *Store) demote(ctx context.Context, a account, c booking.UserChange) (booking.User, bool, error) {
	if a.Leaving.fresh(s.now()) {
		return booking.User{}, false, pause(ctx) // another call is about to demote it
	}
	if err := s.admit(ctx); err != nil {
		return booking.User{}, false, err
	}
	mark := leaving{By: booking.NewID(s.now()), At: millis(booking.At(s.now()))}
	ok, err := s.compareAndSet(ctx, a, change{set: bson.D{{Key: "revision", Value: a.Revision + 1}, {Key: "leaving", Value: mark}}})
	if err != nil || !ok {
		return booking.User{}, false, err
	}
	changed, done, err := s.leaveDesk(ctx, a.ID, mark, c)
	if !done {
		// Whatever it was, the account stays. If this fails, too, the mark becomes old.
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
		defer cancel()
		_, unmarked := s.users.UpdateOne(undo, bson.D{{Key: "_id", Value: a.ID}, {Key: "leaving.by", Value: mark.By}}, unmark)
		err = errors.Join(err, unmarked)
	}
	return changed, done, err
}

// unmark takes a mark off an account.
var unmark = bson.D{
	{Key: "$unset", Value: bson.D{{Key: "leaving", Value: ""}}}, {Key: "$inc", Value: bson.D{{Key: "revision", Value: 1}}},
}

// leaveDesk does the second and third step for an account that carries the mark.
func (s *Store) leaveDesk(ctx context.Context, id string, mark leaving, c booking.UserChange) (booking.User, bool, error) {
	if err := s.strike(ctx, id); err != nil {
		return booking.User{}, false, err
	}
	for {
		a, err := s.account(ctx, "_id", id)
		if err != nil {
			return booking.User{}, false, err
		}
		if a.Leaving == nil || a.Leaving.By != mark.By {
			return booking.User{}, false, nil // it took too long, and somebody has taken the mark off
		}
		changed, revokes := c.ApplyTo(a.user())
		if ok, err := s.replace(ctx, a, changed, revokes); ok || err != nil {
			return changed, ok, err
		}
	}
}

// strike takes an account off the roll. CodeLastAdmin when nobody would be left on it.
func (s *Store) strike(ctx context.Context, id string) error {
	completed := false
	for {
		r, err := s.roll(ctx)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(r.Admins), func(admin string) bool { return admin == id })
		if len(left) == 0 {
			if completed {
				return booking.Errorf(booking.CodeLastAdmin, "The last active admin has to stay one.")
			}
			if err := s.admit(ctx); err != nil {
				return err
			}
			completed = true
			continue
		}
		// Written also where the name is not on it: an admit that has read the account before the mark must fail.
		if ok, err := s.rewrite(ctx, r, left); ok || err != nil {
			return err
		}
	}
}

// admit puts every active admin who is not leaving on the roll.
func (s *Store) admit(ctx context.Context) error {
	for {
		r, err := s.roll(ctx)
		if err != nil {
			return err
		}
		cursor, err := s.users.Find(ctx, bson.D{{Key: "role", Value: string(booking.Admin)}, {Key: "active", Value: true}},
			options.Find().SetProjection(without("outbox")))
		if err != nil {
			return err
		}
		var admins []account
		if err := cursor.All(ctx, &admins); err != nil {
			return err
		}
		complete, again := slices.Clone(r.Admins), false
		for _, a := range admins {
			switch {
			case slices.Contains(complete, a.ID) || a.Leaving.fresh(s.now()):
			case a.Leaving != nil:
				if _, err := s.users.UpdateOne(ctx, bson.D{{Key: "_id", Value: a.ID}, {Key: "leaving.by", Value: a.Leaving.By}}, unmark); err != nil {
					return err
				}
				again = true
			default:
				complete = append(complete, a.ID)
			}
		}
		if again {
			continue
		}
		if len(complete) == len(r.Admins) {
			return nil
		}
		if ok, err := s.rewrite(ctx, r, complete); ok || err != nil {
			return err
		}
	}
}

// roll reads the roll; an empty one where there is none yet.
func (s *Store) roll(ctx context.Context) (roll, error) {
	var r roll
	err := s.meta.FindOne(ctx, bson.D{{Key: "_id", Value: rollID}}).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return roll{}, nil
	}
	return r, err
}

// rewrite replaces the roll unless it has been written meanwhile.
func (s *Store) rewrite(ctx context.Context, from roll, admins []string) (bool, error) {
	to := bson.D{{Key: "revision", Value: from.Revision + 1}, {Key: "admins", Value: admins}}
	if from.Revision == 0 {
		_, err := s.meta.InsertOne(ctx, append(bson.D{{Key: "_id", Value: rollID}}, to...))
		if mongo.IsDuplicateKeyError(err) {
			return false, nil
		}
		return err == nil, err
	}
	result, err := s.meta.UpdateOne(ctx, bson.D{{Key: "_id", Value: rollID}, {Key: "revision", Value: from.Revision}}, bson.D{{Key: "$set", Value: to}})
	if err != nil {
		return false, err
	}
	return result.MatchedCount == 1, nil
}

// pause waits a few milliseconds.
func pause(ctx context.Context) error {
	select {
	case <-time.After(time.Duration(2+rand.IntN(10)) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
