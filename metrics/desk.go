package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapoor.example/desk/booking"
)

// Desk are the figures of what the desk does for people: it is told as that happens.
type Desk struct {
	commands *prometheus.HistogramVec
	fanout   prometheus.Histogram
}

// Buckets are bounds in seconds: a command is a few milliseconds on a quiet machine, and is given up after ten seconds.
var (
	commandBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	storeBuckets   = []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}
)

// Desk registers them.
func (m *Metrics) Desk() (*Desk, error) {
	d := &Desk{
		commands: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "command_seconds", Buckets: commandBuckets,
			Help: "How long commands on bookings took until they were answered, by command and code; the code ok is none.",
		}, []string{"command", "code"}),
		fanout: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "publish_seconds", Buckets: commandBuckets,
			Help: "From the commit of an event until all its connections had it or had it queued, the oldest of a batch.",
		}),
	}
	for _, command := range []string{"Create", "ChangeStatus", "Edit", "AddMessage", "MarkRead"} {
		d.commands.WithLabelValues(command, "ok")
	}
	return d, m.register(d.commands, d.fanout)
}

// Command is told of a command that was answered. Any goroutine may call it.
func (d *Desk) Command(command string, code booking.Code, took time.Duration) {
	d.commands.WithLabelValues(command, orOK(code)).Observe(took.Seconds())
}

// Published is told of a batch of events that was published. Any goroutine may call it.
func (d *Desk) Published(took time.Duration) { d.fanout.Observe(max(0, took.Seconds())) }

func orOK(code booking.Code) string {
	if code == "" {
		return "ok"
	}
	return string(code)
}
