// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// orderTable has the devices whose packets were overtaken on the way to them.
func orderTable(devices []*tracer.Device) *table {
	t := &table{columns: append([]column{{title: "REORDER", left: true, least: 16}}, orderColumns()...)}
	for _, d := range devices {
		if d.Reordered > 0 {
			t.row(append([]string{FormatDevice(d.Name)}, orderCells(&d.Counters, d.Order)...)...)
		}
	}
	return t
}

// flowOrderTable has the flows whose packets were overtaken.
func flowOrderTable(flows []*tracer.Flow) *table {
	t := &table{columns: append([]column{
		{title: "REORDERED FLOWS", left: true, least: 37},
		{title: "device", left: true, least: 12, drop: 8},
	}, orderColumns()...)}
	for _, f := range flows {
		t.row(append([]string{FormatFlow(f.Key), FormatDevice(f.Device)}, orderCells(&f.Counters, f.Order)...)...)
	}
	return t
}

// reorderedFlows returns the flows with overtaken packets, most first.
func reorderedFlows(s *tracer.Snapshot) []*tracer.Flow {
	var flows []*tracer.Flow
	for i := range s.Flows {
		if s.Flows[i].Reordered > 0 {
			flows = append(flows, &s.Flows[i])
		}
	}
	slices.SortStableFunc(flows, func(a, b *tracer.Flow) int { return cmp.Compare(b.Reordered, a.Reordered) })
	return flows
}

func orderColumns() []column {
	return []column{
		{title: "reordered"},
		{title: "share", drop: 2},
		{group: "late", title: "p50", drop: 4},
		{group: "late", title: "p99", drop: 1},
		{group: "late", title: "max", drop: 3},
		{title: "displaced", drop: 5},
		{group: "CPUs", title: "late<-by", left: true},
		{group: "CPUs", title: "share", drop: 6},
		{group: "why", title: "cause", left: true},
		{group: "why", title: "share", drop: 7},
		{title: "moves", drop: 9},
	}
}

// orderCells has a cell for each of orderColumns. Of a flow that was forgotten
// there is no more than the number of hops.
func orderCells(c *tracer.Counters, o *tracer.Order) []string {
	cells := []string{fmt.Sprint(c.Reordered), FormatPercent(c.Reordered, c.Hops)}
	if o == nil {
		return append(cells, "-", "-", "-", "-", "-", "-", "-", "-", "-")
	}
	cause, n := topCause(o)
	pair, pairShare := "-", "-"
	if len(o.Pairs) > 0 {
		pair = fmt.Sprintf("%d<-%d", o.Pairs[0].LateCPU, o.Pairs[0].OvertakerCPU)
		pairShare = FormatPercent(o.Pairs[0].Hops, allPairs(o))
	}
	return append(cells,
		lateText(&o.Late, 0.5), lateText(&o.Late, 0.99), lateText(&o.Late, 1), displacedText(o.MaxDisplacement),
		pair, pairShare, cause.String(), FormatPercent(n, total(o.Causes[:])), fmt.Sprint(o.Moves))
}

// lateText returns a quantile of how late packets were, "-" if there is none;
// q 1 is the exact maximum.
func lateText(h *histogram.Histogram, q float64) string {
	switch {
	case h.Count() == 0:
		return "-"
	case q >= 1:
		return FormatNS(h.MaxNS)
	}
	return FormatNS(h.Quantile(q))
}

// displacedText is by how many packets at most one was overtaken.
func displacedText(n uint64) string {
	if n >= tracer.MaxRemembered {
		return fmt.Sprintf("%d+", n)
	}
	return fmt.Sprint(n)
}

// topCause returns the most frequent cause.
func topCause(o *tracer.Order) (tracer.ReorderCause, uint64) {
	top, n := 0, uint64(0)
	for c := range o.Causes {
		if o.Causes[c] > n {
			top, n = c, o.Causes[c]
		}
	}
	return tracer.ReorderCause(top), n
}

func allPairs(o *tracer.Order) uint64 {
	n := o.OtherPairs
	for i := range o.Pairs {
		n += o.Pairs[i].Hops
	}
	return n
}

func total(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}
