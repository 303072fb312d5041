package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kapoor.example/desk/protocol/cluster"
	"kapoor.example/desk/protocol/socketio"
)

// sockets is the data of the answer to a request for sockets.
type sockets struct {
	Request string   `json:"requestId"`
	Sockets []socket `json:"sockets"`
}

type socket struct {
	ID        string       `json:"id"`
	Handshake handshake    `json:"handshake"`
	Rooms     []string     `json:"rooms"`
	Data      socketio.Arg `json:"data"`
}

type handshake struct {
	Headers map[string]any `json:"headers"` // a text, or a list of them
	Time    string         `json:"time"`
	Address string         `json:"address"`
	XDomain bool           `json:"xdomain"`
	Secure  bool           `json:"secure"`
	Issued  int64          `json:"issued"` // milliseconds
	URL     string         `json:"url"`
	Query   map[string]any `json:"query"` // as the headers
	Auth    socketio.Arg   `json:"auth"`
}

func socketsOf(request string, b cluster.Sockets) sockets {
	all := sockets{Request: request, Sockets: make([]socket, len(b.List))}
	for i, s := range b.List {
		h := s.Handshake
		one := socket{ID: s.ID, Rooms: s.Rooms, Data: orEmpty(s.Data), Handshake: handshake{
			Headers: map[string]any{}, Time: h.Time, Address: h.Address, XDomain: h.Cross, Secure: h.Secure,
			Issued: h.Issued.UnixMilli(), URL: h.URL, Query: map[string]any{}, Auth: orEmpty(h.Auth),
		}}
		if one.Rooms == nil {
			one.Rooms = []string{}
		}
		for name, values := range h.Header {
			one.Handshake.Headers[strings.ToLower(name)] = strings.Join(values, ", ") // as Node joins repeated ones
		}
		for name, value := range h.Query {
			one.Handshake.Query[name] = value
		}
		all.Sockets[i] = one
	}
	return all
}

// orEmpty returns an empty object for nothing, as Node's sockets have it.
func orEmpty(a socketio.Arg) socketio.Arg {
	if a.Raw == nil {
		a.Raw = json.RawMessage("{}")
	}
	return a
}

// The same as others wrote it: values of the application are taken out as they are.
type (
	foreignSocket struct {
		ID        string           `json:"id"`
		Handshake foreignHandshake `json:"handshake"`
		Rooms     []string         `json:"rooms"`
		Data      json.RawMessage  `json:"data"`
	}
	foreignHandshake struct {
		Headers map[string]json.RawMessage `json:"headers"`
		Time    string                     `json:"time"`
		Address string                     `json:"address"`
		XDomain bool                       `json:"xdomain"`
		Secure  bool                       `json:"secure"`
		Issued  float64                    `json:"issued"`
		URL     string                     `json:"url"`
		Query   map[string]json.RawMessage `json:"query"`
		Auth    json.RawMessage            `json:"auth"`
	}
)

func readSockets(list socketio.Arg) (cluster.Sockets, error) {
	var foreign []foreignSocket
	if err := json.Unmarshal(list.Raw, &foreign); err != nil {
		return cluster.Sockets{}, fmt.Errorf("%w: sockets: %w", ErrMalformed, err)
	}
	all := cluster.Sockets{List: make([]cluster.Socket, len(foreign))}
	for i, f := range foreign {
		if f.ID == "" {
			return cluster.Sockets{}, fmt.Errorf("%w: socket without an id", ErrMalformed)
		}
		h := cluster.Handshake{
			Header: map[string][]string{}, Time: f.Handshake.Time, Address: f.Handshake.Address, Cross: f.Handshake.XDomain,
			Secure: f.Handshake.Secure, Issued: milliseconds(f.Handshake.Issued), URL: f.Handshake.URL,
			Query: map[string]string{}, Auth: socketio.Arg{Raw: f.Handshake.Auth, Attachments: list.Attachments},
		}
		for name, raw := range f.Handshake.Headers {
			if values := texts(raw); len(values) > 0 {
				h.Header[strings.ToLower(name)] = values
			}
		}
		for name, raw := range f.Handshake.Query {
			if values := texts(raw); len(values) > 0 {
				h.Query[name] = values[len(values)-1]
			}
		}
		all.List[i] = cluster.Socket{
			ID: f.ID, Rooms: f.Rooms, Handshake: h, Data: socketio.Arg{Raw: f.Data, Attachments: list.Attachments},
		}
	}
	return all, nil
}

// texts reads a text or a list of them; anything else is none.
func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	return nil
}

// milliseconds reads a time of JavaScript; what is none is the zero time.
func milliseconds(ms float64) time.Time {
	if ms <= 0 || ms > maxSafe {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms))
}
