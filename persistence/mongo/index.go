package mongo

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// asc and desc are the directions of an index and of a sort.
const (
	asc  = 1
	desc = -1
)

// index is an index in the making, named for its fields. Those with a leading minus are descending.
func index(fields ...string) mongo.IndexModel {
	keys := bson.D{}
	for _, f := range fields {
		if f[0] == '-' {
			keys = append(keys, bson.E{Key: f[1:], Value: desc})
		} else {
			keys = append(keys, bson.E{Key: f, Value: asc})
		}
	}
	return mongo.IndexModel{Keys: keys, Options: options.Index().SetName(strings.Join(fields, ","))}
}

// unique makes a unique index. Documents without the fields are not in it.
func unique(fields ...string) mongo.IndexModel {
	m := sparse(fields...)
	m.Options.SetUnique(true)
	return m
}

// sparse makes an index of the documents that have one of the fields.
func sparse(fields ...string) mongo.IndexModel {
	m := index(fields...)
	m.Options.SetSparse(true)
	return m
}

// indexed is a collection and the indexes it needs.
type indexed struct {
	in      *mongo.Collection
	indexes []mongo.IndexModel
}

func (s *Store) indexes() []indexed {
	return []indexed{
		{s.bookings, []mongo.IndexModel{
			unique("code"),
			unique("key.user", "key.key"),
			sparse("key.at"), // expired keys are taken away
			sparse("due"),    // outboxes with letters
			sparse("import"),
			// Lists: newest first, of all, of an owner, an assignee, a status, a brand; each order backwards is free.
			index("createdAt", "_id"),
			index("updatedAt", "_id"),
			index("noPreferred", "preferredDateTime", "_id"),
			index("noPreferred", "-preferredDateTime", "-_id"),
			index("createdBy", "createdAt", "_id"),
			index("assignedTo._id", "createdAt", "_id"),
			index("status", "createdAt", "_id"),
			index("brandKey", "createdAt", "_id"),
			index("words"),
			// Counts without reading a booking.
			index("createdAt", "status"),
			index("brand", "model"),
		}},
		{s.users, []mongo.IndexModel{unique("emailKey"), index("name", "_id"), index("role", "active"), index("nameKey"), sparse("due")}},
		{s.tokens, []mongo.IndexModel{index("expiresAt"), sparse("due")}},
		{s.events, []mongo.IndexModel{unique("n"), unique("key"), index("rooms", "_id")}},
		{s.notes, []mongo.IndexModel{index("user", "-timestamp", "-_id"), index("user", "read", "-timestamp", "-_id"), index("timestamp")}},
	}
}

// createIndexes creates the indexes that are missing, by their names.
func (s *Store) createIndexes(ctx context.Context) error {
	for _, c := range s.indexes() {
		there, err := c.in.Indexes().ListSpecifications(ctx)
		if err != nil {
			return err
		}
		names := map[string]bool{}
		for _, index := range there {
			names[index.Name] = true
		}
		missing := slices.DeleteFunc(c.indexes, func(m mongo.IndexModel) bool { return names[nameOf(m)] })
		if len(missing) == 0 {
			continue
		}
		if _, err := c.in.Indexes().CreateMany(ctx, missing); err != nil {
			return err
		}
	}
	return nil
}

func nameOf(m mongo.IndexModel) string {
	var o options.IndexOptions
	for _, set := range m.Options.List() {
		if err := set(&o); err != nil {
			panic(err) // setters of the driver do not fail
		}
	}
	return *o.Name
}
