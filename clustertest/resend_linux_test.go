package clustertest

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestWhatIsSentAgain: a balancer sends a session's request to another node only if none has seen it. nginx also sent polls
// again that a node had died of, though that one may have had the events already; and handed on to the client the 503 by
// which a node that stops refuses a handshake.
func TestWhatIsSentAgain(t *testing.T) {
	for _, balancer := range []string{"haproxy", "nginx"} {
		t.Run(balancer, func(t *testing.T) {
			var mu sync.Mutex
			heard := map[string]int{} // requests by what they ask for
			serve := func(answer func(w http.ResponseWriter, r *http.Request)) *node {
				l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/readyz" {
						return
					}
					mu.Lock()
					heard[r.URL.String()]++
					mu.Unlock()
					answer(w, r)
				})}
				done := make(chan struct{})
				go func() { defer close(done); _ = server.Serve(l) }() // until it is closed
				t.Cleanup(func() { _ = server.Close(); <-done })
				return &node{port: l.Addr().(*net.TCPAddr).Port}
			}
			d := &desk{t: t, http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
			d.nodes = []*node{
				serve(func(http.ResponseWriter, *http.Request) {}),
				{port: freePort(t)}, // gone
				serve(func(w http.ResponseWriter, r *http.Request) { // stops, and dies of what it has begun
					if !strings.Contains(r.URL.RawQuery, "sid=") {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					panic(http.ErrAbortHandler)
				}),
			}
			url := d.balancer(balancer)
			failed := 0
			ask := func(method, query string) int {
				request, err := http.NewRequestWithContext(t.Context(), method, url+"/socket.io/?EIO=4&transport=polling"+query, strings.NewReader("40"))
				if err != nil {
					t.Fatal(err)
				}
				response, err := d.http.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				_ = response.Body.Close() // the status is all
				return response.StatusCode
			}
			for i := range 30 {
				for _, method := range []string{"GET", "POST"} {
					if status := ask(method, fmt.Sprint("&sid=", method, i)); status != http.StatusOK {
						failed++
					}
				}
			}
			for i := range 10 {
				if status := ask("GET", fmt.Sprint("&handshake=", i)); status != http.StatusOK {
					t.Errorf("handshake %d: %d", i, status)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			died := 0
			for what, times := range heard {
				if strings.Contains(what, "sid=") && times != 1 {
					t.Errorf("%s reached %d nodes", what, times)
				}
				died++
			}
			if failed == 0 || failed > 30 {
				t.Errorf("%d of 60 requests failed: some meet the node that dies of them, none the one that is gone", failed)
			}
			if died < 60 {
				t.Errorf("%d requests reached a node", died)
			}
		})
	}
}
