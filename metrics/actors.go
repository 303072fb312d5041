package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"kapoor.example/desk/actors"
)

// Actors shows the actors of a system.
func (m *Metrics) Actors(system *actors.System) error {
	return m.register(&actorFigures{
		system:      system,
		running:     figure("actors", "Actors that are running.", "kind"),
		panics:      figure("actor_panics_total", "Panics of actors. Each has its line in the log.", "kind"),
		restarts:    figure("actor_restarts_total", "Times an actor that panicked dropped its state and began anew.", "kind"),
		giveUps:     figure("actor_give_ups_total", "Actors that were given up after too many panics within a short time.", "kind"),
		deadLetters: figure("dead_letters_total", "Messages to actors that had ended."),
		stuck:       figure("actors_stuck", "Actors that have been busy with one batch of messages for more than ten seconds. Each has its line in the log."),
		timers:      figure("actor_timers", "Timers that are running for actors."),
	})
}

// actorFigures are read from the system's own counts.
type actorFigures struct {
	system                                                         *actors.System
	running, panics, restarts, giveUps, deadLetters, stuck, timers *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (f *actorFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.running, f.panics, f.restarts, f.giveUps, f.deadLetters, f.stuck, f.timers} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *actorFigures) Collect(out chan<- prometheus.Metric) {
	for kind, count := range f.system.Counts() {
		out <- gauge(f.running, float64(count.Running), kind)
		out <- counter(f.panics, count.Panics, kind)
		out <- counter(f.restarts, count.Restarts, kind)
		out <- counter(f.giveUps, count.GaveUp, kind)
	}
	out <- counter(f.deadLetters, f.system.DeadLetters())
	out <- gauge(f.stuck, float64(f.system.Stuck()))
	out <- gauge(f.timers, float64(f.system.Timers()))
}
