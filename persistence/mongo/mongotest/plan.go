package mongotest

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// plans asks the server how it would answer the store's queries: none may read a whole collection, and no list may be
// sorted after reading.
func (s Server) plans(t *testing.T) {
	if s.NoPlans != "" {
		t.Skip(s.NoPlans)
	}
	d := s.desk(t)
	d.open(s.URI)
	e := func(key string, value any) bson.E { return bson.E{Key: key, Value: value} }
	newest := bson.D{e("createdAt", -1), e("_id", -1)}
	for _, q := range []struct {
		name, in     string
		filter, sort bson.D
	}{
		{"a code", "bookings", bson.D{e("code", "ABC234")}, nil},
		{"a key", "bookings", bson.D{e("key.user", "u"), e("key.key", "k")}, nil},
		{"all, newest first", "bookings", bson.D{}, newest},
		{"all, oldest first", "bookings", bson.D{}, bson.D{e("createdAt", 1), e("_id", 1)}},
		{"by change", "bookings", bson.D{}, bson.D{e("updatedAt", -1), e("_id", -1)}},
		{"by preferred time", "bookings", bson.D{}, bson.D{e("noPreferred", 1), e("preferredDateTime", 1), e("_id", 1)}},
		{"by preferred time, latest first", "bookings", bson.D{}, bson.D{e("noPreferred", 1), e("preferredDateTime", -1), e("_id", -1)}},
		{"an owner's", "bookings", bson.D{e("$and", bson.A{bson.D{e("createdBy", "u")}})}, newest},
		{"an assignee's", "bookings", bson.D{e("$and", bson.A{bson.D{e("assignedTo._id", "u")}})}, newest},
		{"of a status", "bookings", bson.D{e("$and", bson.A{bson.D{e("status", "Pending")}})}, newest},
		{"of a brand", "bookings", bson.D{e("$and", bson.A{bson.D{e("brandKey", "lg")}})}, newest},
		{"with words", "bookings", bson.D{e("$and", bson.A{bson.D{e("words", bson.Regex{Pattern: "^ravi"})}})}, nil},
		{"with letters", "bookings", bson.D{e("due", bson.D{e("$gt", 0)})}, nil},
		{"an e-mail", "users", bson.D{e("emailKey", "a@example.com")}, nil},
		{"accounts", "users", bson.D{}, bson.D{e("name", 1), e("_id", 1)}},
		{"the log's end", "events", bson.D{}, bson.D{e("_id", -1)}},
		{"the log", "events", bson.D{e("_id", bson.D{e("$gt", "0")})}, bson.D{e("_id", 1)}},
		{"the log of rooms", "events", bson.D{e("_id", bson.D{e("$gt", "0")}), e("rooms", bson.D{e("$in", bson.A{"a", "b"})})}, bson.D{e("_id", 1)}},
		{"what ended a user's tokens", "events", bson.D{e("_id", bson.D{e("$gt", "0")}), e("revocation.userId", "u")}, bson.D{e("_id", 1)}},
		{"notifications", "notifications", bson.D{e("user", "u")}, bson.D{e("timestamp", -1), e("_id", -1)}},
		{"unread ones", "notifications", bson.D{e("user", "u"), e("read", false)}, bson.D{e("timestamp", -1), e("_id", -1)}},
	} {
		t.Run(q.name, func(t *testing.T) {
			find := bson.D{e("find", q.in), e("filter", q.filter), e("limit", 21)}
			if q.sort != nil {
				find = append(find, e("sort", q.sort))
			}
			plan, err := d.db.RunCommand(d.ctx, bson.D{e("explain", find), e("verbosity", "queryPlanner")}).Raw()
			if err != nil {
				t.Fatal(err)
			}
			winning := plan.Lookup("queryPlanner", "winningPlan").String()
			if strings.Contains(winning, "COLLSCAN") || strings.Contains(winning, `"SORT"`) {
				t.Fatalf("plan %s", winning)
			}
		})
	}
}
