// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"slices"
	"testing"

	"github.com/vethtrace/vethtrace/gen"
)

func cellsOf(cells ...gen.VethtraceCell) *cellTable { return &cellTable{items: cells} }

func TestExpireCells(t *testing.T) {
	live := func(lastNS, bytes uint64) gen.VethtraceCell {
		return gen.VethtraceCell{State: cellLive, LastNs: lastNS, Bytes: bytes}
	}
	// One without a hop yet is being made.
	table := cellsOf(gen.VethtraceCell{}, live(99, 1), live(100, 2), live(0, 0))
	var got []uint64
	remember := func(c *gen.VethtraceCell) { got = append(got, c.Bytes) }
	states := func() (all []uint64) {
		for _, c := range table.items {
			all = append(all, c.State)
		}
		return all
	}

	if n := expireCells(table, 100, remember); n != 0 || got != nil {
		t.Errorf("first round: %d freed, %v remembered, want none: it only marks", n, got)
	}
	if want := []uint64{cellFree, cellRetiring, cellLive, cellLive}; !slices.Equal(states(), want) {
		t.Errorf("first round: states %v, want %v", states(), want)
	}
	table.items[1].Bytes = 5 // a program had found the cell just before
	if n := expireCells(table, 100, remember); n != 1 || !slices.Equal(got, []uint64{5}) {
		t.Errorf("second round: %d freed, %v remembered, want 1 with 5 bytes", n, got)
	}
	if want := []uint64{cellFree, cellFree, cellLive, cellLive}; !slices.Equal(states(), want) {
		t.Errorf("second round: states %v, want %v", states(), want)
	}
	if table.items[1] != (gen.VethtraceCell{}) {
		t.Errorf("the freed cell is not empty: %+v", table.items[1])
	}
	if n := expireCells(table, 100, remember); n != 0 {
		t.Errorf("third round: %d freed, want none", n)
	}
}

// A marked cell counts until it is freed, and then as past.
func TestLiveCells(t *testing.T) {
	table := cellsOf(
		gen.VethtraceCell{State: cellFree, LastNs: 1, Bytes: 1},
		gen.VethtraceCell{State: cellLive, LastNs: 1, Bytes: 2},
		gen.VethtraceCell{State: cellLive, Bytes: 4},
		gen.VethtraceCell{State: cellRetiring, LastNs: 1, Bytes: 8},
	)
	var sum uint64
	liveCells(table, func(c *gen.VethtraceCell) { sum += c.Bytes })
	if sum != 2+8 {
		t.Errorf("got %d, want the live and the retiring cell's 10", sum)
	}
}

func TestRememberSums(t *testing.T) {
	tr := newTracer(Options{}, ModeTracepoint, nil)
	cell := gen.VethtraceCell{Key: [7]uint64{1, 2, 3, 4, 5, 6, 7}, PeerDevice: 9, Bytes: 10, GsoSegs: 3}
	cell.Hops[PathNAPI][RunnerHardirq][1] = 2
	cell.Buckets[StageTotal][17], cell.MaxNs[StageTotal] = 2, 30
	tr.remember(&cell)
	cell.Key[2], cell.MaxNs[StageTotal] = 8, 20 // another flow of the device and CPUs
	tr.remember(&cell)
	if len(tr.past) != 1 {
		t.Fatalf("%d entries, want one for the device and CPUs", len(tr.past))
	}
	got := tr.past[deviceKey{1, 2}]
	var want Counters
	want.Hops, want.Bytes, want.GSOSegs, want.CrossCPU = 4, 20, 6, 4
	want.Paths[PathNAPI], want.Runners[RunnerHardirq] = 4, 4
	want.Stages[StageTotal].Counts[17], want.Stages[StageTotal].MaxNS = 4, 30
	var sum Counters
	sum.add(got)
	if sum != want || got.PeerDevice != 9 || got.Key != [7]uint64{1, 2} {
		t.Errorf("got %+v with key %v from %d\nwant %+v", sum, got.Key, got.PeerDevice, want)
	}
}
