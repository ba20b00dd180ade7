// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"strings"

	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// bar is one power of two of a histogram: low <= value < 2*low.
type bar struct{ low, count uint64 }

// barsOf merges a histogram's buckets into powers of two, from the first that
// has a value to the last. 0 is counted with 1 ns.
func barsOf(h *histogram.Histogram) []bar {
	var all []bar
	first, last := -1, -1
	for i, count := range h.Counts {
		low, _ := histogram.Bounds(i)
		low = powerOfTwo(low)
		if n := len(all); n == 0 || all[n-1].low != low {
			all = append(all, bar{low: low})
		}
		at := len(all) - 1
		all[at].count += count
		if count > 0 {
			last = at
			if first < 0 {
				first = at
			}
		}
	}
	if first < 0 {
		return nil
	}
	return all[first : last+1]
}

// powerOfTwo is the largest power of two that is not above n, and 1 for 0.
func powerOfTwo(n uint64) uint64 {
	p := uint64(1)
	for p<<1 <= n && p < 1<<63 {
		p <<= 1
	}
	return p
}

// longestBar keeps bars near their labels on a wide terminal.
const longestBar = 80

// barLines draws the histogram.
func barLines(bars []bar, width int) []string {
	var total, most uint64
	for _, b := range bars {
		total += b.count
		most = max(most, b.count)
	}
	lines := make([]string, len(bars))
	for i, b := range bars {
		high := latencyText(2 * b.low)
		if b.low == 1<<31 && i == len(bars)-1 {
			high = "more"
		}
		label := padLeft(latencyText(b.low), 5) + " - " + padLeft(high, 5) +
			padLeft(countText(b.count), 8) + padLeft(shareText(b.count, total), 6) + " "
		lines[i] = label + strings.Repeat("#", barLength(b.count, most, min(longestBar, width-textWidth(label))))
	}
	return lines
}

// barLength gives every value that was seen at least one mark.
func barLength(count, most uint64, width int) int {
	if count == 0 || width <= 0 {
		return 0
	}
	return max(1, int(float64(count)/float64(most)*float64(width)+0.5))
}
