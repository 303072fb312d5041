package mongo

import (
	"context"
	"slices"
	"strconv"
	"strings"

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

// sourceKeys are what the keys of letters begin with.
var sourceKeys = [sources]string{"b", "u", "t"}

// letterKey names a letter for ever. A revision of a document is written once, so there is one letter to a key.
func letterKey(in source, id string, revision int64) string {
	return sourceKeys[in] + "/" + id + "/" + strconv.FormatInt(revision, 10)
}

// parcelsOf returns the letters that events were, by their keys.
func parcelsOf(events []event) (parcels []parcel) {
	for _, e := range events {
		kind, rest, _ := strings.Cut(e.Key, "/")
		id, revision, _ := strings.Cut(rest, "/")
		number, err := strconv.ParseInt(revision, 10, 64)
		in := slices.Index(sourceKeys[:], kind)
		if err != nil || in < 0 {
			continue // not of an outbox
		}
		parcels = append(parcels, parcel{due: due{source(in), id, number}, key: e.Key, letter: letter{Revision: number}})
	}
	return parcels
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
	todo := p.unlogged(parcels)
	for sure := p.own(parcels); ; sure = true {
		if !sure {
			if todo, err = p.look(ctx, batch, parcels); err != nil {
				return err
			}
		}
		done, err := p.log(ctx, todo)
		if err != nil {
			return err
		}
		if done {
			return p.s.discard(ctx, parcels)
		}
		if todo, err = p.look(ctx, batch, parcels); err != nil {
			return err
		}
	}
}

// look returns which of some letters are to be logged, behind the end of the log as it is found first. The order matters:
// what was logged by then is seen in the log or, should it have been trimmed since, is in no outbox any more; and what is
// logged later takes the number that this process wants.
func (p *publisher) look(ctx context.Context, batch []due, parcels []parcel) (todo []parcel, err error) {
	if p.head, err = p.s.head(ctx); err != nil {
		return nil, err
	}
	if err := p.tail(ctx); err != nil {
		return nil, err
	}
	missing, err := p.missing(ctx, parcels)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	there, err := p.s.collect(ctx, batch)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(missing, func(m parcel) bool {
		return !slices.ContainsFunc(there, func(t parcel) bool { return t.key == m.key })
	}), nil
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

// log writes the letters' events behind the end of the log. It reports false where that is not where this process believed
// it to be, or one of the letters is there already: then nothing that it wrote counts.
func (p *publisher) log(ctx context.Context, parcels []parcel) (done bool, err error) {
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
		return true, nil
	}
	_, err = p.s.events.InsertMany(ctx, docs)
	raced := mongo.IsDuplicateKeyError(err)
	if err != nil && !raced {
		return false, err
	}
	// A process that was held up may write at a number that was trimmed meanwhile. Readers take it for void.
	facts, err := p.s.logFacts(ctx)
	if err != nil {
		return false, err
	}
	if events[0].N <= facts.TrimmedN {
		return false, p.s.removeUpTo(ctx, facts.TrimmedN)
	}
	if raced {
		// Another process was first, with a number or with one of these letters. Or it was this one, and did not hear of it.
		return false, nil
	}
	p.head = end
	return true, p.s.log.add(events)
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
		p.noteLogged(events)
		if events[0].N > before+1 {
			if err := p.overtake(ctx, events[0].N-1); err != nil {
				return err
			}
		}
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

// overtake has the ring go on behind a number, if everything up to it was trimmed before this process had read it: it was
// held up for longer than the log is kept, and would wait for that for ever.
func (p *publisher) overtake(ctx context.Context, number int64) error {
	facts, err := p.s.logFacts(ctx)
	if err != nil || facts.TrimmedN < number {
		return err
	}
	position, err := placed(facts.Trimmed)
	if err != nil {
		return err
	}
	p.s.log.restart(head{n: number, position: position})
	return nil
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
