package main

import (
	"maps"
	"testing"
)

func TestSpread(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   *spread
	}{
		{"none", nil, nil},
		{"one", []float64{3}, &spread{3, 3, 3, 1}},
		{"odd", []float64{9, 1, 5}, &spread{5, 1, 9, 3}},
		{"even", []float64{4, 1, 9, 2}, &spread{3, 1, 9, 4}},
		{"negative", []float64{-1, -3, 2}, &spread{-1, -3, 2, 3}},
		{"the same", []float64{2, 2, 2}, &spread{2, 2, 2, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := spreadOf(test.values)
			if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	tests := []struct {
		name             string
		own, limit, want byRound
	}{
		{"each by each", byRound{1: 2, 2: 9}, byRound{1: 1, 2: 3}, byRound{1: 2, 2: 3}},
		{"a round without a limit", byRound{1: 2, 2: 9}, byRound{2: 3}, byRound{2: 3}},
		{"a round without its own", byRound{2: 9}, byRound{1: 1, 2: 3}, byRound{2: 3}},
		{"a limit of nothing", byRound{1: 2, 2: 9}, byRound{1: 0, 2: -3}, byRound{}},
		{"nothing at all", byRound{}, nil, byRound{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.own.over(test.limit); !maps.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
