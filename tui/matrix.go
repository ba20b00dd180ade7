// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// crossing is a CPU pair with its hops over the window.
type crossing struct {
	enqueue, run int
	hops         uint64
}

// crossings returns the CPU pairs that had hops in the window, and all their
// hops.
func (f *frame) crossings(w window) (all []crossing, hops uint64) {
	for i := range f.cur.CPUPairs {
		p := &f.cur.CPUPairs[i]
		n := p.Hops
		if e := f.base.pairs[pairID(p)]; e != nil && w == lastInterval {
			n = grown(n, e.Hops)
		}
		if n > 0 {
			all = append(all, crossing{p.EnqueueCPU, p.RunCPU, n})
			hops += n
		}
	}
	return all, hops
}

const matrixCell = 6

// matrixView draws enqueue CPU by run CPU if it fits, else the busiest pairs
// of different CPUs.
func (m model) matrixView(height int) []string {
	all, hops := m.shown.crossings(m.window)
	if len(all) == 0 || height < 4 {
		return nil
	}
	rows, columns := map[int]bool{}, map[int]bool{}
	share := map[[2]int]uint64{}
	for _, c := range all {
		rows[c.enqueue], columns[c.run] = true, true
		share[[2]int{c.enqueue, c.run}] += c.hops
	}
	if len(rows)+3 > height || markWidth+12+matrixCell*len(columns) > m.width {
		return m.busiestPairs(all, hops, height)
	}
	lines := []string{"", m.look.heading.Render("  share of hops by enqueue CPU (down) and run CPU (across)")}
	line := "  " + strings.Repeat(" ", 7)
	for _, run := range sorted(columns) {
		line += padLeft(strconv.Itoa(run), matrixCell)
	}
	lines = append(lines, m.look.faint.Render(line))
	for _, enqueue := range sorted(rows) {
		line := "  " + padRight("CPU "+strconv.Itoa(enqueue), 7)
		for _, run := range sorted(columns) {
			cell := "."
			if n := share[[2]int{enqueue, run}]; n > 0 {
				cell = shareText(n, hops)
			}
			line += padLeft(cell, matrixCell)
		}
		lines = append(lines, line)
	}
	return lines
}

func (m model) busiestPairs(all []crossing, hops uint64, height int) []string {
	all = slices.DeleteFunc(all, func(c crossing) bool { return c.enqueue == c.run })
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b crossing) int {
		return cmp.Or(cmp.Compare(b.hops, a.hops), cmp.Compare(a.enqueue, b.enqueue), cmp.Compare(a.run, b.run))
	})
	lines := []string{"", m.look.heading.Render("  busiest pairs: enqueued on -> run on CPU")}
	for _, c := range all[:min(len(all), height-2)] {
		lines = append(lines, fmt.Sprintf("  %3d -> %-3d %8s hops %6s", c.enqueue, c.run, countText(c.hops), shareText(c.hops, hops)))
	}
	return lines
}

func sorted(set map[int]bool) []int {
	var all []int
	for n := range set {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}
