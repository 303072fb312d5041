package http

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"kapoor.example/desk/auth"
	"kapoor.example/desk/booking"
)

// base is where the REST API lives.
const base = "/api/v1"

// call is one request as an operation sees it.
type call struct {
	ctx     context.Context // ends with the request's time
	session auth.Session    // zero where anyone may ask
	address string          // the client's
	id      string          // of the request
	head    bool            // nobody will read the body
}

func (c *call) by() booking.Principal { return c.session.Principal }

// route is one row of the table: an address and all that is to be known of it.
type route struct {
	method, path string
	// who names what a caller must be permitted, before anything else is looked at; anyone asks for no token. Where an
	// operation concerns one booking, the row asks only for what every signed-in user may do with some booking, and the
	// domain decides about this one.
	who     booking.Action
	status  int // of a success
	group   string
	summary string
	op      operation
	quiet   bool // requests are logged for debugging only
}

// anyone is who may call a route without signing in.
const anyone booking.Action = ""

// operation is what a route does, between plain values.
type operation struct {
	in, out any // pointers to zero values: what the API's document is made of
	media   string
	do      func(s *Server, f *fiber.Ctx, c *call) (any, error)
}

// nothing is what goes into an operation that takes no input.
type nothing struct{}

// does makes an operation of a function. In is read as its fields' tags say (see binding); Out is sent as JSON.
func does[In, Out any](do func(*call, In) (Out, error)) operation {
	b := newBinding(reflect.TypeFor[In]())
	op := operation{in: new(In), out: new(Out), media: fiber.MIMEApplicationJSON}
	if _, streams := any(*new(Out)).(streamer); streams {
		op.out, op.media = new(string), mediaCSV
	}
	op.do = func(s *Server, f *fiber.Ctx, c *call) (any, error) {
		var in In
		if err := b.bind(f, reflect.ValueOf(&in).Elem(), s.opts); err != nil {
			return nil, err
		}
		return do(c, in)
	}
	return op
}

// sends makes an operation that answers by itself, with out as an example of what comes.
func sends(media string, out any, send func(*fiber.Ctx) error) operation {
	return operation{in: new(nothing), out: out, media: media, do: func(_ *Server, f *fiber.Ctx, _ *call) (any, error) {
		return nil, send(f)
	}}
}

const mediaCSV = "text/csv"

// streamer is an Out that does not fit into memory.
type streamer interface{ stream(f *fiber.Ctx) }

func (s *Server) register(r route) {
	if r.quiet {
		s.quiet[r.path] = true
	}
	serve := func(f *fiber.Ctx) error { return s.serve(f, r) }
	if r.method == fiber.MethodGet {
		s.app.Get(r.path, serve) // and HEAD
		return
	}
	s.app.Add(r.method, r.path, serve)
}

// serve answers a request to a route.
func (s *Server) serve(f *fiber.Ctx, r route) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.opts.RequestTimeout)
	defer cancel()
	c := &call{ctx: ctx, address: utils.CopyString(f.IP()), id: requestID(f), head: f.Method() == fiber.MethodHead}
	if r.who != anyone {
		if err := s.signedIn(f, c, r.who); err != nil {
			return err
		}
	}
	out, err := r.op.do(s, f, c)
	if err != nil {
		return err
	}
	if strings.HasPrefix(r.path, base) {
		f.Set(fiber.HeaderCacheControl, "no-store")
	}
	switch out := out.(type) {
	case nil:
		return nil
	case streamer:
		out.stream(f)
		return nil
	}
	if err := f.Status(r.status).JSON(out); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return nil
}

// signedIn finds out who calls and whether that user may do what the route does.
func (s *Server) signedIn(f *fiber.Ctx, c *call, who booking.Action) error {
	session, err := s.opts.Auth.Authenticate(c.ctx, bearer(f.Get(fiber.HeaderAuthorization)))
	if err != nil {
		return err
	}
	f.Locals(localUserID, session.Principal.ID)
	c.session = session
	return booking.Permit(session.Principal, who, nil)
}

// bearer returns the token of an Authorization header, "" when it has none (RFC 6750, section 2.1).
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// ok is the beginning of every success.
type ok struct {
	Success yes `json:"success"`
}

// yes is true.
type yes struct{}

// MarshalJSON implements json.Marshaler.
func (yes) MarshalJSON() ([]byte, error) { return []byte("true"), nil }
