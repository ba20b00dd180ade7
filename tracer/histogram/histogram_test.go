// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestIndexIsInsideItsBounds(t *testing.T) {
	for _, ns := range []uint64{0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 1000, 1 << 20, 1<<32 - 1} {
		low, high := Bounds(Index(ns))
		if ns < low || ns > high {
			t.Errorf("Bounds(Index(%d)) = %d..%d, want them to contain %d", ns, low, high, ns)
		}
	}
}

func TestBucketsTileWithoutGaps(t *testing.T) {
	next := uint64(0)
	for i := range Buckets {
		low, high := Bounds(i)
		if low != next {
			t.Fatalf("bucket %d starts at %d, want %d", i, low, next)
		}
		if width := high - low + 1; low > 0 && float64(width)/float64(low) > 0.125 && low >= 8 {
			t.Errorf("bucket %d: %d..%d is wider than 12.5 %%", i, low, high)
		}
		next = high + 1
	}
	if next != 1<<32 {
		t.Errorf("buckets end at %d, want 2^32", next)
	}
}

func TestIndexClampsWhatIsTooLarge(t *testing.T) {
	if got := Index(1 << 40); got != Buckets-1 {
		t.Errorf("Index(2^40) = %d, want %d", got, Buckets-1)
	}
}

func TestQuantileAgainstSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var all []uint64
	for range 10000 {
		v := uint64(r.ExpFloat64() * 2000)
		h.Record(v)
		all = append(all, v)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
		exact := all[min(max(int(q*float64(len(all))+0.5), 1), len(all))-1]
		got := h.Quantile(q)
		if got < exact || float64(got) > float64(exact)*1.125+1 {
			t.Errorf("Quantile(%v) = %d, exact %d: want at most 12.5 %% above", q, got, exact)
		}
	}
}

func TestQuantileOfNothingIsZero(t *testing.T) {
	var h Histogram
	if got := h.Quantile(0.5); got != 0 {
		t.Errorf("Quantile of empty = %d, want 0", got)
	}
}

func TestSubLeavesWhatCameSince(t *testing.T) {
	var before, now Histogram
	before.Record(1000000)
	now = before
	now.Record(100)
	now.Record(200)
	now.Sub(&before)
	if now.Count() != 2 {
		t.Errorf("Count = %d, want 2", now.Count())
	}
	_, high := Bounds(Index(200))
	if now.MaxNS != high {
		t.Errorf("MaxNS = %d, want the bucket's bound %d", now.MaxNS, high)
	}
	now.Sub(&now)
	if now.Count() != 0 || now.MaxNS != 0 {
		t.Errorf("a histogram less itself has count %d, max %d; want 0, 0", now.Count(), now.MaxNS)
	}
}

func TestAddKeepsTheLargerMaximum(t *testing.T) {
	var a, b Histogram
	a.Record(10)
	b.Record(1 << 33)
	a.Add(&b)
	if a.Count() != 2 || a.MaxNS != 1<<33 || a.Quantile(1) != 1<<33 {
		t.Errorf("got count %d, max %d, p100 %d", a.Count(), a.MaxNS, a.Quantile(1))
	}
}
