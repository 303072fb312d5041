package mongo

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
)

// outbox is the part of a document that holds letters which are not in the log yet.
type outbox struct {
	// Letters by the revision that wrote them, see slot.
	Letters map[string]letter `bson:"outbox,omitempty"`
	// Due is the revision of the newest letter. It is absent when there is none: an index finds the others.
	Due int64 `bson:"due,omitempty"`
}

// letter is what a commit has for others, until the publisher has delivered it.
type letter struct {
	Revision      int64          `bson:"revision"`
	Notices       []notice       `bson:"notices,omitempty"`
	Notifications []notification `bson:"notifications,omitempty"`
	// Read is set where the commit is a receipt: it marks the reader's notification.
	Read       *readMark   `bson:"read,omitempty"`
	Revocation *revocation `bson:"revocation,omitempty"`
}

type notice struct {
	ID      string   `bson:"id"`
	Name    string   `bson:"name"`
	Rooms   []string `bson:"rooms"`
	Payload []byte   `bson:"payload"`
}

type readMark struct {
	User  string `bson:"user"`
	Entry string `bson:"entry"`
}

type revocation struct {
	UserID    string        `bson:"userId"`
	Rights    int64         `bson:"rights,omitempty"`
	TokenID   string        `bson:"tokenId,omitempty"`
	ExpiresAt bson.DateTime `bson:"expiresAt,omitempty"`
}

// slot is the name under which an outbox keeps the letter of a revision. Letters are fields, not the elements of an array:
// one is taken out by its name while others come in.
func slot(revision int64) string { return "r" + strconv.FormatInt(revision, 10) }

// holding returns an outbox with one letter.
func holding(l letter) outbox {
	return outbox{Letters: map[string]letter{slot(l.Revision): l}, Due: l.Revision}
}

// put is the part of an update that adds the letter to an outbox.
func (l letter) put() bson.D {
	return bson.D{{Key: "outbox." + slot(l.Revision), Value: l}, {Key: "due", Value: l.Revision}}
}

// upTo returns the letters of a revision and before, oldest first.
func (o outbox) upTo(revision int64) []letter {
	var letters []letter
	for _, l := range o.Letters {
		if l.Revision <= revision {
			letters = append(letters, l)
		}
	}
	slices.SortFunc(letters, func(a, b letter) int { return int(a.Revision - b.Revision) })
	return letters
}

// letterOf returns what a commit has for others, and whether there is anything.
func letterOf(c booking.Commit) (letter, bool) {
	l := letter{Revision: int64(c.After.Revision)}
	for _, n := range c.Notices {
		l.Notices = append(l.Notices, notice{ID: n.ID, Name: n.Name, Rooms: n.Rooms, Payload: n.Payload})
	}
	for _, n := range c.Notifications {
		l.Notifications = append(l.Notifications, writtenNotification(n))
	}
	if read, ok := c.Event.(booking.EntryRead); ok {
		l.Read = &readMark{User: read.Receipt.UserID, Entry: read.EntryID}
	}
	return l, len(l.Notices)+len(l.Notifications) > 0 || l.Read != nil
}
