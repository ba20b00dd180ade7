// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// dropsGrown is cur - earlier, cause by cause.
func dropsGrown(cur, earlier tracer.Drops) tracer.Drops {
	for i := range cur {
		cur[i] = grown(cur[i], earlier[i])
	}
	return cur
}

// lengths is what is shown of the lengths of a queue, in packets. With count 0
// nothing is known. Ever is the longest since the start, exact.
type lengths struct{ count, p50, p99, max, ever uint64 }

// lengthsOf works out a queue's growth since earlier.
func lengthsOf(cur histogram.Histogram, earlier *histogram.Histogram) lengths {
	ever := cur.MaxNS
	cur.Sub(earlier)
	return lengths{
		count: cur.Count(),
		p50:   cur.Quantile(0.50),
		p99:   cur.Quantile(0.99),
		max:   cur.MaxNS,
		ever:  ever,
	}
}

// lengthColumn is a length of the input queue of a CPU.
func lengthColumn(title string, priority int, of func(*lengths) uint64) column {
	return column{
		group: "qlen", title: title, width: 6, priority: priority,
		value: func(r *row) string {
			if r.queue.count == 0 {
				return unknown
			}
			return countText(of(&r.queue))
		},
		compare: byNumber(func(r *row) float64 {
			if r.queue.count == 0 {
				return -1
			}
			return float64(of(&r.queue))
		}),
	}
}

// causeText is a word for a cause where "dropped" stands before it.
func causeText(cause tracer.DropCause) string {
	return [...]string{"other", "xdp", "either", "full", "limit"}[cause]
}

// causeColumn is the packets dropped for one cause, shown once there was one.
func causeColumn(priority int, cause tracer.DropCause) column {
	c := countColumn("dropped", causeText(cause), priority, func(r *row) uint64 { return r.drops[cause] })
	c.urgent = func(r *row) bool { return r.everDrops[cause] > 0 }
	return c
}
