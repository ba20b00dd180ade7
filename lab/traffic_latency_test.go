// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestLatencyBucketsTile(t *testing.T) {
	low := uint64(0)
	for i := range latencyBuckets {
		high := latencyBound(i)
		if latencyBucket(low) != i || latencyBucket(high) != i {
			t.Fatalf("bucket %d: %d to %d are in %d and %d", i, low, high, latencyBucket(low), latencyBucket(high))
		}
		if width := float64(high-low) / float64(max(low, 1)); low >= 1<<latencyBits && width > 0.032 {
			t.Errorf("bucket %d: %d to %d is too wide", i, low, high)
		}
		low = high + 1
	}
	if low != 1<<latencyTop {
		t.Errorf("they end at %d", low)
	}
}

func TestLatencySummary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	var one, other latencies
	for i := range 10_000 {
		d := time.Duration(r.ExpFloat64() * float64(50*time.Microsecond))
		all = append(all, d)
		if i%3 == 0 {
			one.record(d)
		} else {
			other.record(d)
		}
	}
	one.add(&other)
	slices.Sort(all)
	got := one.summary()
	if got.Count != 10_000 || got.Min != all[0] || got.Max != all[len(all)-1] {
		t.Errorf("got %+v, want %v to %v", got, all[0], all[len(all)-1])
	}
	for _, q := range []struct {
		got  time.Duration
		rank int
	}{{got.P50, 5000}, {got.P90, 9000}, {got.P99, 9900}} {
		want := all[q.rank-1]
		if q.got < want || float64(q.got) > 1.032*float64(want)+1 {
			t.Errorf("the value of rank %d: got %v, want %v to 3.2 %% more", q.rank, q.got, want)
		}
	}
}

func TestLatencySummaryOfFew(t *testing.T) {
	var l latencies
	if got := l.summary(); got != (Latency{}) {
		t.Errorf("of nothing: got %+v", got)
	}
	l.add(&latencies{})
	l.record(-1)               // a clock that went backwards
	l.record(1000 * time.Hour) // the last bucket
	if got := l.summary(); got.Min != 0 || got.Max != 1000*time.Hour || got.P50 != 0 || got.P99 != got.Max {
		t.Errorf("got %+v", got)
	}
}

func TestArrivals(t *testing.T) {
	var a arrivals
	p := make([]byte, 20)
	for _, n := range []uint64{0, 1, 4, 2, 3, 7, 5} {
		stamp(p, n)
		a.read(p)
	}
	if a.outOfOrder != 3 || a.latencies.n != 7 {
		t.Errorf("got %d out of order and %d latencies, want 3 and 7", a.outOfOrder, a.latencies.n)
	}
	a = arrivals{}
	for _, size := range []int{0, 7, 8, 15} {
		stamp(p[:size], 0)
		a.read(p[:size])
	}
	if a.latencies.n != 0 || a.next != 1 || a.outOfOrder != 1 {
		t.Errorf("small datagrams: got %d latencies, next %d, %d out of order", a.latencies.n, a.next, a.outOfOrder)
	}
}
