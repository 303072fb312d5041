package realtime

import (
	"iter"
	"net/url"
	"strings"
	"unique"
)

// Request is what a client said in the first request of a connection. It is kept as long as the connection, so it is
// small: what is asked for rarely is taken apart when it is asked for.
type Request struct {
	Address string // the client's, without port
	URL     string // path and query, as sent
	Secure  bool
	header  unique.Handle[string] // "Name:value\n" for each line; the clients of one app say much the same
}

// WithHeader returns the request with these header lines, in their order and by canonical name. Sec-WebSocket-Key is left
// out: it is another one for every connection, and has served its purpose.
func (r Request) WithHeader(lines iter.Seq2[string, string]) Request {
	var text strings.Builder
	for name, value := range lines {
		if name == "Sec-Websocket-Key" || name == "Sec-WebSocket-Key" {
			continue
		}
		text.WriteString(name)
		text.WriteByte(':')
		text.WriteString(value)
		text.WriteByte('\n')
	}
	r.header = unique.Make(text.String())
	return r
}

// Header returns the header by canonical name, a copy.
func (r Request) Header() map[string][]string {
	header := map[string][]string{}
	if r.header == (unique.Handle[string]{}) {
		return header
	}
	for line := range strings.Lines(r.header.Value()) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		header[name] = append(header[name], value)
	}
	return header
}

// Query returns the parameters of the URL, the last one of a repeated key.
func (r Request) Query() map[string]string {
	query := map[string]string{}
	text, _, _ := strings.Cut(r.URL, "#")
	_, text, _ = strings.Cut(text, "?")
	for pair := range strings.SplitSeq(text, "&") {
		if key, value, _ := strings.Cut(pair, "="); pair != "" {
			query[unescaped(key)] = unescaped(value)
		}
	}
	return query
}

// unescaped returns a part of a query, as it is where it is not escaped as it should be.
func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
