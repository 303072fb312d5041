package metrics

import "github.com/prometheus/client_golang/prometheus"

// Cluster is how a node stands with the others. The zero value is that of a single node.
type Cluster struct {
	CutOff                    bool
	Waiting, WaitingBytes     int   // to be written
	Published, Heard          int64 // entries that were taken, and entries and signals of all nodes that came
	Refused, Lost             int64 // entries for which there was no room, and times when others' were lost
	Forwarded, ForwardsFailed int64 // requests of other nodes' sessions
}

// Cluster shows what read returns. It is called when somebody asks, from any goroutine.
func (m *Metrics) Cluster(read func() Cluster) error {
	return m.register(&clusterFigures{
		read:      read,
		cutOff:    figure("bus_cut_off", "1 while the other nodes cannot be reached over Redis, else 0."),
		waiting:   figure("bus_waiting", "Entries that wait to be written to Redis."),
		bytes:     figure("bus_waiting_bytes", "Bytes of the entries that wait to be written to Redis."),
		published: figure("bus_published_total", "Entries for other nodes that were taken."),
		heard:     figure("bus_heard_total", "Entries and signals that came over Redis, those of this node among the entries."),
		refused:   figure("bus_refused_total", "Entries for other nodes for which there was no room: those do not get them."),
		lost:      figure("bus_losses_total", "Times when Redis had lost what other nodes wrote, and clients were closed so that they come back."),
		forwarded: figure("forwarded_requests_total", "Requests of sessions of other nodes that were passed on.", "result"),
	})
}

type clusterFigures struct {
	read                                                               func() Cluster
	cutOff, waiting, bytes, published, heard, refused, lost, forwarded *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (f *clusterFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.cutOff, f.waiting, f.bytes, f.published, f.heard, f.refused, f.lost, f.forwarded} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *clusterFigures) Collect(out chan<- prometheus.Metric) {
	now := f.read()
	cutOff := 0.0
	if now.CutOff {
		cutOff = 1
	}
	out <- gauge(f.cutOff, cutOff)
	out <- gauge(f.waiting, float64(now.Waiting))
	out <- gauge(f.bytes, float64(now.WaitingBytes))
	out <- counter(f.published, now.Published)
	out <- counter(f.heard, now.Heard)
	out <- counter(f.refused, now.Refused)
	out <- counter(f.lost, now.Lost)
	out <- counter(f.forwarded, now.Forwarded, "ok")
	out <- counter(f.forwarded, now.ForwardsFailed, "failed")
}
