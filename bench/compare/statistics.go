package main

import "slices"

// spread is a figure over the rounds.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	N      int     `json:"n"` // how many rounds it is of
}

// spreadOf returns nil where there is no value.
func spreadOf(values []float64) *spread {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return &spread{Median: median, Min: sorted[0], Max: sorted[len(sorted)-1], N: len(sorted)}
}

// byRound is a figure of one target: its value in each round in which there is one.
type byRound map[int]float64

func (b byRound) spread() *spread {
	values := make([]float64, 0, len(b))
	for _, v := range b {
		values = append(values, v)
	}
	return spreadOf(values)
}

// over divides each round's value by that of another target in the same round. Rounds that one of them does not have are
// left out, and so are those where the other one's is not above zero: a ratio to nothing says nothing.
func (b byRound) over(other byRound) byRound {
	ratios := byRound{}
	for round, v := range b {
		if base, found := other[round]; found && base > 0 {
			ratios[round] = v / base
		}
	}
	return ratios
}
