package socketio

import (
	"encoding/json"
	"reflect"
	"strings"
)

// markAll returns the values with marks in the places of bytes. The values themselves are left alone: what has to
// change is copied, with all that leads to it.
func (m *marker) markAll(args []any) ([]any, error) {
	marked := make([]any, len(args))
	for i, arg := range args {
		v, changed, err := m.mark(reflect.ValueOf(arg), 0)
		if err != nil {
			return nil, err
		}
		if marked[i] = arg; changed {
			marked[i] = v.Interface()
		}
	}
	return marked, nil
}

// mark returns the marked copy of v, of the same type, or changed == false when there is nothing to mark.
func (m *marker) mark(v reflect.Value, depth int) (copied reflect.Value, changed bool, err error) {
	if depth > maxValueDepth {
		return v, false, ErrNesting
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return v, false, nil
		}
		inner, changed, err := m.mark(v.Elem(), depth+1)
		return inner, changed, err
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array, reflect.Struct:
	default:
		return v, false, nil
	}
	switch {
	case carries(v.Type()):
		return m.markCarried(v)
	case opaqueValue(v):
		return v, false, nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		return m.markPointer(v, depth)
	case reflect.Map:
		return m.markMap(v, depth)
	case reflect.Struct:
		var out reflect.Value
		err := m.markFields(v, depth, func() reflect.Value {
			if !out.IsValid() {
				out = reflect.New(v.Type()).Elem()
				out.Set(v)
			}
			return out
		})
		return out, out.IsValid(), err
	}
	if isBytes(v.Type()) {
		return m.markBytes(v)
	}
	return m.markList(v, depth)
}

func (m *marker) markBytes(v reflect.Value) (reflect.Value, bool, error) {
	if v.IsNil() {
		return v, false, nil
	}
	mark := m.add(v.Bytes())
	out := reflect.MakeSlice(v.Type(), markSize, markSize)
	for i, b := range mark {
		out.Index(i).SetUint(uint64(b))
	}
	return out, true, nil
}

func (m *marker) markPointer(v reflect.Value, depth int) (reflect.Value, bool, error) {
	if v.IsNil() {
		return v, false, nil
	}
	inner, changed, err := m.mark(v.Elem(), depth+1)
	if err != nil || !changed {
		return v, false, err
	}
	out := reflect.New(v.Type().Elem())
	out.Elem().Set(inner)
	return out.Convert(v.Type()), true, nil
}

func (m *marker) markMap(v reflect.Value, depth int) (reflect.Value, bool, error) {
	var out reflect.Value
	for entries := v.MapRange(); entries.Next(); {
		inner, changed, err := m.mark(entries.Value(), depth+1)
		if err != nil {
			return v, false, err
		}
		if !changed {
			continue
		}
		if !out.IsValid() {
			out = reflect.MakeMapWithSize(v.Type(), v.Len())
			for all := v.MapRange(); all.Next(); {
				out.SetMapIndex(all.Key(), all.Value())
			}
		}
		out.SetMapIndex(entries.Key(), inner)
	}
	return out, out.IsValid(), nil
}

func (m *marker) markList(v reflect.Value, depth int) (reflect.Value, bool, error) {
	var out reflect.Value
	for i := range v.Len() {
		inner, changed, err := m.mark(v.Index(i), depth+1)
		if err != nil {
			return v, false, err
		}
		if !changed {
			continue
		}
		if !out.IsValid() {
			out = reflect.New(v.Type()).Elem()
			if v.Kind() == reflect.Slice {
				out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			}
			reflect.Copy(out, v)
		}
		out.Index(i).Set(inner)
	}
	return out, out.IsValid(), nil
}

// markFields marks the fields of a struct and of the structs embedded in it. copied makes the copy when first needed.
func (m *marker) markFields(v reflect.Value, depth int, copied func() reflect.Value) error {
	if depth > maxValueDepth {
		return ErrNesting
	}
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		field := v.Field(i)
		if !f.IsExported() {
			if err := m.markEmbedded(field, depth, func() reflect.Value { return copied().Field(i) }); err != nil {
				return err
			}
			continue
		}
		if isBytes(f.Type) && field.Len() == 0 && hasOption(tag, "omitempty") {
			continue // the mark would not be empty
		}
		inner, changed, err := m.mark(field, depth+1)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		copied().Field(i).Set(inner)
	}
	return nil
}

// markEmbedded marks an embedded struct of an unexported type: it cannot be set as a whole, but its exported fields can.
// Behind a pointer that is not possible either. encoding/json ignores what else is embedded by an unexported name.
func (m *marker) markEmbedded(v reflect.Value, depth int, copied func() reflect.Value) error {
	if v.Kind() == reflect.Struct {
		return m.markFields(v, depth+1, copied)
	}
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
		return nil
	}
	hidden := false
	err := m.markFields(v.Elem(), depth+1, func() reflect.Value {
		hidden = true
		return reflect.New(v.Type().Elem()).Elem()
	})
	if err == nil && hidden {
		return ErrHidden
	}
	return err
}

func hasOption(tag, option string) bool {
	_, options, _ := strings.Cut(tag, ",")
	for options != "" {
		var one string
		if one, options, _ = strings.Cut(options, ","); one == option {
			return true
		}
	}
	return false
}

// markCarried marks the placeholders of Arg and Args with their own attachments, which renumbers them in the end.
func (m *marker) markCarried(v reflect.Value) (reflect.Value, bool, error) {
	switch a := v.Interface().(type) {
	case Arg:
		raw, changed, err := m.markRaw(a.Raw, a.Attachments)
		return reflect.ValueOf(Arg{Raw: raw}), changed, err
	case Args:
		out := Args{Raw: make([]json.RawMessage, len(a.Raw))}
		for i, raw := range a.Raw {
			var err error
			if out.Raw[i], _, err = m.markRaw(raw, a.Attachments); err != nil {
				return v, false, err
			}
		}
		return reflect.ValueOf(out), true, nil
	}
	return v, false, nil
}

func (m *marker) markRaw(raw json.RawMessage, attachments [][]byte) (json.RawMessage, bool, error) {
	if len(attachments) == 0 || len(raw) == 0 {
		return raw, false, nil
	}
	found, err := placeholdersIn(raw, len(attachments))
	if err != nil || len(found) == 0 {
		return raw, false, err
	}
	return replace(raw, found, func(num int) [markSize]byte { return m.add(attachments[num]) }), true, nil
}
