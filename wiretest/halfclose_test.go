package wiretest

import (
	"fmt"
	"net"
	nethttp "net/http"
	"testing"
)

// TestClientThatHalfCloses: one that closes its direction while it polls, or within a body, has gone as far as its
// session is concerned, but it still reads. It used to be told that the server was at fault (500). A storm of sessions
// found it.
func TestClientThatHalfCloses(t *testing.T) {
	for name, request := range map[string]string{
		"while it polls": "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
		"within a body":  "POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n40",
	} {
		t.Run(name, func(t *testing.T) {
			r := simple(t, nil)
			p := r.poll(socketPolling)
			conn, in := r.raw(fmt.Sprintf(request, p.path))
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			response, err := nethttp.ReadResponse(in, nil)
			if err == nil { // no answer is fine
				_ = response.Body.Close()
				if response.StatusCode != nethttp.StatusBadRequest || !response.Close {
					t.Errorf("answered %s", response.Status)
				}
			}
			p.gone()
		})
	}
}
