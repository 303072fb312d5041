package http

import (
	"strconv"
	"strings"
)

// encodings are the weights of an Accept-Encoding header, by lower-case names (RFC 9110, 12.5.3).
type encodings map[string]float64

// of returns the weight of an encoding, 0 where it is not wanted.
func (e encodings) of(name string) float64 {
	if weight, named := e[name]; named {
		return weight
	}
	return e["*"]
}

func encodingWeights(accept string) encodings {
	weights := encodings{}
	for item := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(item, ";")
		weight := 1.0
		for param := range strings.SplitSeq(params, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			if strings.EqualFold(key, "q") {
				q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if err != nil {
					q = 0
				}
				weight = q
			}
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "x-gzip" {
			name = "gzip"
		}
		weights[name] = weight
	}
	return weights
}
