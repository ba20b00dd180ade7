// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// spread is what rounds have in common: the one in the middle, and the extremes.
type spread struct {
	median, low, high float64
}

// spreadOf is zero for no values. Of an even number of them the median is the
// mean of the two in the middle.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return spread{median: (v[(n-1)/2] + v[n/2]) / 2, low: v[0], high: v[n-1]}
}

// overlaps says that some round of one was as fast as some of the other: that
// they differ may be chance.
func (s spread) overlaps(o spread) bool { return s.low <= o.high && o.low <= s.high }

// over applies a measure to each result.
func over(results []lab.Result, measure func(*lab.Result) float64) spread {
	values := make([]float64, len(results))
	for i := range results {
		values[i] = measure(&results[i])
	}
	return spreadOf(values)
}

func (r *benchRow) transactions() spread { return over(r.rr, (*lab.Result).TransactionsPerSecond) }

func (r *benchRow) bits() spread { return over(r.streams, (*lab.Result).BitsPerSecond) }

// took is the median of the rounds of a number of the latency, in ns.
func (r *benchRow) took(of func(lab.Latency) time.Duration) float64 {
	return over(r.rr, func(res *lab.Result) float64 { return float64(of(res.Latency)) }).median
}

func p50(l lab.Latency) time.Duration { return l.P50 }
func p99(l lab.Latency) time.Duration { return l.P99 }

// retransmits is of all rounds.
func (r *benchRow) retransmits() (n uint64) {
	for i := range r.streams {
		n += r.streams[i].Retransmits
	}
	return n
}

// measuredRow finds a variant's row, nil if there is none that was measured.
func measuredRow(rows []benchRow, name string) *benchRow {
	for i := range rows {
		if rows[i].variant.Name == name && rows[i].lab != nil {
			return &rows[i]
		}
	}
	return nil
}

// change is how much more than the baseline that is, -0.125 for 12.5 % less.
func change(v, base float64) float64 {
	if base == 0 {
		return 0
	}
	return v/base - 1
}
