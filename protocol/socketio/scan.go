package socketio

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// scanner checks a JSON text in one pass, with bounded depth, and notes on its way the elements of the outermost array
// and the placeholders. encoding/json would need a pass for validity, one for the depth and one for each note.
type scanner struct {
	text  []byte
	pos   int
	depth int // how many more levels may be opened

	keep     int    // how many elements of the outermost array to note
	elements []span // noted elements

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
	s := scanner{text: data, depth: maxScanDepth, keep: len(data), elements: make([]span, 0, 8)}
	if err := s.document(); err != nil {
		return nil, err
	}
	if data[0] != '[' {
		return nil, ErrPayload
	}
	parts := make([]json.RawMessage, len(s.elements))
	for i, e := range s.elements {
		parts[i] = data[e.start:e.end:e.end]
	}
	return parts, nil
}

// document reads the whole text as one value.
func (s *scanner) document() error {
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
		if outermost && len(s.elements) < s.keep {
			s.elements = append(s.elements, span{start, s.pos})
		}
		if done, err := s.next(']'); done || err != nil {
			return err
		}
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

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.text[s.pos:], []byte(w)) {
		return ErrJSON
	}
	s.pos += len(w)
	return nil
}

func (s *scanner) str() error {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return nil
		case c < ' ':
			return ErrJSON
		case c == '\\':
			s.pos++
			if err := s.escape(); err != nil {
				return err
			}
		}
	}
	return ErrJSON
}

// escape reads what follows a backslash and stops at its last byte.
func (s *scanner) escape() error {
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			s.pos++
			if !hexDigit(s.peek()) {
				return ErrJSON
			}
		}
		return nil
	}
	return ErrJSON
}

func hexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return ErrJSON
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return ErrJSON
		}
	}
	if s.peek()|0x20 == 'e' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return ErrJSON
		}
	}
	return nil
}

// digits reads one digit or more.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// index reads a JSON value as the place of an attachment, -1 when it is none. 1.0 and 1e0 are 1, as in JavaScript.
func index(value []byte) int {
	const enough = 1 << 30
	if c := value[0]; c != '-' && (c < '0' || c > '9') {
		return -1
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || f < 0 || f > enough || f != float64(int(f)) {
		return -1
	}
	return int(f)
}

// unquote reads a valid JSON string.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return ""
	}
	return s
}
