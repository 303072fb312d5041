// Package metrics shows the figures of a running desk to Prometheus. The rest of the tree counts for itself and knows
// nothing of Prometheus: this package reads what it has counted when somebody asks, and wraps what does not count, the
// store.
//
// Every name, its unit and its labels are in docs/metrics.md, which a test holds to what is registered. A label has few
// values, known in advance: no user, booking, address, path or message is ever one.
package metrics
