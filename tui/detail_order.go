// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

// orderNumbers are how late packets were, on which CPUs and why.
func (m model) orderNumbers(width int) []string {
	lines := []string{m.look.faint.Render("             p50    p90    p99    max")}
	line := "  " + padRight("late", 7)
	for _, of := range []func(*latency) uint64{p50, func(l *latency) uint64 { return l.p90 }, p99, top} {
		text := unknown
		if o := m.detail.row.order; o != nil && o.late.count > 0 {
			text = latencyText(of(&o.late))
		}
		line += padLeft(text, 7)
	}
	lines = append(lines, line, "")
	for _, f := range m.orderFacts() {
		lines = append(lines, "  "+padRight(f[0], 9)+cutEnd(f[1], width-11))
	}
	return lines
}

// mostPairs is how many CPU pairs the details have room for.
const mostPairs = 4

func (m model) orderFacts() [][2]string {
	r := &m.detail.row
	facts := [][2]string{
		{"rate", rateText(r.reorderedPerSec) + " of " + rateText(r.hopsPerSec) + " hops/s"},
		{"reord", countText(r.reordered) + " hops  " + fineShareText(r.reordered, r.hops)},
	}
	if o := r.order; o != nil {
		facts = append(facts, [2]string{"behind", displacedText(o) + " packets at most"})
		facts = append(facts, pairFacts(o)...)
		facts = append(facts, causeFacts(o)...)
		moves := "never seen to change CPU"
		if o.moves > 0 {
			moves = "changed CPU " + countText(o.moves) + " times"
		}
		facts = append(facts, [2]string{"sender", moves})
		if last, known := wallTime(m.shown.cur, o.cur.LastNS); known {
			facts = append(facts, [2]string{"last", clockText(last)})
		}
	} else {
		facts = append(facts, [2]string{"order", "no more is known"})
	}
	return append(facts, [2]string{"since", clockText(m.detail.span.start)})
}

// pairFacts are the CPUs that delivered late packets and those that delivered
// what had overtaken them.
func pairFacts(o *overtaking) [][2]string {
	_, all, known := o.pair()
	if !known {
		return nil
	}
	var facts [][2]string
	others := o.otherPairs
	for i, p := range o.pairs {
		if i >= mostPairs {
			others += p.Hops
			continue
		}
		facts = append(facts, partFact(pairBrief(p.LateCPU, p.OvertakerCPU), p.Hops, all))
	}
	if others > 0 {
		facts = append(facts, partFact("other CPUs", others, all))
	}
	facts[0][0] = "on"
	return facts
}

// partFact is a count and its share.
func partFact(what string, n, all uint64) [2]string {
	return [2]string{"", padRight(what, 17) + padLeft(countText(n), 6) + padLeft(shareText(n, all), 5)}
}

// causeFacts are the causes, the most frequent first.
func causeFacts(o *overtaking) [][2]string {
	var causes []tracer.ReorderCause
	for c, n := range o.causes {
		if n > 0 {
			causes = append(causes, tracer.ReorderCause(c))
		}
	}
	slices.SortStableFunc(causes, func(a, b tracer.ReorderCause) int { return cmp.Compare(o.causes[b], o.causes[a]) })
	_, _, all := o.cause()
	var facts [][2]string
	for _, c := range causes {
		facts = append(facts, partFact(reorderCauseText(c), o.causes[c], all))
	}
	if facts != nil {
		facts[0][0] = "cause"
	}
	return facts
}

// lateHistogram draws how late packets were.
func (m model) lateHistogram(width, height int) []string {
	d := &m.detail
	lines := []string{m.look.faint.Render(cutEnd("how late, "+d.span.text, width))}
	switch {
	case len(d.bars) > 0:
		return append(lines, m.scrolledTo(barLines(d.bars, width), height-len(lines))...)
	case d.row.reordered > 0:
		return append(lines, "not known for these packets")
	case d.span.window == lastInterval:
		return append(lines, wrap("no packet was overtaken in the last interval; w shows those since the start", width)...)
	}
	return append(lines, "no packet was overtaken")
}
