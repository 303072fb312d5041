package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"unicode/utf8"
)

// What a client says, and what it is told.
const (
	fanBegin     = `42["fan",`
	updatedBegin = `42["bookingUpdated",`
	connectBegin = `40{"sid":"`
	connectEnd   = `"}`
)

// packet handles an Engine.IO packet of a connection.
func (s *server) packet(fd int, p []byte) error {
	if len(p) == 0 || !utf8.Valid(p) {
		return errProtocol
	}
	switch p[0] {
	case '3': // pong
		s.connections[fd].pinged, s.connections[fd].since = false, s.second
		return nil
	case '1': // close
		s.end(fd)
		return nil
	case '4':
		return s.message(fd, p)
	}
	return errProtocol
}

// message handles a Socket.IO packet, with the 4 of Engine.IO before it.
func (s *server) message(fd int, p []byte) error {
	if len(p) < 2 {
		return errProtocol
	}
	switch p[1] {
	case '0':
		return s.connect(fd, p[2:])
	case '1': // disconnect
		s.end(fd)
		return nil
	case '2':
		if s.connections[fd].phase != joined {
			return errProtocol
		}
		if !bytes.HasPrefix(p, []byte(fanBegin)) {
			return nil // an event without a listener
		}
		if !json.Valid(p[2:]) {
			return errProtocol
		}
		s.broadcast(p[len(fanBegin):])
		return nil
	case '3': // an ack that nobody waits for
		return nil
	}
	return errProtocol
}

// connect answers a CONNECT with its payload, if any.
func (s *server) connect(fd int, payload []byte) error {
	c := &s.connections[fd]
	if c.phase == joined {
		return errProtocol
	}
	if len(payload) > 0 && payload[0] == '/' {
		name, _, _ := bytes.Cut(payload, []byte(","))
		s.send(fd, appendFrame(nil, finText, []byte("44"), name, []byte(`,{"message":"Invalid namespace"}`)))
		return nil
	}
	if refused := s.gate.refuse(payload); refused != "" {
		s.send(fd, textFrame(refused))
		return nil
	}
	c.phase, c.since = joined, s.second
	s.send(fd, appendFrame(nil, finText, []byte(connectBegin), []byte(rand.Text()), []byte(connectEnd)))
	return nil
}

// broadcast sends an update to everybody: one frame, one write each. The arguments end with the bracket that closes them.
func (s *server) broadcast(arguments []byte) {
	s.frame = appendFrame(s.frame[:0], finText, []byte(updatedBegin), arguments)
	for fd := range s.connections {
		if s.connections[fd].phase == joined {
			s.send(fd, s.frame)
		}
	}
}
