// SPDX-License-Identifier: Apache-2.0

// Package histogram holds latency histograms as the BPF side fills them:
// log-linear, eight linear steps to each power of two, so that a value is
// known to within 12.5 %. It is pure arithmetic and knows nothing of BPF.
package histogram

import "math/bits"

const (
	// subBits is log2 of the linear steps in one power of two.
	subBits = 3
	// Buckets is the number of buckets: values 0 to 7 have one each, then
	// eight for each power of two up to 2^32 ns (4.3 s). It equals
	// HIST_BUCKETS in bpf/cell.h; a test in package tracer compares them.
	Buckets = 8 + (32-subBits)*8
)

// Histogram counts durations in nanoseconds. The zero value is empty and
// ready to use. Values of 2^32 ns and above are counted in the last bucket.
type Histogram struct {
	// Counts is the number of values in each bucket.
	Counts [Buckets]uint64
	// MaxNS is the largest value, exact. After Sub it is the upper bound of
	// the highest bucket in use, since a maximum cannot be subtracted.
	MaxNS uint64
}

// Index returns the bucket a value of ns nanoseconds belongs to. The BPF side
// (hist_index in bpf/cell.h) computes the same.
func Index(ns uint64) int {
	if ns > 1<<32-1 {
		ns = 1<<32 - 1
	}
	if ns < 1<<subBits {
		return int(ns)
	}
	shift := bits.Len64(ns) - 1 - subBits
	return shift<<subBits + int(ns>>shift)
}

// Bounds returns the smallest and the largest value of bucket i, in ns.
func Bounds(i int) (low, high uint64) {
	if i < 1<<subBits {
		return uint64(i), uint64(i)
	}
	shift := i>>subBits - 1
	low = uint64(i&(1<<subBits-1)|1<<subBits) << shift
	return low, low + 1<<shift - 1
}

// Record counts one value of ns nanoseconds.
func (h *Histogram) Record(ns uint64) {
	h.Counts[Index(ns)]++
	h.MaxNS = max(h.MaxNS, ns)
}

// Count returns the number of values recorded.
func (h *Histogram) Count() uint64 {
	var n uint64
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// Add adds the values of o to h.
func (h *Histogram) Add(o *Histogram) {
	for i, c := range o.Counts {
		h.Counts[i] += c
	}
	h.MaxNS = max(h.MaxNS, o.MaxNS)
}

// Sub removes the values of an earlier state of the same histogram from h,
// which leaves what was recorded since. MaxNS becomes the upper bound of the
// highest bucket left, but never more than the maximum known before.
func (h *Histogram) Sub(earlier *Histogram) {
	top := -1
	for i, c := range earlier.Counts {
		h.Counts[i] -= min(c, h.Counts[i])
		if h.Counts[i] > 0 {
			top = i
		}
	}
	if top < 0 {
		h.MaxNS = 0
		return
	}
	if top < Buckets-1 {
		_, high := Bounds(top)
		h.MaxNS = min(h.MaxNS, high)
	}
}

// Quantile returns the value in nanoseconds below which a share q (0 to 1) of
// the recorded values lies: the upper bound of the bucket that holds it, so
// at most 12.5 % too large and never too small, and never above MaxNS. It is
// 0 for an empty histogram.
func (h *Histogram) Quantile(q float64) uint64 {
	total := h.Count()
	if total == 0 {
		return 0
	}
	rank := uint64(q*float64(total) + 0.5)
	rank = min(max(rank, 1), total)
	var seen uint64
	for i, c := range h.Counts {
		seen += c
		if seen >= rank {
			if i == Buckets-1 {
				return h.MaxNS
			}
			_, high := Bounds(i)
			return min(high, h.MaxNS)
		}
	}
	return h.MaxNS
}
