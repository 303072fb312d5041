package socketio

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// restore puts the attachments into the places of their marks, anywhere in what json.Unmarshal has filled.
func (m *marker) restore(v reflect.Value, depth int) error {
	if depth > maxValueDepth {
		return ErrNesting
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return m.restore(v.Elem(), depth+1)
	case reflect.Interface:
		return m.restoreInterface(v, depth)
	case reflect.String:
		if _, marked := m.textIndex([]byte(v.String())); marked {
			return ErrNotBinary
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() && !embedsStruct(v.Type().Field(i)) {
				continue
			}
			if err := m.restore(v.Field(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		return m.restoreMap(v, depth)
	case reflect.Slice, reflect.Array:
		return m.restoreList(v, depth)
	}
	return nil
}

// embedsStruct reports whether encoding/json fills the fields of an embedded struct whose type is not exported.
func embedsStruct(f reflect.StructField) bool {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f.Anonymous && t.Kind() == reflect.Struct
}

func (m *marker) restoreInterface(v reflect.Value, depth int) error {
	if v.IsNil() {
		return nil
	}
	inner := v.Elem()
	if inner.Kind() == reflect.String && v.NumMethod() == 0 && v.CanSet() {
		if i, ok := m.textIndex([]byte(inner.String())); ok {
			v.Set(reflect.ValueOf(m.marked[i]))
			return nil
		}
	}
	return m.restore(inner, depth+1)
}

func (m *marker) restoreMap(v reflect.Value, depth int) error {
	for entries := v.MapRange(); entries.Next(); {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(entries.Value())
		if err := m.restore(value, depth+1); err != nil {
			return err
		}
		v.SetMapIndex(entries.Key(), value)
	}
	return nil
}

func (m *marker) restoreList(v reflect.Value, depth int) error {
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		if v.CanSet() {
			v.SetBytes(m.rawPlaceholders(v.Bytes()))
		}
		return nil
	}
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		if i, ok := m.index(v.Bytes()); ok && v.CanSet() {
			v.SetBytes(m.marked[i])
		}
		return nil
	}
	for i := range v.Len() {
		if err := m.restore(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// rawPlaceholders turns marks in raw JSON back into placeholders.
func (m *marker) rawPlaceholders(raw []byte) []byte {
	if !bytes.Contains(raw, m.prefix[:]) {
		return raw
	}
	return m.substitute(raw, func(index int) int { return index })
}
