package socketio

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// word reads true, false or null.
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
