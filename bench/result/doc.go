// Package result is what a load run found, as a value and as the JSON file that a run writes: the scenario and its
// parameters, the machine, named figures, latency percentiles, counts, and what the server cost. Runs are compared by the
// names of their figures, so a name keeps its meaning and its unit; Schema rises when one does not.
package result
