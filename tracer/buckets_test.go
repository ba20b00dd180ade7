// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// The kernel's histograms and those made of the events in Go are the same,
// bucket by bucket: hist_index in bpf/cell.h is histogram.Index.
func TestBucketsAreIndex(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	crossCPUs(t, l)
	send(t, l, lab.Ping{Count: 1, CPU: 0})
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{BufferBytes: 64 << 20}})
	m := newMeter(t, tr, l)
	r := readHops(t, tr)
	send(t, l, lab.RequestResponse{Count: fewer(5_000), CPU: 0})
	send(t, l, lab.UDP{Count: fewer(50_000), CPU: 0})
	m.settle()
	silence(t, l)
	hops := r.all()
	s := snapshot(t, tr)
	if s.Losses.Ringbuf != 0 || uint64(len(hops)) != s.Hops() {
		t.Fatalf("%d events and %d lost, want all %d hops", len(hops), s.Losses.Ringbuf, s.Hops())
	}
	want := make(map[DeviceID]*[NumStages]histogram.Histogram)
	for i := range hops {
		h := &hops[i]
		of := at(want, h.Rx.DeviceID)
		for stage, ns := range h.StagesNS {
			if h.StageKnown[stage] {
				of[stage].Record(ns)
			}
		}
	}
	used := 0
	for _, d := range s.Devices {
		for stage := range d.Stages {
			if diff := cmp.Diff(want[d.Name.DeviceID][stage], d.Stages[stage]); diff != "" {
				t.Errorf("%v, stage %v (-events +kernel):\n%s", d.Name, Stage(stage), diff)
			}
			for _, n := range d.Stages[stage].Counts {
				if n > 0 {
					used++
				}
			}
		}
	}
	t.Logf("%d hops, %d buckets in use", len(hops), used)
}
