package http

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"kapoor.example/desk/booking"
)

// binding reads a request into a struct, and says of every field what is wrong with it. Tags say where a field comes from
// and what it may be; the API's document is made of the same ones:
//
//	json:"name"      a member of the body            query:"name"  header:"Name"  path:"name"
//	also:"name"      another name the member may have
//	required:"true"  it must be there and not be empty
//	maxLength:"20"   characters                      minimum:"1" maximum:"9"  of numbers
//	beyond:"words"   what leads further than maximum
//	enum:"a,b"       one of these                    format:"email"
//	text:"prose"     may have line breaks            text:"raw"  taken as it is: whoever uses it checks it
//
// A field may be a string, an int, a uint64, a bool, a booking.Time, or a pointer to one: nil then means that it was not
// there, and a pointer to zero that it was null or empty. Other fields count null and empty as not there. A bool is never null.
type binding struct {
	fields []field
	body   bool
}

// source is where a field comes from.
type source string

const (
	fromBody   source = "json"
	fromQuery  source = "query"
	fromHeader source = "header"
	fromPath   source = "path"
)

// field is one field of a binding.
type field struct {
	index      []int
	from       source
	name, also string
	kind       reflect.Type // without the pointer
	pointer    bool
	required   bool
	text       string
	email      bool
	maxLength  int
	min, max   *int64
	beyond     string
	enum       []string
}

// newBinding reads the tags of a struct. It panics where they make no sense: they are part of the program.
func newBinding(t reflect.Type) binding {
	var b binding
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		one := newField(f)
		b.body = b.body || one.from == fromBody
		b.fields = append(b.fields, one)
	}
	return b
}

func newField(f reflect.StructField) field {
	one := field{
		index: f.Index, kind: f.Type, also: f.Tag.Get("also"), text: f.Tag.Get("text"),
		required: f.Tag.Get("required") == "true", email: f.Tag.Get("format") == "email",
		beyond: f.Tag.Get("beyond"),
	}
	for _, from := range []source{fromBody, fromQuery, fromHeader, fromPath} {
		if name, found := f.Tag.Lookup(string(from)); found {
			one.from = from
			one.name, _, _ = strings.Cut(name, ",")
		}
	}
	if one.from == "" {
		panic("http: field " + f.Name + " comes from nowhere")
	}
	if one.kind.Kind() == reflect.Pointer {
		one.kind, one.pointer = one.kind.Elem(), true
	}
	if enum := f.Tag.Get("enum"); enum != "" {
		one.enum = strings.Split(enum, ",")
	}
	number := func(tag string) *int64 {
		text, found := f.Tag.Lookup(tag)
		if !found {
			return nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			panic(fmt.Sprintf("http: field %s: %s: %v", f.Name, tag, err))
		}
		return &n
	}
	one.min, one.max = number("minimum"), number("maximum")
	if n := number("maxLength"); n != nil {
		one.maxLength = int(*n)
	}
	if one.kind.Kind() == reflect.String && one.text != "raw" && one.maxLength == 0 && one.enum == nil && !one.email && one.from != fromPath {
		panic("http: field " + f.Name + " has no maxLength")
	}
	return one
}

// bind reads a request into a struct. The error names every field that is wrong.
func (b binding) bind(c *fiber.Ctx, into reflect.Value, o Options) error {
	var members map[string]json.RawMessage
	if b.body {
		var err error
		if members, err = readMembers(c, o.BodyLimit); err != nil {
			return err
		}
	}
	wrong := map[string]string{}
	for _, f := range b.fields {
		name, why := f.bind(c, members, into.FieldByIndex(f.index), o.TimeZone)
		if why != "" {
			wrong[name] = why
		}
	}
	if len(wrong) > 0 {
		return &booking.Error{Code: booking.CodeInvalid, Message: "Some fields are not right.", Fields: wrong}
	}
	return nil
}

