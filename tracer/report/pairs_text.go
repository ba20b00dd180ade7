// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

// maxPairs is how many CPU pairs are listed when a matrix would be too wide.
const maxPairs = 20

// pairsTable has the hops from each CPU (row) to each CPU (column), or the
// busiest pairs in a list where the matrix is wider than width. It is empty
// when only one CPU took part.
func pairsTable(s *tracer.Snapshot, width int) *table {
	from, to := make(map[int]bool), make(map[int]bool)
	hops := make(map[[2]int]uint64)
	for i := range s.CPUPairs {
		p := &s.CPUPairs[i]
		if p.Hops == 0 {
			continue
		}
		from[p.EnqueueCPU], to[p.RunCPU] = true, true
		hops[[2]int{p.EnqueueCPU, p.RunCPU}] += p.Hops
	}
	if len(hops) < 2 && maps.Equal(from, to) {
		return &table{}
	}
	t := pairsMatrix(slices.Sorted(maps.Keys(from)), slices.Sorted(maps.Keys(to)), hops)
	t.fit(0)
	if width > 0 && t.total() > width {
		return pairsList(s)
	}
	return t
}

func pairsMatrix(from, to []int, hops map[[2]int]uint64) *table {
	t := &table{columns: []column{{title: "CPU PAIRS", left: true}}}
	for _, r := range to {
		t.columns = append(t.columns, column{group: "hops run on", title: fmt.Sprintf("cpu%d", r)})
	}
	for _, e := range from {
		row := []string{fmt.Sprintf("from cpu%d", e)}
		for _, r := range to {
			row = append(row, fmt.Sprint(hops[[2]int{e, r}]))
		}
		t.row(row...)
	}
	return t
}

func pairsList(s *tracer.Snapshot) *table {
	pairs := make([]*tracer.CPUPair, len(s.CPUPairs))
	for i := range s.CPUPairs {
		pairs[i] = &s.CPUPairs[i]
	}
	slices.SortStableFunc(pairs, func(a, b *tracer.CPUPair) int { return cmp.Compare(b.Hops, a.Hops) })
	t := &table{columns: []column{
		{title: "CPU PAIRS", left: true},
		{title: "hops"},
		{title: "share"},
		{group: "total", title: "p50"},
		{group: "total", title: "p99"},
	}}
	all := s.Hops()
	for _, p := range pairs[:min(len(pairs), maxPairs)] {
		t.row(
			fmt.Sprintf("%d->%d", p.EnqueueCPU, p.RunCPU), fmt.Sprint(p.Hops), FormatPercent(p.Hops, all),
			quantile(&p.Counters, tracer.StageTotal, 0.5), quantile(&p.Counters, tracer.StageTotal, 0.99),
		)
	}
	return t
}
