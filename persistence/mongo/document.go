package mongo

import (
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"kapoor.example/desk/booking"
)

// document is a booking as it is stored.
type document struct {
	ID                string         `bson:"_id"`
	Revision          int64          `bson:"revision"`
	Version           int64          `bson:"version"`
	Code              string         `bson:"code"`
	CustomerName      string         `bson:"customerName"`
	Email             string         `bson:"email,omitempty"`
	ContactNumber     string         `bson:"contactNumber"`
	Address           string         `bson:"address"`
	Brand             string         `bson:"brand"`
	BrandKey          string         `bson:"brandKey"` // the brand in lower case
	Model             string         `bson:"model"`
	InvoiceNumber     string         `bson:"invoiceNumber,omitempty"`
	PreferredDateTime *bson.DateTime `bson:"preferredDateTime,omitempty"`
	NoPreferred       int32          `bson:"noPreferred"` // 1 without a preferred time: those come last in either order
	Status            string         `bson:"status"`
	AssignedTo        *person        `bson:"assignedTo,omitempty"`
	CreatedBy         string         `bson:"createdBy"`
	CreatedAt         bson.DateTime  `bson:"createdAt"`
	UpdatedAt         bson.DateTime  `bson:"updatedAt"`
	Updates           []entry        `bson:"updates"`
	Words             []string       `bson:"words"` // of the full-text search, see words

	Key    *key   `bson:"key,omitempty"`
	Import string `bson:"import,omitempty"` // the mark of the import that wrote it
	Box    outbox `bson:",inline"`
}

type person struct {
	ID    string `bson:"_id"`
	Name  string `bson:"name"`
	Email string `bson:"email"`
	Phone string `bson:"phone"`
}

type entry struct {
	ID            string        `bson:"_id"`
	Kind          string        `bson:"kind"`
	Message       string        `bson:"message"`
	Status        string        `bson:"status,omitempty"`
	OldStatus     string        `bson:"oldStatus,omitempty"`
	Timestamp     bson.DateTime `bson:"timestamp"`
	UpdatedBy     string        `bson:"updatedBy"`
	UpdatedByName string        `bson:"updatedByName"`
	ReadBy        []receipt     `bson:"readBy"`
	ClientID      string        `bson:"clientId,omitempty"`
}

type receipt struct {
	UserID string        `bson:"userId"`
	ReadAt bson.DateTime `bson:"readAt"`
}

// written returns b as it is stored, without key and outbox.
func written(b booking.Booking) document {
	d := document{
		ID: b.ID, Revision: int64(b.Revision), Version: int64(b.Version), Code: b.Code,
		CustomerName: b.CustomerName, Email: b.Email, ContactNumber: b.ContactNumber, Address: b.Address,
		Brand: b.Brand, BrandKey: strings.ToLower(b.Brand), Model: b.Model, InvoiceNumber: b.InvoiceNumber,
		NoPreferred: 1, Status: string(b.Status), CreatedBy: b.CreatedBy, CreatedAt: millis(b.CreatedAt), UpdatedAt: millis(b.UpdatedAt),
		Updates: make([]entry, len(b.Updates)), Words: wordsOf(b),
	}
	if b.PreferredDateTime != nil {
		d.PreferredDateTime, d.NoPreferred = new(millis(*b.PreferredDateTime)), 0
	}
	if p := b.AssignedTo; p != nil {
		d.AssignedTo = &person{ID: p.ID, Name: p.Name, Email: p.Email, Phone: p.Phone}
	}
	for i, e := range b.Updates {
		d.Updates[i] = writtenEntry(e)
	}
	return d
}

func writtenEntry(e booking.Entry) entry {
	out := entry{
		ID: e.ID, Kind: string(e.Kind), Message: e.Message, Status: string(e.Status), OldStatus: string(e.OldStatus),
		Timestamp: millis(e.Timestamp), UpdatedBy: e.UpdatedBy, UpdatedByName: e.UpdatedByName,
		ReadBy: make([]receipt, len(e.ReadBy)), ClientID: e.ClientID,
	}
	for i, r := range e.ReadBy {
		out.ReadBy[i] = writtenReceipt(r)
	}
	return out
}

func writtenReceipt(r booking.Receipt) receipt {
	return receipt{UserID: r.UserID, ReadAt: millis(r.ReadAt)}
}

// summary returns the booking without its timeline.
func (d document) summary() booking.Booking {
	b := booking.Booking{
		ID: d.ID, Revision: uint64(d.Revision), Version: uint64(d.Version), Code: d.Code,
		CustomerName: d.CustomerName, Email: d.Email, ContactNumber: d.ContactNumber, Address: d.Address,
		Brand: d.Brand, Model: d.Model, InvoiceNumber: d.InvoiceNumber,
		Status: booking.Status(d.Status), CreatedBy: d.CreatedBy, CreatedAt: moment(d.CreatedAt), UpdatedAt: moment(d.UpdatedAt),
	}
	if d.PreferredDateTime != nil {
		b.PreferredDateTime = new(moment(*d.PreferredDateTime))
	}
	if p := d.AssignedTo; p != nil {
		b.AssignedTo = &booking.Person{ID: p.ID, Name: p.Name, Email: p.Email, Phone: p.Phone}
	}
	return b
}

// booking returns the booking with its timeline.
func (d document) booking() booking.Booking {
	b := d.summary()
	b.Updates = make([]booking.Entry, len(d.Updates))
	for i, e := range d.Updates {
		b.Updates[i] = booking.Entry{
			ID: e.ID, Kind: booking.EntryKind(e.Kind), Message: e.Message, Status: booking.Status(e.Status), OldStatus: booking.Status(e.OldStatus),
			Timestamp: moment(e.Timestamp), UpdatedBy: e.UpdatedBy, UpdatedByName: e.UpdatedByName,
			ReadBy: make([]booking.Receipt, len(e.ReadBy)), ClientID: e.ClientID,
		}
		for j, r := range e.ReadBy {
			b.Updates[i].ReadBy[j] = booking.Receipt{UserID: r.UserID, ReadAt: moment(r.ReadAt)}
		}
	}
	return b
}

// The zero Time goes to and fro as the date it is, in the year 1.

func millis(t booking.Time) bson.DateTime { return bson.DateTime(t.UnixMilli()) }

func moment(d bson.DateTime) booking.Time { return booking.FromMillis(int64(d)) }

// atLeast returns the first whole millisecond that is not before t: stored times have no finer parts.
func atLeast(t time.Time) bson.DateTime {
	ms := t.UnixMilli()
	if time.UnixMilli(ms).Before(t) {
		ms++
	}
	return bson.DateTime(ms)
}

// text returns s as a string that BSON can hold. What was not valid before equals nothing that is stored.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, string(utf8.RuneError))
}
