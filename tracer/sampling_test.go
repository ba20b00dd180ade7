// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"math"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

func TestEmitEvery(t *testing.T) {
	onceInVM(t)
	const every = 7
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{Every: every, BufferBytes: 16 << 20}})
	m := newMeter(t, tr, l)
	r := readHops(t, tr)
	for _, cpu := range []int{0, 1} {
		send(t, l, lab.UDP{Count: fewer(20_000), CPU: cpu})
	}
	got := m.settle()
	m.wantExact(got[:], 0)
	silence(t, l)
	events := make(map[int]uint64)
	for _, h := range r.all() {
		events[h.RunCPU]++
	}
	for _, c := range snapshot(t, tr).CPUs {
		// The first of each seven.
		if want := (c.Hops + every - 1) / every; events[c.CPU] != want {
			t.Errorf("CPU %d: %d events of %d hops, want %d", c.CPU, events[c.CPU], c.Hops, want)
		}
	}
}

func TestEmitSlowerThan(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	traffic := lab.RequestResponse{Count: fewer(10_000), CPU: -1}
	// The bound of a bucket, so that the histogram says exactly how many hops
	// are slower.
	tr := startTrace(t, Options{Filter: onLab(l)})
	send(t, l, traffic)
	total := totalOf(snapshot(t, tr))
	bucket := histogram.Index(2 * total.Quantile(0.5))
	atLeast, _ := histogram.Bounds(bucket)

	tr = startTrace(t, Options{Filter: onLab(l), Emit: &Emit{SlowerThan: time.Duration(atLeast), BufferBytes: 16 << 20}})
	m := newMeter(t, tr, l)
	r := readHops(t, tr)
	send(t, l, traffic)
	got := m.settle()
	m.wantExact(got[:], 0)
	silence(t, l)
	hops := r.all()
	for _, h := range hops {
		if h.StagesNS[StageTotal] < atLeast {
			t.Fatalf("a hop of %d ns was reported, want only from %d ns on", h.StagesNS[StageTotal], atLeast)
		}
	}
	var want uint64
	total = totalOf(snapshot(t, tr))
	for _, n := range total.Counts[bucket:] {
		want += n
	}
	if uint64(len(hops)) != want {
		t.Errorf("%d events from %d ns on, want the histogram's %d", len(hops), atLeast, want)
	}
	t.Logf("%d of %d hops took %d ns or more", want, total.Count(), atLeast)
}

func totalOf(s *Snapshot) (h histogram.Histogram) {
	for i := range s.Devices {
		h.Add(&s.Devices[i].Stages[StageTotal])
	}
	return h
}

func TestFullRingbufIsCounted(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{BufferBytes: 4096}})
	m := newMeter(t, tr, l)
	send(t, l, lab.UDP{Count: fewer(20_000), CPU: -1})
	got := m.settle()
	m.wantExact(got[:], 0)
	silence(t, l)
	s := snapshot(t, tr)
	read := uint64(len(readHops(t, tr).all()))
	if s.Losses.Ringbuf == 0 || read == 0 || read+s.Losses.Ringbuf != s.Hops() {
		t.Errorf("%d events read + %d lost, want some of both and together the %d hops", read, s.Losses.Ringbuf, s.Hops())
	}
}

// No event comes when all hops are faster than asked for.
func TestEmitNothing(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{SlowerThan: math.MaxInt64}})
	m := newMeter(t, tr, l)
	send(t, l, lab.Ping{Count: 100, CPU: -1})
	m.settle()
	if got := readHops(t, tr).all(); len(got) != 0 {
		t.Errorf("%d events, want none", len(got))
	}
}
