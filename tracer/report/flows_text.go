// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

// maxFlows is how many flows are listed for people.
const maxFlows = 20

// topFlows returns the flows with the most packets, delivered or dropped.
func topFlows(s *tracer.Snapshot) []*tracer.Flow {
	flows := make([]*tracer.Flow, len(s.Flows))
	for i := range s.Flows {
		flows[i] = &s.Flows[i]
	}
	slices.SortStableFunc(flows, func(a, b *tracer.Flow) int { return cmp.Compare(b.Hops+b.Drops.Total(), a.Hops+a.Drops.Total()) })
	return flows[:min(len(flows), maxFlows)]
}

func flowsTable(s *tracer.Snapshot, flows []*tracer.Flow) *table {
	t := &table{columns: []column{
		{title: "FLOWS", left: true, least: 37},
		{title: "device", left: true, least: 12, drop: 2},
		{title: "hops"},
		{title: "rate/s", drop: 4},
		{title: "Mbit/s", drop: 3},
		{title: "cross-CPU", drop: 1},
		{group: "total", title: "p50"},
		{group: "total", title: "p99"},
		{group: "total", title: "max", drop: 5},
	}}
	dropped := slices.ContainsFunc(flows, func(f *tracer.Flow) bool { return f.Drops.Total() > 0 })
	if dropped {
		t.columns = append(t.columns, column{title: "dropped"})
	}
	for _, f := range flows {
		c := &f.Counters
		cells := []string{
			FormatFlow(f.Key), FormatDevice(f.Device),
			fmt.Sprint(f.Hops), perSecond(float64(f.Hops), s.Elapsed), megabits(f.Bytes, s.Elapsed),
			FormatPercent(f.CrossCPU, f.Hops),
			quantile(c, tracer.StageTotal, 0.5), quantile(c, tracer.StageTotal, 0.99), quantile(c, tracer.StageTotal, 1),
		}
		if dropped {
			cells = append(cells, fmt.Sprint(f.Drops.Total()))
		}
		t.row(cells...)
	}
	return t
}
