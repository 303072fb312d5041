package metrics

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"kapoor.example/desk/actors/realtime"
)

// Sockets shows the connections of a server and what goes over them. refusals are the reasons of the application's own
// for which its middleware refuses a CONNECT.
func (m *Metrics) Sockets(server *realtime.Server, refusals ...string) error {
	return m.register(&socketFigures{
		server:      server,
		refusals:    slices.Concat(realtime.Refusals(), refusals),
		connections: figure("connections", "Connections at the moment.", "transport"),
		sockets:     figure("sockets", "Sockets that are connected to a namespace at the moment."),
		rooms:       figure("rooms", "Rooms with members at the moment; each socket has one of its own."),
		waiting:     figure("outbox_bytes", "Bytes that are queued for connections that have not taken them yet."),
		accepted:    figure("handshakes_accepted_total", "Connections that were opened.", "transport"),
		refused:     figure("handshakes_refused_total", "Handshakes, requests and CONNECT packets that were refused.", "reason"),
		ended:       figure("disconnects_total", "Connections that ended. Those of slow consumers were closed because they did not read.", "reason"),
		resumed:     figure("recoveries_total", "Clients that wanted to resume a lost connection, by what became of it.", "result"),
		packetsIn:   figure("packets_received_total", "Packets of clients."),
		bytesIn:     figure("received_bytes_total", "Bytes of the packets of clients."),
		framesOut:   figure("frames_sent_total", "Frames that were handed to connections; the open packet of each is none."),
		writesOut:   figure("writes_total", "Writes by which they were: frames per write say how well events are joined."),
		bytesOut:    figure("sent_bytes_total", "Bytes of the frames that were handed to connections, as a WebSocket takes them."),
	})
}

// socketFigures are read from the server's own counts.
type socketFigures struct {
	server   *realtime.Server
	refusals []string

	connections, sockets, rooms, waiting               *prometheus.Desc
	accepted, refused, ended, resumed                  *prometheus.Desc
	packetsIn, bytesIn, framesOut, writesOut, bytesOut *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (f *socketFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		f.connections, f.sockets, f.rooms, f.waiting, f.accepted, f.refused, f.ended, f.resumed,
		f.packetsIn, f.bytesIn, f.framesOut, f.writesOut, f.bytesOut,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *socketFigures) Collect(out chan<- prometheus.Metric) {
	now := f.server.Figures()
	for _, transport := range []string{realtime.Polling, realtime.WebSocket} {
		out <- gauge(f.connections, float64(now.Connections[transport]), transport)
		out <- counter(f.accepted, now.Accepted[transport], transport)
	}
	out <- gauge(f.sockets, float64(now.Sockets))
	out <- gauge(f.rooms, float64(now.Rooms))
	out <- gauge(f.waiting, float64(now.Waiting))
	// What never happened is told as 0: an alarm on a change needs a value before it.
	for _, reason := range f.refusals {
		out <- counter(f.refused, now.Refused[reason], label(reason))
	}
	for _, reason := range realtime.Reasons() {
		out <- counter(f.ended, now.Ended[reason], label(string(reason)))
	}
	for _, result := range realtime.RecoveryResults() {
		out <- counter(f.resumed, now.Resumed[result], label(string(result)))
	}
	out <- counter(f.packetsIn, now.PacketsIn)
	out <- counter(f.bytesIn, now.BytesIn)
	out <- counter(f.framesOut, now.FramesOut)
	out <- counter(f.writesOut, now.WritesOut)
	out <- counter(f.bytesOut, now.BytesOut)
}

// label writes a reason as labels are written.
func label(reason string) string { return strings.ReplaceAll(reason, " ", "_") }
