package main

import (
	"strconv"
	"time"

	"kapoor.example/desk/bench/result"
)

// scenario is a load, and what is looked at under it.
type scenario struct {
	name, title string
	about       string // what happens, in a sentence or two
	once        bool   // whatever the number of rounds: it repeats itself inside
	guess       time.Duration
	contenders  []contender // in the order in which they run
	figures     []figure
}

// contender is a target and what it has to do.
type contender struct {
	target    string
	program   string   // see programs
	arguments []string // of the generator
	people    people   // whose tokens the clients carry
	flags     string   // of the server, besides where it listens; only for conformance
}

// people are whose tokens clients carry.
type people int

const (
	nobody people = iota
	customers
	staff
)

// figure is one line of the comparison: a figure of the results, by its name there.
type figure struct {
	name, title string
	more        bool // more is better
	drawn       bool // as a chart
	goals       []goal
}

// Events of the same size as those of the desk, so that the real path is compared with its like.
const (
	packetSize = "250"
	eventSize  = "280" // a bookingUpdated of the load generator's bookings, measured
)

// The common scenario's size. 10,000 clients are sent to at a tenth of the rate: as many deliveries per second.
const (
	audienceSize = 1000
	crowdSize    = 10_000
	idleSize     = 5000
	stoppedCount = 10
	rate         = "20"
	crowdRate    = "2"
)

