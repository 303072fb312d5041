package clustertest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// spent returns the processor time of a process so far, as the system counts it: in hundredths of a second.
func (p *process) spent() (all time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the program's name
	fields := strings.Fields(rest)
	for _, field := range fields[11:13] { // user and system
		var ticks int64
		_, _ = fmt.Sscan(field, &ticks)
		all += time.Duration(ticks) * 10 * time.Millisecond
	}
	return all
}

// BenchmarkNodes is what a delivery costs when the same clients are on one, two and three nodes: the processor time of all
// nodes, with writing the message on the first and following the log on all, by the messages that reached a client. FerretDB is
// not counted.
func BenchmarkNodes(b *testing.B) {
	const clients = 240
	for _, nodes := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			d := startDesk(b, nodes, nil)
			admin, owner := d.admin(), d.customers(1)[0]
			crowd := d.crowd()
			for _, n := range d.nodes {
				crowd.open("http://"+n.address(), clients/nodes, []string{"websocket"}, []person{admin})
			}
			spent := func() (all time.Duration) {
				for _, n := range d.nodes {
					all += n.spent()
				}
				return all
			}
			booking, written := "", 0
			before := spent()
			for b.Loop() {
				if written%400 == 0 { // a booking has 500 entries at most
					booking = d.book(d.nodes[0], owner)
				}
				d.must(d.nodes[0], "POST", "/bookings/"+booking+"/messages", owner.Token, map[string]string{"message": fmt.Sprint("message ", written)}, nil)
				written++
			}
			crowd.told(written * clients)
			b.ReportMetric(float64((spent()-before).Microseconds())/float64(written*clients), "cpu-µs/delivery")
			b.ReportMetric(float64((spent()-before).Microseconds())/float64(written), "cpu-µs/message")
		})
	}
}
