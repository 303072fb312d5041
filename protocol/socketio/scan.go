package socketio

import (
	"bytes"
	"encoding/json"
)

// scanner checks a JSON text in one pass, with bounded depth, and notes on its way the elements of the outermost array
// and the placeholders. encoding/json would need a pass for validity, one for the depth and one for each note.
type scanner struct {
	text  []byte
	pos   int
	depth int // how many more levels may be opened

	first    span              // the first element of the outermost array
	all      bool              // whether to note all of them
	elements []json.RawMessage // those noted

	binary       bool          // whether to note placeholders
	placeholders []placeholder // in the order of the text
}

// span is a part of the text.
type span struct{ start, end int }

// placeholder is an object that stands for an attachment. num is -1 when it names none.
type placeholder struct {
	span
	num int
}

// maxScanDepth bounds texts that come from the program itself; encoding/json has the same bound.
const maxScanDepth = 10000

// elements splits a JSON array. The parts alias data.
func elements(data []byte) ([]json.RawMessage, error) {
	data = bytes.TrimLeft(data, " \t\n\r")
	s := scanner{text: data, depth: maxScanDepth, all: true, elements: make([]json.RawMessage, 0, 4)}
	if err := s.document(); err != nil {
		return nil, err
	}
	if data[0] != '[' {
		return nil, ErrPayload
	}
	return s.elements, nil
}

// document reads the whole text as one value.
func (s *scanner) document() error {
	s.space()
	if err := s.value(true); err != nil {
		return err
	}
	s.space()
	if s.pos != len(s.text) {
		return ErrJSON
	}
	return nil
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// value reads one value, without white space around it.
func (s *scanner) value(outermost bool) error {
	switch c := s.peek(); c {
	case '[', '{':
		return s.nested(c, outermost)
	case '"':
		return s.str()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

// nested reads an array or object, one level deeper.
func (s *scanner) nested(open byte, outermost bool) error {
	if s.depth <= 0 {
		return ErrDepth
	}
	s.depth--
	start := s.pos
	s.pos++
	s.space()
	var err error
	if open == '[' {
		err = s.array(outermost)
	} else {
		err = s.object(start)
	}
	s.depth++
	return err
}

func (s *scanner) array(outermost bool) error {
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		start := s.pos
		if err := s.value(false); err != nil {
			return err
		}
		if outermost {
			s.note(start)
		}
		if done, err := s.next(']'); done || err != nil {
			return err
		}
	}
}

// note keeps the element of the outermost array that has just been read.
func (s *scanner) note(start int) {
	if s.first.end == 0 {
		s.first = span{start, s.pos}
	}
	if s.all {
		s.elements = append(s.elements, s.text[start:s.pos:s.pos])
	}
}

// next goes on to the next element, or past the end of an array or object.
func (s *scanner) next(end byte) (done bool, err error) {
	s.space()
	switch s.peek() {
	case end:
		s.pos++
		return true, nil
	case ',':
		s.pos++
		s.space()
		return false, nil
	}
	return false, ErrJSON
}

// object reads the members of the object whose brace is at start.
func (s *scanner) object(start int) error {
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	var (
		marked bool // "_placeholder" is true
		num    = -1
		inner  = len(s.placeholders)
	)
	for {
		key, value, err := s.member()
		if err != nil {
			return err
		}
		if s.binary {
			// The last of equal keys counts, as in JavaScript.
			switch string(key) {
			case "_placeholder":
				marked = string(value) == "true"
			case "num":
				num = index(value)
			}
		}
		done, err := s.next('}')
		if err != nil {
			return err
		}
		if done {
			break
		}
	}
	if marked {
		// What is inside a placeholder is never looked at by who receives it.
		s.placeholders = append(s.placeholders[:inner], placeholder{span{start, s.pos}, num})
	}
	return nil
}

// member reads a key and its value. The key is returned unquoted, and only if placeholders are looked for.
func (s *scanner) member() (key, value []byte, err error) {
	start := s.pos
	if s.peek() != '"' {
		return nil, nil, ErrJSON
	}
	if err := s.str(); err != nil {
		return nil, nil, err
	}
	if s.binary {
		key = s.text[start+1 : s.pos-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			key = []byte(unquote(s.text[start:s.pos]))
		}
	}
	s.space()
	if s.peek() != ':' {
		return nil, nil, ErrJSON
	}
	s.pos++
	s.space()
	start = s.pos
	if err := s.value(false); err != nil {
		return nil, nil, err
	}
	return key, s.text[start:s.pos], nil
}
