package realtime

// ConnectionError is a request that a transport refused before it became, or reached, a session.
type ConnectionError struct {
	Request Request
	// Code and Message are those of the Engine.IO protocol. Code is -1 for a reason it does not know: a limit, a stop.
	Code    int
	Message string
	// Context says more: name is the reason, such as TRANSPORT_MISMATCH, beside what it is about (transport, sid, method).
	Context map[string]any
}

// OnConnectionError adds a function that hears of every refused request. It is called on the transport's goroutine and must
// not block. It must be added before transports open sessions.
func (s *Server) OnConnectionError(f func(ConnectionError)) *Server {
	s.onRefused = append(s.onRefused, f)
	return s
}

// Refused tells of a request that a transport refused. Only transports call it.
func (s *Server) Refused(e ConnectionError) {
	for _, f := range s.onRefused {
		s.system.Safely(sessionKind, e.Request.Query()["sid"], func() { f(e) })
	}
}

// Observed reports whether anybody wants to hear of refused requests: a transport may spare itself the telling.
func (s *Server) Observed() bool { return len(s.onRefused) > 0 }
