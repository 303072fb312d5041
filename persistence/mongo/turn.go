package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// turn is a process' part in the lease of the sweep: one process at a time publishes what others have left in outboxes. The
// lease's token rises whenever somebody takes or keeps it, and whoever does so names the token that it has seen last. So no
// clocks are compared, and a process that was held up learns that it lost its turn before it publishes anything more.
type turn struct {
	s      *Store
	holder string
	mine   bool
	seen   lease
	idle   int // how often the lease was found as it had been
}

// lease is the document of meta about who sweeps.
type lease struct {
	Holder string `bson:"holder"` // "" for nobody
	Token  int64  `bson:"token"`
}

// idleSweeps is how often in a row a lease is found unchanged until its holder is taken to be dead.
const idleSweeps = 3

var leaseID = bson.E{Key: "_id", Value: "sweeper"}

// take takes the turn from whoever has it: a process that starts knows best what one before it has left.
func (t *turn) take(ctx context.Context) error {
	err := t.s.meta.FindOneAndUpdate(ctx, bson.D{leaseID}, t.change(t.holder),
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&t.seen)
	t.mine = err == nil && t.seen.Holder == t.holder
	return err
}

// keep makes sure that the turn is this process' still.
func (t *turn) keep(ctx context.Context) error {
	if !t.mine {
		return nil
	}
	return t.pass(ctx, t.holder)
}

// ask keeps the turn, or takes it from a holder that has not kept it for a while.
func (t *turn) ask(ctx context.Context) error {
	if t.mine {
		return t.keep(ctx)
	}
	var now lease
	err := t.s.meta.FindOne(ctx, bson.D{leaseID}).Decode(&now)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return t.take(ctx)
	}
	if err != nil {
		return err
	}
	if now != t.seen {
		t.seen, t.idle = now, 0
	}
	if t.idle++; now.Holder != "" && now.Holder != t.holder && t.idle <= idleSweeps {
		return nil
	}
	return t.pass(ctx, t.holder)
}

// giveUp lets another process have the turn at once.
func (t *turn) giveUp(ctx context.Context) error {
	if !t.mine {
		return nil
	}
	return t.pass(ctx, "")
}

// pass gives the lease to a holder, unless it has changed since it was seen.
func (t *turn) pass(ctx context.Context, to string) error {
	done, err := t.s.meta.UpdateOne(ctx,
		bson.D{leaseID, {Key: "holder", Value: t.seen.Holder}, {Key: "token", Value: t.seen.Token}}, t.change(to))
	t.mine = err == nil && done.MatchedCount == 1 && to == t.holder
	if t.mine {
		t.seen = lease{t.holder, t.seen.Token + 1}
	}
	t.idle = 0
	return err
}

func (t *turn) change(to string) bson.D {
	return bson.D{{Key: "$set", Value: bson.D{{Key: "holder", Value: to}}}, {Key: "$inc", Value: bson.D{{Key: "token", Value: int64(1)}}}}
}
