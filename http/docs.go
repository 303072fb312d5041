package http

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"reflect"
	"strings"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/booking"
)

// docsPage is /docs: one page that loads nothing and runs nothing.
type docsPage struct {
	html   []byte
	policy string
}

const docsStyle = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #d5d5dd}h3{margin:1.5rem 0 0;font-size:1rem}code{font:.9em ui-monospace,monospace}
.m{display:inline-block;min-width:4rem;font-weight:700}p{margin:.2rem 0}small{color:#5b5b66}table{border-collapse:collapse;margin:.4rem 0}
td{padding:.15rem .8rem .15rem 0;vertical-align:top}@media(prefers-color-scheme:dark){body{color:#e6e6ea;background:#16161a}small{color:#a0a0ab}}`

const docsTemplate = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kapoor &amp; Sons desk: the API</title><style>{{.Style}}</style></head><body>
<h1>Kapoor &amp; Sons desk</h1>
<p>Version {{.Version}}. For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.0).</p>
<p>JSON goes in and comes out. Calls that need a sign-in take the header <code>Authorization: Bearer &lt;token&gt;</code>.
Every failure is <code>{"success":false,"message","code","requestId"}</code>, with <code>fields</code> where fields are wrong.</p>
{{range .Groups}}<h2>{{.Name}}</h2>{{range .Routes}}
<h3><span class="m">{{.Method}}</span> <code>{{.Path}}</code></h3>
<p>{{.Summary}}. <small>{{.Who}}</small></p>{{if .Fields}}<table>{{range .Fields}}
<tr><td><code>{{.Name}}</code>{{if .Required}} *{{end}}</td><td>{{.From}}</td><td>{{.Text}}</td></tr>{{end}}</table>{{end}}{{end}}{{end}}
</body></html>
`

type docsGroup struct {
	Name   string
	Routes []docsRoute
}

type docsRoute struct {
	Method, Path, Summary, Who string
	Fields                     []docsField
}

type docsField struct {
	Name, From, Text string
	Required         bool
}

// renderDocs makes the page out of the route table.
func (s *Server) renderDocs() (docsPage, error) {
	var groups []docsGroup
	for _, r := range s.routes {
		if len(groups) == 0 || groups[len(groups)-1].Name != r.group {
			groups = append(groups, docsGroup{Name: r.group})
		}
		last := &groups[len(groups)-1]
		last.Routes = append(last.Routes, docsRoute{
			Method: r.method, Path: documentPath(r.path), Summary: r.summary, Who: callers(r.who), Fields: docsFields(reflect.TypeOf(r.op.in).Elem()),
		})
	}
	page, err := template.New("docs").Parse(docsTemplate)
	if err != nil {
		return docsPage{}, err
	}
	var html bytes.Buffer
	err = page.Execute(&html, struct {
		Style   template.CSS
		Version string
		Groups  []docsGroup
	}{docsStyle, s.opts.Version, groups})
	if err != nil {
		return docsPage{}, err
	}
	hash := sha256.Sum256([]byte(docsStyle))
	policy := fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(hash[:]))
	return docsPage{html.Bytes(), policy}, nil
}

// callers says who may call a route.
func callers(who booking.Action) string {
	if who == anyone {
		return "Anyone."
	}
	var may []string
	for _, role := range booking.Roles() {
		if booking.Permit(booking.Principal{ID: "someone", Role: role}, who, nil) == nil {
			may = append(may, string(role))
		}
	}
	return "For " + strings.Join(may, ", ") + "."
}

func docsFields(t reflect.Type) []docsField {
	var fields []docsField
	for _, f := range newBinding(t).fields {
		tag := t.FieldByIndex(f.index).Tag
		var text []string
		if f.enum != nil {
			text = append(text, "One of "+strings.Join(f.enum, ", ")+".")
		}
		if f.min != nil && f.max != nil {
			text = append(text, fmt.Sprintf("%d to %d.", *f.min, *f.max))
		}
		if f.maxLength > 0 {
			text = append(text, fmt.Sprintf("At most %d characters.", f.maxLength))
		}
		if f.also != "" {
			text = append(text, "Also taken as "+f.also+".")
		}
		if d := tag.Get("description"); d != "" {
			text = append(text, d)
		}
		from := map[source]string{fromBody: "body", fromQuery: "query", fromHeader: "header", fromPath: "path"}[f.from]
		fields = append(fields, docsField{f.name, from, strings.Join(text, " "), f.required})
	}
	return fields
}

func (s *Server) sendDocs(f *fiber.Ctx) error {
	f.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	f.Set(fiber.HeaderContentSecurityPolicy, s.page.policy)
	return f.Send(s.page.html)
}
