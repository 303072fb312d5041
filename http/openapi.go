package http

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi3"

	"kapoor.example/desk/booking"
)

const securityName = "token"

// openAPI makes the document of the API (OpenAPI 3.0) out of the route table.
func (s *Server) openAPI() ([]byte, error) {
	r := openapi3.NewReflector()
	r.Spec.Info.WithTitle("Kapoor & Sons desk").WithVersion(s.opts.Version).
		WithDescription("Bookings of product demos and installations. Times are UTC, RFC 3339 with milliseconds; where a request gives one without a zone, it is one of " + s.opts.TimeZone.String() + ".")
	r.Spec.SetHTTPBearerTokenSecurity(securityName, "JWT", "The token of /auth/login.")
	r.DefaultOptions = append(r.DefaultOptions,
		jsonschema.InterceptDefName(definitionName), jsonschema.InterceptNullability(onlyMarkedAreNull),
		jsonschema.InterceptProp(documentProperty))
	for _, m := range [][2]any{{yes{}, true}, {booking.Time{}, moment("")}, {booking.Status(""), status("")}, {booking.Role(""), role("")}} {
		r.AddTypeMapping(m[0], m[1])
		r.InlineDefinition(m[1])
	}
	for _, one := range s.routes {
		if err := describe(r, one); err != nil {
			return nil, err
		}
	}
	document, err := json.Marshal(r.Spec)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return document, nil
}

// documentPath returns a route's path as OpenAPI writes it.
func documentPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, found := strings.CutPrefix(part, ":"); found {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func describe(r *openapi3.Reflector, one route) error {
	op, err := r.NewOperationContext(one.method, documentPath(one.path))
	if err != nil {
		return fmt.Errorf("%s %s: %w", one.method, one.path, err)
	}
	op.SetSummary(one.summary)
	op.SetTags(one.group)
	op.AddReqStructure(one.op.in)
	op.AddRespStructure(one.op.out, openapi.WithHTTPStatus(one.status), openapi.WithContentType(one.op.media))
	if one.who != anyone {
		op.AddSecurity(securityName)
	}
	op.AddRespStructure(new(failure), func(u *openapi.ContentUnit) {
		u.IsDefault = true
		u.Description = "Every failure; its status follows from its code."
	})
	if err := r.AddOperation(op); err != nil {
		return fmt.Errorf("%s %s: %w", one.method, one.path, err)
	}
	return nil
}

// definitionName drops the package from the names of the document's schemas.
func definitionName(t reflect.Type, _ string) string {
	name := t.Name()
	return strings.ToUpper(name[:1]) + name[1:]
}

// onlyMarkedAreNull leaves nullable what is tagged so: nil pointers and slices are left out or empty in this API.
func onlyMarkedAreNull(p jsonschema.InterceptNullabilityParams) {
	if p.NullAdded {
		p.Schema.RemoveType(jsonschema.Null)
	}
}

// documentProperty adds what the binding's own tags say.
func documentProperty(p jsonschema.InterceptPropParams) error {
	if !p.Processed || p.PropertySchema == nil {
		return nil
	}
	if p.Field.Tag.Get("nullable") == "true" {
		p.PropertySchema.AddType(jsonschema.Null)
	}
	if also := p.Field.Tag.Get("also"); also != "" {
		text := "Also taken as " + also + "."
		if d := p.PropertySchema.Description; d != nil {
			text = *d + " " + text
		}
		p.PropertySchema.WithDescription(text)
	}
	return nil
}

// How the document shows types that write themselves.
type (
	moment string
	status string
	role   string
)

// PrepareJSONSchema implements jsonschema.Preparer.
func (moment) PrepareJSONSchema(schema *jsonschema.Schema) error {
	schema.WithType(jsonschema.String.Type()).WithFormat("date-time").WithExamples("2025-01-31T10:00:00.000Z")
	return nil
}

// Enum implements jsonschema.Enum.
func (status) Enum() []any {
	var all []any
	for _, s := range booking.Statuses() {
		all = append(all, string(s))
	}
	return all
}

// Enum implements jsonschema.Enum.
func (role) Enum() []any {
	var all []any
	for _, r := range booking.Roles() {
		all = append(all, string(r))
	}
	return all
}

func (s *Server) sendDocument(f *fiber.Ctx) error {
	document, err := s.document()
	if err != nil {
		return fmt.Errorf("describe the API: %w", err)
	}
	f.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return f.Send(document)
}
