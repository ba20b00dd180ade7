// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"math"
	"math/bits"
	"time"
)

// Latency is how long answers took, as the sender saw it: from before the
// system call that sent a request to after the one that returned the response;
// for UDP from before sending a datagram to after reading it. It is zero where
// nothing was measured.
type Latency struct {
	Count uint64
	// Min, Mean and Max are exact.
	Min, Mean, Max time.Duration
	// P50, P90 and P99 are at most 3.2 % too large and never too small.
	P50, P90, P99 time.Duration
}

const (
	// latencyBits is log2 of the steps in one power of two.
	latencyBits = 5
	// latencyTop is log2 of what is counted in the last bucket, 18 minutes.
	latencyTop     = 40
	latencyBuckets = 1<<latencyBits + (latencyTop-latencyBits)<<latencyBits
)

// latencies counts durations in steps that grow with them, in a fixed place:
// measuring must not make garbage.
type latencies struct {
	counts   [latencyBuckets]uint64
	n        uint64
	sum      float64 // ns; exact up to 2^53, 104 days
	min, max time.Duration
}

func latencyBucket(ns uint64) int {
	ns = min(ns, 1<<latencyTop-1)
	if ns < 1<<latencyBits {
		return int(ns)
	}
	shift := bits.Len64(ns) - 1 - latencyBits
	return shift<<latencyBits + int(ns>>shift)
}

// latencyBound is the largest value of bucket i, in ns.
func latencyBound(i int) uint64 {
	if i < 1<<latencyBits {
		return uint64(i)
	}
	shift := i>>latencyBits - 1
	low := uint64(i&(1<<latencyBits-1)|1<<latencyBits) << shift
	return low + 1<<shift - 1
}

func (l *latencies) record(d time.Duration) {
	d = max(d, 0)
	if l.n == 0 || d < l.min {
		l.min = d
	}
	l.max = max(l.max, d)
	l.counts[latencyBucket(uint64(d))]++
	l.n++
	l.sum += float64(d)
}

func (l *latencies) add(o *latencies) {
	if o.n == 0 {
		return
	}
	if l.n == 0 || o.min < l.min {
		l.min = o.min
	}
	l.max = max(l.max, o.max)
	for i, c := range o.counts {
		l.counts[i] += c
	}
	l.n += o.n
	l.sum += o.sum
}

// quantile is the value that a share q of all do not exceed; there is at least
// one.
func (l *latencies) quantile(q float64) time.Duration {
	rank := max(uint64(math.Ceil(q*float64(l.n))), 1)
	var seen uint64
	for i, c := range l.counts[:latencyBuckets-1] {
		if seen += c; seen >= rank {
			return min(time.Duration(latencyBound(i)), l.max)
		}
	}
	return l.max
}

func (l *latencies) summary() Latency {
	if l.n == 0 {
		return Latency{}
	}
	return Latency{
		Count: l.n, Min: l.min, Mean: time.Duration(l.sum / float64(l.n)), Max: l.max,
		P50: l.quantile(0.50), P90: l.quantile(0.90), P99: l.quantile(0.99),
	}
}
