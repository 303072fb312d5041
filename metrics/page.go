package metrics

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
)

// What one page may cost: so many are made at once, each within so long. Who asks beyond that is told to come again.
const (
	maxPages    = 4
	pageTimeout = 10 * time.Second
)

// Page answers with everything that is registered, in the formats Prometheus reads. With a token it answers nobody who
// does not send it as a bearer token.
func (m *Metrics) Page(token string, log zerolog.Logger) http.Handler {
	page := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: lines{log}, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: maxPages, Timeout: pageTimeout,
	})
	if token == "" {
		return page
	}
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(sent)) // of one length, so that the comparison tells nothing
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "The figures are for those who have the token.", http.StatusUnauthorized)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// lines is promhttp's way to a log.
type lines struct{ log zerolog.Logger }

// Println implements promhttp.Logger.
func (l lines) Println(v ...any) {
	l.log.Error().Interface("error", v).Msg("Metrics could not be gathered")
}
