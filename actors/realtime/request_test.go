package realtime

import (
	"maps"
	"reflect"
	"testing"
)

func TestRequest(t *testing.T) {
	tests := []struct {
		name  string
		url   string
		query map[string]string
	}{
		{"nothing", "", map[string]string{}},
		{"no query", "/socket.io/", map[string]string{}},
		{"the usual", "/socket.io/?EIO=4&transport=websocket", map[string]string{"EIO": "4", "transport": "websocket"}},
		{"the last one counts", "/?a=1&a=2", map[string]string{"a": "2"}},
		{"escapes", "/?a%20b=%C3%A9+c", map[string]string{"a b": "é c"}},
		{"escapes that are none", "/?a=%zz&b=100%", map[string]string{"a": "%zz", "b": "100%"}},
		{"no value", "/?a&b=&&c=d=e", map[string]string{"a": "", "b": "", "c": "d=e"}},
		{"a fragment", "/?a=1#?b=2", map[string]string{"a": "1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (Request{URL: tt.url}).Query(); !maps.Equal(got, tt.query) {
				t.Errorf("query %v", got)
			}
		})
	}
	lines := func(yield func(string, string) bool) {
		_ = yield("Cookie", "a=1; b=2:3") && yield("X-Twice", "") && yield("X-Twice", " x ") && yield("Sec-Websocket-Key", "nonce")
	}
	r := Request{Address: "192.0.2.1"}.WithHeader(lines)
	want := map[string][]string{"Cookie": {"a=1; b=2:3"}, "X-Twice": {"", " x "}}
	if got := r.Header(); !reflect.DeepEqual(got, want) {
		t.Errorf("header %q", got)
	}
	if got := (Request{}).Header(); got == nil || len(got) != 0 {
		t.Errorf("header of a request without one: %v", got)
	}
}
