package mongo

import (
	"context"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// source is a collection whose documents have outboxes.
type source int

const (
	inBookings source = iota
	inUsers
	inTokens
	sources
)

func (s *Store) collection(in source) *mongo.Collection {
	return [sources]*mongo.Collection{s.bookings, s.users, s.tokens}[in]
}

// parcel is a letter on its way.
type parcel struct {
	due
	key string
	letter
}

// letterKey names a letter for ever. A revision of a document is written once, so there is one letter to a key.
func letterKey(in source, id string, revision int64) string {
	return [sources]string{"b", "u", "t"}[in] + "/" + id + "/" + strconv.FormatInt(revision, 10)
}

// publish delivers the letters of some outboxes, in the order of the batch. When it fails, some may be delivered; doing it
// again delivers the rest.
func (p *publisher) publish(ctx context.Context, batch []due) error {
	parcels, err := p.s.collect(ctx, batch)
	if err != nil || len(parcels) == 0 {
		return err
	}
	var writes []mongo.WriteModel
	for _, parcel := range parcels {
		writes = append(writes, parcel.deliveries()...)
	}
	if len(writes) > 0 {
		if _, err := p.s.notes.BulkWrite(ctx, writes); err != nil {
			return err
		}
	}
	if err := p.log(ctx, parcels); err != nil {
		return err
	}
	return p.s.discard(ctx, parcels)
}

// collect reads the letters of outboxes, each once, in the order of the batch and of their revisions.
func (s *Store) collect(ctx context.Context, batch []due) ([]parcel, error) {
	var ids [sources]bson.A
	for _, d := range batch {
		ids[d.in] = append(ids[d.in], d.id)
	}
	boxes := map[due]outbox{} // by source and id
	for in := range sources {
		if len(ids[in]) == 0 {
			continue
		}
		cursor, err := s.collection(in).Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids[in]}}}},
			options.Find().SetProjection(bson.D{{Key: "outbox", Value: 1}, {Key: "due", Value: 1}}).SetBatchSize(carryAtOnce+1))
		if err != nil {
			return nil, err
		}
		var docs []struct {
			ID  string `bson:"_id"`
			Box outbox `bson:",inline"`
		}
		if err := cursor.All(ctx, &docs); err != nil {
			return nil, err
		}
		for _, d := range docs {
			boxes[due{in: in, id: d.ID}] = d.Box
		}
	}
	var parcels []parcel
	seen := map[string]bool{}
	for _, d := range batch {
		for _, l := range boxes[due{in: d.in, id: d.id}].upTo(d.revision) {
			if key := letterKey(d.in, d.id, l.Revision); !seen[key] {
				seen[key] = true
				parcels = append(parcels, parcel{due: d, key: key, letter: l})
			}
		}
	}
	return parcels, nil
}

// log writes the letters' events behind the end of the log, those that are there already left out.
func (p *publisher) log(ctx context.Context, parcels []parcel) error {
	for {
		end, docs := p.head, []any(nil)
		var events []event
		for _, parcel := range parcels {
			if len(parcel.Notices) == 0 && parcel.Revocation == nil {
				continue
			}
			var bookingID string
			if parcel.in == inBookings {
				bookingID = parcel.id
			}
			var e event
			e, end = end.next(parcel.key, bookingID, parcel.letter, uint64(max(p.s.now().UnixMilli(), 0)))
			events, docs = append(events, e), append(docs, e)
		}
		if len(docs) == 0 {
			return nil
		}
		_, err := p.s.events.InsertMany(ctx, docs)
		if err == nil {
			p.head = end
			return p.s.log.add(events)
		}
		if !mongo.IsDuplicateKeyError(err) {
			return err
		}
		// Another process was first, with a number or with one of these letters. Or it was this one, and did not hear of it.
		if parcels, err = p.missing(ctx, parcels); err != nil {
			return err
		}
		if p.head, err = p.s.head(ctx); err != nil {
			return err
		}
		if err := p.tail(ctx); err != nil {
			return err
		}
	}
}