// bind reads one field. It returns what is wrong with it, and by which of its names the client gave it.
func (f field) bind(c *fiber.Ctx, members map[string]json.RawMessage, into reflect.Value, zone *time.Location) (name, why string) {
	name = f.name
	var value reflect.Value
	var present bool
	if f.from == fromBody {
		member, found := members[f.name]
		if !found && f.also != "" {
			if member, found = members[f.also]; found {
				name = f.also
			}
		}
		if present = found; found {
			value, why = f.fromJSON(member, zone)
		}
	} else {
		var text string
		if text, present, why = f.plain(c); present && why == "" {
			value, why = f.fromText(text, zone)
		}
	}
	switch {
	case why != "":
		return name, why
	case f.required && (!present || value.IsZero()):
		return name, "is required"
	case !present:
		return name, ""
	case f.pointer:
		pointer := reflect.New(f.kind)
		pointer.Elem().Set(value)
		value = pointer
	}
	into.Set(value)
	return name, ""
}

// plain returns the text of a field that is not in the body. An empty query parameter is one that is not there: forms send
// those; an empty header is a header.
func (f field) plain(c *fiber.Ctx) (text string, present bool, why string) {
	switch f.from {
	case fromQuery:
		text = c.Query(f.name)
		return text, text != "", ""
	case fromPath:
		return c.Params(f.name), true, ""
	}
	values := headerValues(c, f.name)
	switch len(values) {
	case 0:
		return "", false, ""
	case 1:
		return values[0], true, ""
	}
	return "", true, "must be given once"
}

// fromJSON reads a member of the body. null is the zero value, but of a bool.
func (f field) fromJSON(member json.RawMessage, zone *time.Location) (value reflect.Value, why string) {
	if string(member) == "null" && f.kind.Kind() != reflect.Bool {
		return reflect.Zero(f.kind), ""
	}
	value = reflect.New(f.kind).Elem()
	if f.kind == reflect.TypeFor[booking.Time]() || f.kind.Kind() == reflect.String {
		var text string
		if json.Unmarshal(member, &text) != nil {
			return value, "must be a string"
		}
		return f.fromText(text, zone)
	}
	switch f.kind.Kind() {
	case reflect.Bool:
		// null is neither: it must not pass for a no.
		if string(member) == "null" || json.Unmarshal(member, value.Addr().Interface()) != nil {
			return value, "must be true or false"
		}
		return value, ""
	default:
		var n int64
		if json.Unmarshal(member, &n) != nil {
			return value, f.numbers()
		}
		return f.fromNumber(n)
	}
}

// fromText reads a text into a value of the field's kind.
func (f field) fromText(text string, zone *time.Location) (value reflect.Value, why string) {
	value = reflect.New(f.kind).Elem()
	if f.kind == reflect.TypeFor[booking.Time]() {
		if text == "" {
			return value, ""
		}
		at, why := parseTime(text, zone)
		value.Set(reflect.ValueOf(at))
		return value, why
	}
	switch f.kind.Kind() {
	case reflect.String:
		text, why = f.check(text)
		value.SetString(text)
		return value, why
	case reflect.Bool:
		if text != "true" && text != "false" {
			return value, "must be true or false"
		}
		value.SetBool(text == "true")
		return value, ""
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return value, f.numbers()
		}
		return f.fromNumber(n)
	}
}

// check applies the rules for texts.
func (f field) check(text string) (checked, why string) {
	switch {
	case f.text == "raw", f.from == fromPath:
		return text, ""
	case f.email:
		return booking.Email(text)
	case f.text == "prose":
		return booking.Prose(text, f.maxLength)
	case f.enum == nil:
		return booking.Line(text, f.maxLength)
	case text != "" && !slices.Contains(f.enum, text):
		return "", "must be one of " + strings.Join(f.enum, ", ")
	}
	return text, ""
}

func (f field) fromNumber(n int64) (value reflect.Value, why string) {
	value = reflect.New(f.kind).Elem()
	if f.min != nil && n < *f.min || f.max != nil && n > *f.max || f.kind.Kind() == reflect.Uint64 && n < 0 {
		return value, f.numbers()
	}
	value.Set(reflect.ValueOf(n).Convert(f.kind))
	return value, ""
}

// numbers says which numbers a field takes.
func (f field) numbers() string {
	switch {
	case f.min != nil && f.max != nil && f.beyond != "":
		return fmt.Sprintf("must be a whole number from %d to %d: beyond that, %s", *f.min, *f.max, f.beyond)
	case f.min != nil && f.max != nil:
		return fmt.Sprintf("must be a whole number from %d to %d", *f.min, *f.max)
	case f.min != nil:
		return fmt.Sprintf("must be a whole number, %d or more", *f.min)
	}
	return "must be a whole number"
}
