package http_test

import (
	nethttp "net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestOpenAPI(t *testing.T) {
	a := setup(t)
	r := a.ask(nobody, "GET", "/openapi.json", nil)
	if r.status != 200 || r.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s", r)
	}
	document, err := openapi3.NewLoader().LoadFromData([]byte(r.raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	routes := 0
	for _, route := range a.server.App().GetRoutes(true) {
		if route.Method == nethttp.MethodHead {
			continue
		}
		routes++
		path := strings.ReplaceAll(route.Path, ":id", "{id}")
		item := document.Paths.Find(path)
		if item == nil || item.GetOperation(route.Method) == nil {
			t.Errorf("%s %s is not described", route.Method, route.Path)
			continue
		}
		op := item.GetOperation(route.Method)
		status := a.ask(nobody, route.Method, strings.ReplaceAll(route.Path, ":id", "x"), nil).status
		if signedIn := op.Security != nil && len(*op.Security) > 0; signedIn != (status == 401) {
			t.Errorf("%s %s: security %v, but without a token %d", route.Method, route.Path, op.Security, status)
		}
		if op.Summary == "" || len(op.Tags) != 1 || op.Responses.Default() == nil || op.Responses.Len() != 2 {
			t.Errorf("%s %s is poorly described", route.Method, route.Path)
		}
	}
	described := 0
	for _, item := range document.Paths.Map() {
		described += len(item.Operations())
	}
	if described != routes {
		t.Errorf("%d operations are described, there are %d", described, routes)
	}
}

// The document and the binding are made of the same tags; these are samples of what must have come through.
func TestOpenAPIDetails(t *testing.T) {
	a := setup(t)
	r := a.ask(nobody, "GET", "/openapi.json", nil)
	document, err := openapi3.NewLoader().LoadFromData([]byte(r.raw))
	if err != nil {
		t.Fatal(err)
	}
	schema := func(name string) *openapi3.Schema {
		ref := document.Components.Schemas[name]
		if ref == nil {
			t.Fatalf("no schema %s in %v", name, keys(document.Components.Schemas))
		}
		return ref.Value
	}
	create := schema("NewBooking")
	if strings.Join(create.Required, " ") != "name phone address brand model" || *create.Properties["address"].Value.MaxLength != 500 {
		t.Errorf("NewBooking requires %v", create.Required)
	}
	if p := create.Properties["preferredAt"].Value; p.Format != "date-time" || !p.Nullable || !strings.Contains(p.Description, "preferredDateTime") {
		t.Errorf("preferredAt: %+v", p)
	}
	if p := create.Properties["email"].Value; p.Nullable || p.Format != "email" {
		t.Errorf("email: %+v", p)
	}
	one := schema("Booking")
	if p := one.Properties["status"].Value; len(p.Enum) != 4 {
		t.Errorf("status: %+v", p)
	}
	if p := one.Properties["createdAt"].Value; p.Format != "date-time" || !p.Type.Is("string") {
		t.Errorf("createdAt: %+v", p)
	}
	if p := schema("BookingAnswer").Properties["success"]; p == nil || !p.Value.Type.Is("boolean") {
		t.Errorf("success: %+v", p)
	}
	list := document.Paths.Find("/api/v1/bookings").Get
	for _, name := range []string{"limit", "skip", "cursor", "status", "search", "assignedTo", "brand", "from", "to", "sort", "order"} {
		if list.Parameters.GetByInAndName("query", name) == nil {
			t.Errorf("no parameter %s", name)
		}
	}
	if document.Paths.Find("/api/v1/bookings").Post.Parameters.GetByInAndName("header", "Idempotency-Key") == nil {
		t.Error("no Idempotency-Key")
	}
	if c := document.Paths.Find("/api/v1/bookings/export.csv").Get.Responses.Value("200").Value.Content; c.Get("text/csv") == nil {
		t.Errorf("the export is %v", c)
	}
	for _, secret := range []string{"PasswordHash", "Rights", "Revision"} {
		if strings.Contains(r.raw, secret) {
			t.Errorf("the document says %s", secret)
		}
	}
}

func keys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	return all
}

func TestDocs(t *testing.T) {
	a := setup(t)
	r := a.ask(nobody, "GET", "/docs", nil)
	if r.status != 200 || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%s", r)
	}
	for _, route := range a.server.App().GetRoutes(true) {
		if path := strings.ReplaceAll(route.Path, ":id", "{id}"); !strings.Contains(r.raw, "<code>"+path+"</code>") {
			t.Errorf("no word on %s", path)
		}
	}
	for _, outside := range []string{"<script", "http://", "https://", "src="} {
		if strings.Contains(r.raw, outside) {
			t.Errorf("the page has %s", outside)
		}
	}
	if policy := r.header.Get("Content-Security-Policy"); !strings.Contains(policy, "style-src 'sha256-") {
		t.Errorf("policy %q", policy)
	}
}