// catalogue is all scenarios.
func catalogue(s scale) []scenario {
	lasting := []string{"--duration=" + s.duration.String(), "--warmup=" + s.warmup.String()}
	clients := func(n int) string { return "--clients=" + strconv.Itoa(max(n/s.divide, 1)) }
	fan := func(size string, more ...string) []string {
		return append(append([]string{"fanout", "--size=" + size}, lasting...), more...)
	}
	guess := s.duration + s.warmup + 2*time.Second
	return []scenario{
		{
			name: "paced", title: "Fan-out, 1,000 clients, 20 broadcasts a second",
			about: "A broadcast every 50 ms to every client: what the day looks like. Between two, everything sleeps.",
			guess: guess, contenders: all(conformance, fan(packetSize, "--mode=paced", clients(audienceSize), "--rate="+rate)),
			figures: fanFigures(atMostRatio(1.15)),
		},
		{
			name: "closed", title: "Fan-out, 1,000 clients, closed loop",
			about: "The next broadcast is sent when all clients have the last one: as fast as it goes, one at a time.",
			guess: guess, contenders: all(conformance, fan(packetSize, "--mode=closed", clients(audienceSize))),
			figures: append(fanFigures(atMostRatio(1.25)), figure{name: result.Deliveries, title: "deliveries", more: true}),
		},
		{
			name: "queued", title: "Fan-out, 1,000 clients, ten broadcasts at once",
			about: "Closed loop with ten broadcasts in one write of the sender. The limit makes ten writes per client of them; " +
				"a server may join what waits for the same client.",
			guess: guess, contenders: all(conformance, fan(packetSize, "--mode=queued", "--burst=10", clients(audienceSize))),
			figures: append(fanFigures(atMostRatio(0.15)), figure{name: result.Deliveries, title: "deliveries", more: true}),
		},
		{
			name: "crowd", title: "Fan-out, 10,000 clients, 2 broadcasts a second",
			about: "As many deliveries per second as with 1,000 clients: what the number of clients costs.",
			guess: guess + 5*time.Second, contenders: all(conformance, fan(packetSize, "--mode=paced", clients(crowdSize), "--rate="+crowdRate)),
			figures: fanFigures(noWorseThan("paced", "with 1,000 clients")),
		},
		{
			name: "real", title: "The real path: PATCH, store, notifier, rooms; 1,000 staff, 20 changes a second",
			about: "Ours is the desk: every change is a PATCH over HTTP, durable before it is sent. The others broadcast events of the same size " +
				"and store nothing; what HTTP, the domain and the disk cost is in the desk's figure.",
			guess: guess + 3*time.Second,
			contenders: append(all("", fan(eventSize, "--mode=paced", clients(audienceSize), "--rate="+rate))[:2],
				contender{target: ours, program: desk, people: staff, arguments: append([]string{"command", clients(audienceSize), "--rate=" + rate}, lasting...)}),
			figures: []figure{
				{name: result.CPUPerDelivery, title: "server CPU per delivery", drawn: true, goals: []goal{atMostRatio(1.15)}},
				{name: "last_p99", title: "from the PATCH to the last of all, p99", goals: []goal{atMost(15_000, "15 ms")}},
				{name: "last_p50", title: "from the PATCH to the last of all, p50"},
				{name: "answer_p99", title: "answer to the PATCH, p99"},
				{name: "delivery_p99", title: "from the send to a client, p99"},
			},
		},
		{
			name: "commands", title: "Commands: 32 at once, as fast as they are answered",
			about: "PATCHes on 32 bookings in parallel, each durable when it is answered, with ten sockets watching.",
			guess: guess + 2*time.Second,
			contenders: []contender{{
				target: ours, program: desk, people: staff, arguments: append([]string{"command", "--clients=10", "--parallel=32"}, lasting...),
			}},
			figures: []figure{
				{name: "commands_per_second", title: "commands", more: true, drawn: true},
				{name: "answer_p99", title: "answer, p99"},
				{name: "server_cpu_per_command", title: "server CPU per command"},
			},
		},
		{
			name: "idle", title: "5,000 idle connections",
			about: "Resident memory with all connected, less that before the first, per connection. The kernel's part of a socket is not in it.",
			guess: 2*s.still + 4*time.Second, contenders: all(conformance, []string{"idle", clients(idleSize), "--still=" + s.still.String()}),
			figures: []figure{
				{name: result.RSSPerConnection, title: "memory per connection", drawn: true, goals: []goal{atMost(3<<10, "3 KiB")}},
			},
		},
		{
			name: "idle-goroutines", title: "5,000 idle connections with a goroutine each",
			about: "The same where there is no epoll.",
			guess: 2*s.still + 4*time.Second,
			contenders: []contender{{
				target: ours, program: conformance, flags: "--goroutines", arguments: []string{"idle", clients(idleSize), "--still=" + s.still.String()},
			}},
			figures: []figure{{name: result.RSSPerConnection, title: "memory per connection", goals: []goal{atMost(8<<10, "8 KiB")}}},
		},
		{
			name: "idle-desk", title: "5,000 idle connections of 5,000 customers at the desk",
			about: "With what the desk knows of each besides: the user and the checked token, rooms, presence, what it takes to recover.",
			guess: 2*s.still + 8*time.Second,
			contenders: []contender{{
				target: ours, program: desk, people: customers, arguments: []string{"idle", clients(idleSize), "--still=" + s.still.String()},
			}},
			figures: []figure{{name: result.RSSPerConnection, title: "memory per connection", goals: []goal{atMost(3<<10, "3 KiB")}}},
		},
		{
			name: "connect", title: "Connects, without tokens",
			about: "5,000 clients connect, 64 at a time; five times, of which the median counts. A connect is TCP, the upgrade, the open packet and CONNECT.",
			guess: 6 * time.Second, contenders: all(conformance, []string{"connect", clients(idleSize), "--rounds=5"}),
			figures: connectFigures(),
		},
		{
			name: "tokens", title: "Connects, tokens checked",
			about: "The same with a token (JWT, HS256) in every CONNECT, of 5,000 customers. The desk looks the user up, too, enters rooms and " +
				"makes the connection recoverable; the others check the signature and the expiry.",
			guess: 8 * time.Second, contenders: carrying(customers, all(desk, []string{"connect", clients(idleSize), "--rounds=5"})),
			figures: connectFigures(atLeastOrRatio(12_000, "12,000/s", 0.85)),
		},
		{
			name: "slow", title: "1,000 clients, ten of which stop reading", once: true,
			about: "Pairs of runs, without and with ten clients that stop reading, at 50 broadcasts a second of 10,000 bytes: " +
				"the kernel takes some 4 MB for each that does not read, then its queue in the server fills. Latencies are those of the other clients.",
			guess: time.Duration(2*s.pairs) * (s.duration + guess + 3*time.Second),
			contenders: []contender{{
				target: ours, program: conformance, flags: "--max-queue=1048576", // as the desk has it
				arguments: []string{
					"slow", clients(audienceSize), "--stopped=" + strconv.Itoa(stoppedCount), "--pairs=" + strconv.Itoa(s.pairs),
					"--size=10000", "--duration=" + (2 * s.duration).String(), "--warmup=" + s.warmup.String(),
				},
			}},
			figures: []figure{
				{name: "slow_p99_ratio", title: "p99 of the others: with ÷ without, median of the pairs", goals: []goal{atMost(1.10, "1.10")}},
				{name: "slow_p99_ratio_max", title: "the same, highest pair"},
				{name: "stopped_closed", title: "of the stopped ones, closed by the server", more: true, goals: []goal{atLeast(stoppedCount)}},
				{name: "server_rss_peak_alone", title: "memory at most, without"},
				{name: "server_rss_peak_stopped", title: "memory at most, with"},
			},
		},
	}
}

// all lets every target do the same, ours with one of our programs.
func all(program string, arguments []string) []contender {
	return []contender{
		{target: limit, program: limit, arguments: arguments},
		{target: node, program: node, arguments: arguments},
		{target: ours, program: program, arguments: arguments},
	}
}

// carrying gives the clients tokens.
func carrying(p people, list []contender) []contender {
	for i := range list {
		list[i].people = p
	}
	return list
}

func fanFigures(goals ...goal) []figure {
	return []figure{
		{name: result.CPUPerDelivery, title: "server CPU per delivery", drawn: true, goals: goals},
		{name: "delivery_p99", title: "from the send to a client, p99", drawn: true, goals: []goal{atMostRatio(1.2)}},
		{name: "delivery_p50", title: "from the send to a client, p50"},
	}
}

func connectFigures(goals ...goal) []figure {
	return []figure{
		{name: result.Connects, title: "connects", more: true, drawn: true, goals: goals},
		{name: "server_cpu_per_connect", title: "server CPU per connect"},
		{name: "connect_p99", title: "a connect, p99"},
	}
}
