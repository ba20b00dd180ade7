// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
)

// handMade are two snapshots, 2 s apart, of one device: first ten hops of
// 100 ns, then four of 1000 ns.
func handMade() (first, second *tracer.Snapshot) {
	make := func(hops, slow uint64, at time.Duration) *tracer.Snapshot {
		d := tracer.Device{Name: name(1, "a", 2, "eth0"), Peer: name(2, "b", 3, "eth1"), Missed: slow / 2}
		d.Hops, d.Bytes, d.CrossCPU = hops, hops*125, slow
		d.Stages[tracer.StageTotal].Counts[bucketOf(100)] = hops - slow
		d.Stages[tracer.StageTotal].Counts[bucketOf(1000)] = slow
		d.Stages[tracer.StageTotal].MaxNS = 103
		if slow > 0 {
			d.Stages[tracer.StageTotal].MaxNS = 1000
		}
		c := tracer.CPU{Counters: d.Counters}
		return &tracer.Snapshot{
			Taken: started.Add(at), Elapsed: at,
			Devices: []tracer.Device{d}, CPUs: []tracer.CPU{c},
		}
	}
	return make(10, 0, 10*time.Second), make(14, 4, 12*time.Second)
}

func TestWindowNumbers(t *testing.T) {
	first, second := handMade()
	s := newScreen(t, 200, 50).feed(first)
	check := func(when string, want map[string]string) {
		t.Helper()
		got := map[string]string{}
		r := s.m.tables[viewDevices].rows[0]
		for _, c := range s.m.views[viewDevices].columns {
			if _, asked := want[c.label()]; asked {
				got[c.label()] = c.value(r)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	// 10 hops of 100 ns in the first 10 s; the bucket of 100 is 96 to 103.
	check("first snapshot", map[string]string{
		"hops/s": "1.0", "total p50": "103ns", "total p99": "103ns", "total max": "103ns", "cross CPU": "0%", "missed": "0",
	})
	s.feed(second)
	// 4 hops of 1000 ns in 2 s, 500 bytes: 2000 bit/s. The bucket of 1000
	// is 960 to 1023, the maximum 1000 was not there before.
	check("last interval", map[string]string{
		"hops/s": "2.0", "Mbit/s": "0.01", "total p50": "1.0us", "total p99": "1.0us", "total max": "1.0us",
		"cross CPU": "100%", "missed": "2",
	})
	s.press("w")
	check("since start", map[string]string{
		"hops/s": "2.0", "total p50": "103ns", "total p99": "1.0us", "total max": "1.0us", "cross CPU": "29%", "missed": "2",
	})
	// Nothing happens for a second: rates are 0, latencies unknown.
	quiet := *second
	quiet.Elapsed += time.Second
	quiet.Taken = quiet.Taken.Add(time.Second)
	s.feed(&quiet)
	check("quiet, since start", map[string]string{"hops/s": "0", "total p50": "103ns", "cross CPU": "29%"})
	s.press("w")
	check("quiet, last interval", map[string]string{"hops/s": "0", "total p50": "-", "total max": "-", "cross CPU": "-"})
}

// TestCountedAnew: a flow that expired and came back starts from nothing, and
// so does everything when the trace begins anew.
func TestCountedAnew(t *testing.T) {
	first, second := handMade()
	s := newScreen(t, 200, 50).feed(second)
	reset := *first
	reset.Elapsed = second.Elapsed + time.Second
	s.feed(&reset)
	r := s.m.tables[viewDevices].rows[0]
	if r.hops != 10 || r.hopsPerSec != 10 || r.stages[tracer.StageTotal].count != 10 {
		t.Errorf("counted anew: %d hops, %v/s, %d latencies, want 10 each", r.hops, r.hopsPerSec, r.stages[tracer.StageTotal].count)
	}
	s.feed(first)
	if s.m.shown.earlier != nil || s.m.tables[viewDevices].rows[0].hopsPerSec != 1 {
		t.Error("a trace that began anew is compared with the old one")
	}
	shown := s.m.shown
	if s.feed(first); s.m.shown != shown {
		t.Error("the same reading twice makes an interval of no length")
	}
}