// missing returns the parcels that are not in the log.
func (p *publisher) missing(ctx context.Context, parcels []parcel) ([]parcel, error) {
	var keys bson.A
	for _, parcel := range parcels {
		keys = append(keys, parcel.key)
	}
	cursor, err := p.s.events.Find(ctx, bson.D{{Key: "key", Value: bson.D{{Key: "$in", Value: keys}}}},
		options.Find().SetProjection(bson.D{{Key: "key", Value: 1}}))
	if err != nil {
		return nil, err
	}
	var there []event
	if err := cursor.All(ctx, &there); err != nil {
		return nil, err
	}
	logged := map[string]bool{}
	for _, e := range there {
		logged[e.Key] = true
	}
	var missing []parcel
	for _, parcel := range parcels {
		if !logged[parcel.key] {
			missing = append(missing, parcel)
		}
	}
	return missing, nil
}

// discard takes delivered letters out of their outboxes. Letters that came meanwhile stay.
func (s *Store) discard(ctx context.Context, parcels []parcel) error {
	type box struct {
		newest int64
		slots  bson.D
	}
	var boxes [sources]map[string]*box
	for _, parcel := range parcels {
		if boxes[parcel.in] == nil {
			boxes[parcel.in] = map[string]*box{}
		}
		b := boxes[parcel.in][parcel.id]
		if b == nil {
			b = &box{}
			boxes[parcel.in][parcel.id] = b
		}
		b.newest = max(b.newest, parcel.letter.Revision)
		b.slots = append(b.slots, bson.E{Key: "outbox." + slot(parcel.letter.Revision), Value: ""})
	}
	for in := range sources {
		var writes []mongo.WriteModel
		for id, b := range boxes[in] {
			empty := bson.D{{Key: "outbox", Value: ""}, {Key: "due", Value: ""}}
			writes = append(writes,
				taking(bson.D{{Key: "_id", Value: id}, {Key: "due", Value: b.newest}}, empty),
				taking(bson.D{{Key: "_id", Value: id}, {Key: "due", Value: bson.D{{Key: "$gt", Value: b.newest}}}}, b.slots))
		}
		if len(writes) == 0 {
			continue
		}
		if _, err := s.collection(in).BulkWrite(ctx, writes); err != nil {
			return err
		}
	}
	return nil
}

func taking(filter, fields bson.D) mongo.WriteModel {
	return mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(bson.D{{Key: "$unset", Value: fields}})
}

// tail reads the events that others have written.
func (p *publisher) tail(ctx context.Context) error {
	for {
		events, err := p.s.eventsAfter(ctx, p.s.log.end().position, bson.E{}, batchSize)
		if err != nil || len(events) == 0 {
			return err
		}
		before := p.s.log.end().n
		if err := p.s.log.add(events); err != nil {
			return err
		}
		end := p.s.log.end()
		if end.n > p.head.n {
			p.head = end
		}
		if len(events) < batchSize || end.n == before {
			return nil
		}
	}
}

// leftoversAtOnce is the most outboxes that one search returns.
const leftoversAtOnce = 1000

// leftovers returns outboxes with letters.
func (s *Store) leftovers(ctx context.Context) ([]due, error) {
	var left []due
	for in := range sources {
		cursor, err := s.collection(in).Find(ctx, bson.D{{Key: "due", Value: bson.D{{Key: "$gt", Value: 0}}}},
			options.Find().SetProjection(bson.D{{Key: "due", Value: 1}}).
				SetLimit(int64(leftoversAtOnce-len(left))).SetBatchSize(leftoversAtOnce))
		if err != nil {
			return nil, err
		}
		var docs []struct {
			ID  string `bson:"_id"`
			Due int64  `bson:"due"`
		}
		if err := cursor.All(ctx, &docs); err != nil {
			return nil, err
		}
		for _, d := range docs {
			left = append(left, due{in, d.ID, d.Due})
		}
		if len(left) >= leftoversAtOnce {
			break
		}
	}
	return left, nil
}
