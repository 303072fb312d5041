package http

import (
	"fmt"
	"time"

	"kapoor.example/desk/booking"
)

// sized says how much of a list is wanted.
type sized struct {
	Limit *int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

func (s sized) limit() int {
	if s.Limit == nil {
		return booking.DefaultLimit
	}
	return *s.Limit
}

// paging says which part of a list is wanted.
type paging struct {
	sized
	Skip int `query:"skip" minimum:"0" maximum:"10000" default:"0" description:"How many to leave out."`
}

// cursorPaging is paging of a list that is read to its end.
type cursorPaging struct {
	sized
	Skip   int    `query:"skip" minimum:"0" maximum:"10000" beyond:"use the cursor" default:"0" description:"How many to leave out. Further on, only the cursor leads."`
	Cursor string `query:"cursor" maxLength:"512" description:"The nextCursor of the page before. It goes with the same filters and order, and not with skip."`
}

// position returns where a page begins. sort and asc are the list's: a cursor of another order leads nowhere.
func (p cursorPaging) position(sort booking.SortKey, asc bool) (*booking.Cursor, error) {
	if p.Cursor == "" {
		return nil, nil
	}
	if p.Skip > 0 {
		return nil, booking.Invalid("skip", "cannot be combined with a cursor")
	}
	cursor, err := booking.ParseCursor(p.Cursor)
	if err != nil {
		return nil, err
	}
	if cursor.Sort != sort || cursor.Asc != asc {
		return nil, booking.Invalid("cursor", "belongs to a list with another order")
	}
	return cursor, nil
}

// ownFilters narrow a list of one's own bookings.
type ownFilters struct {
	Status string `query:"status" enum:"Pending,Scheduled,Completed,Cancelled"`
	Search string `query:"search" maxLength:"100" description:"Words that begin words of name, brand, model, code or invoice number."`
}

// filters narrow and order a list of all bookings.
type filters struct {
	ownFilters
	AssignedTo string `query:"assignedTo" maxLength:"64" description:"A user's id."`
	Brand      string `query:"brand" maxLength:"100"`
	From       string `query:"from" maxLength:"40" format:"date-time" description:"Made then or later: RFC 3339, or a day (its beginning)."`
	To         string `query:"to" maxLength:"40" format:"date-time" description:"Made before then: RFC 3339, or a day (its end)."`
	Sort       string `query:"sort" enum:"createdAt,updatedAt,preferredDateTime" default:"createdAt"`
	Order      string `query:"order" enum:"asc,desc" default:"desc"`
}

// query returns the list that the filters ask for.
func (f filters) query(zone *time.Location) (booking.Query, error) {
	q := booking.Query{
		AssignedTo: f.AssignedTo, Status: booking.Status(f.Status), Brand: f.Brand, Search: f.Search,
		Sort: booking.SortKey(f.Sort), Asc: f.Order == "asc",
	}
	if q.Sort == "" {
		q.Sort = booking.SortCreatedAt
	}
	wrong := map[string]string{}
	if f.AssignedTo != "" && !booking.ValidID(f.AssignedTo) {
		wrong["assignedTo"] = "must be a user's id"
	}
	bound := func(name, text string, end bool) time.Time {
		if text == "" {
			return time.Time{}
		}
		at, why := parseBound(text, end, zone)
		if why != "" {
			wrong[name] = why
		}
		return at.Time
	}
	q.From, q.To = bound("from", f.From, false), bound("to", f.To, true)
	if len(wrong) > 0 {
		return q, &booking.Error{Code: booking.CodeInvalid, Message: "Some fields are not right.", Fields: wrong}
	}
	return q, nil
}

// page is what every list answers besides its data.
type page struct {
	ok
	Count            int    `json:"count" description:"Entries on this page."`
	TotalCount       int    `json:"totalCount" description:"Entries altogether, exact up to 10,000."`
	TotalCountCapped bool   `json:"totalCountCapped,omitempty" description:"There are more than totalCount."`
	TotalPages       int    `json:"totalPages"`
	CurrentPage      int    `json:"currentPage" description:"From 1; 0 where a cursor led here."`
	NextCursor       string `json:"nextCursor,omitempty" description:"Leads to the next page; absent on the last."`
}

// newPage works out a page's numbers.
func newPage(count, total, limit, skip int, byCursor bool) page {
	made := page{Count: count, TotalCount: total, TotalPages: (total + limit - 1) / limit}
	if !byCursor {
		made.CurrentPage = skip/limit + 1
	}
	return made
}

type bookingsAnswer struct {
	page
	Data []booking.Booking `json:"data" description:"Without updates."`
}

type ownBookings struct {
	cursorPaging
	ownFilters
}

func (s *Server) listOwn(c *call, in ownBookings) (bookingsAnswer, error) {
	q := booking.Query{Owner: c.by().ID, Status: booking.Status(in.Status), Search: in.Search, Sort: booking.SortCreatedAt}
	return s.list(c, q, in.cursorPaging)
}

type allBookings struct {
	cursorPaging
	filters
}

func (s *Server) listAll(c *call, in allBookings) (bookingsAnswer, error) {
	q, err := in.query(s.opts.TimeZone)
	if err != nil {
		return bookingsAnswer{}, err
	}
	return s.list(c, q, in.cursorPaging)
}

func (s *Server) list(c *call, q booking.Query, p cursorPaging) (bookingsAnswer, error) {
	var err error
	if q.After, err = p.position(q.Sort, q.Asc); err != nil {
		return bookingsAnswer{}, err
	}
	q.Limit, q.Skip = p.limit(), p.Skip
	found, err := s.opts.Store.List(c.ctx, q)
	if err != nil {
		return bookingsAnswer{}, fmt.Errorf("list bookings: %w", err)
	}
	answer := bookingsAnswer{page: newPage(len(found.Bookings), found.Total, q.Limit, q.Skip, q.After != nil), Data: found.Bookings}
	answer.TotalCountCapped = found.Capped
	if found.Next != nil {
		answer.NextCursor = found.Next.Encode()
	}
	return answer, nil
}
