package http

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/booking"
)

// csvExport is a list of bookings on its way out: a reader that asks the store for a page when the one before has left.
// Between two pages nothing is held. It is read after the handler has returned, by one goroutine.
type csvExport struct {
	server *Server
	id     string // of the request
	head   bool
	query  booking.Query
	first  booking.Page // read before the answer began, so that a store that fails then gives a proper answer

	conn   net.Conn
	buffer bytes.Buffer
	rows   int
	begun  bool
	over   error // what Read returns when the buffer is empty
}

type exportQuery struct{ filters }

func (s *Server) export(c *call, in exportQuery) (*csvExport, error) {
	q, err := in.query(s.opts.TimeZone)
	if err != nil {
		return nil, err
	}
	q.Limit, q.NoTotal = booking.MaxLimit, true
	e := &csvExport{server: s, id: c.id, head: c.head, query: q}
	if e.first, err = s.opts.Store.List(c.ctx, q); err != nil {
		return nil, fmt.Errorf("export bookings: %w", err)
	}
	return e, nil
}

// stream implements streamer. A stream without a length goes out in chunks, and an error of its reader ends the connection
// without the last one: a client cannot take half an export for a whole one.
func (e *csvExport) stream(f *fiber.Ctx) {
	day := e.server.opts.Now().In(e.server.opts.TimeZone).Format(time.DateOnly)
	f.Set(fiber.HeaderContentType, mediaCSV+"; charset=utf-8")
	f.Set(fiber.HeaderContentDisposition, `attachment; filename="bookings-`+day+`.csv"`)
	if e.head {
		return
	}
	if f.Request().Header.IsHTTP11() {
		e.conn = f.Context().Conn()
		f.Context().SetBodyStream(e, -1)
		return
	}
	// HTTP/1.0 knows no chunks: its end is the connection's, which a cut one has too. Only the whole can be sent.
	body, err := io.ReadAll(e)
	if err != nil {
		f.Context().SetConnectionClose()
		e.server.fail(f, err)
		return
	}
	f.Response().SetBodyRaw(body)
}

// Read implements io.Reader.
func (e *csvExport) Read(p []byte) (n int, err error) {
	defer func() { // nobody above would recover
		if reason := recover(); reason != nil {
			n, err = 0, e.end(fmt.Errorf("panic: %v", reason))
		}
	}()
	for e.buffer.Len() == 0 {
		if e.over != nil {
			return 0, e.over
		}
		if err := e.fill(); err != nil {
			return 0, e.end(err)
		}
	}
	return e.buffer.Read(p)
}

// fill puts the next page into the buffer.
func (e *csvExport) fill() error {
	page := e.first
	if e.begun {
		ctx, cancel := context.WithTimeout(e.server.ctx, e.server.opts.RequestTimeout)
		defer cancel()
		var err error
		if page, err = e.server.opts.Store.List(ctx, e.query); err != nil {
			return err
		}
	}
	w := csv.NewWriter(&e.buffer)
	w.UseCRLF = true // RFC 4180
	if !e.begun {
		e.begun, e.first = true, booking.Page{}
		if err := w.Write(csvColumns); err != nil {
			return err
		}
	}
	for _, b := range page.Bookings {
		if err := w.Write(csvRow(b)); err != nil {
			return err
		}
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	e.rows += len(page.Bookings)
	if e.query.After = page.Next; page.Next == nil {
		_ = e.end(io.EOF) // the next read returns it
	}
	if e.conn != nil { // each page has the whole time to leave
		return e.conn.SetWriteDeadline(time.Now().Add(e.server.opts.WriteTimeout))
	}
	return nil
}

// end notes how the export ended, io.EOF being well, and logs it.
func (e *csvExport) end(err error) error {
	if e.over != nil {
		return e.over
	}
	e.over = err
	line := e.server.opts.Log.Info()
	if !errors.Is(err, io.EOF) {
		line = e.server.opts.Log.Error().Err(err)
	}
	line.Str("request_id", e.id).Int("rows", e.rows).Bool("complete", errors.Is(err, io.EOF)).Msg("Bookings exported")
	return err
}

var csvColumns = []string{
	"code", "status", "customerName", "contactNumber", "email", "address", "brand", "model", "invoiceNumber",
	"preferredDateTime", "assignedTo", "createdAt", "updatedAt", "version", "_id",
}

func csvRow(b booking.Booking) []string {
	assignee, preferred := "", ""
	if b.AssignedTo != nil {
		assignee = b.AssignedTo.Name
	}
	if b.PreferredDateTime != nil {
		preferred = b.PreferredDateTime.Format(booking.Layout)
	}
	row := []string{
		b.Code, string(b.Status), b.CustomerName, b.ContactNumber, b.Email, b.Address, b.Brand, b.Model, b.InvoiceNumber,
		preferred, assignee, b.CreatedAt.Format(booking.Layout), b.UpdatedAt.Format(booking.Layout), strconv.FormatUint(b.Version, 10), b.ID,
	}
	for i, cell := range row {
		row[i] = disarm(cell)
	}
	return row
}

// disarm makes a spreadsheet show a cell that it would run as a formula.
func disarm(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
