// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// overtaking is what is shown of a tracer.Order over a window.
type overtaking struct {
	causes [tracer.NumReorderCauses]uint64
	// pairs are those of the window, most first.
	pairs             []tracer.OrderPair
	otherPairs, moves uint64
	// late is worked out for the view of reordering only.
	late         latency
	cur, earlier *tracer.Order
}

// overtakingOf works out the growth of cur since earlier, of which either may
// be nil. It is nil when nothing is known.
func overtakingOf(cur, earlier *tracer.Order, w window) *overtaking {
	if cur == nil {
		return nil
	}
	o := &overtaking{cur: cur}
	var before tracer.Order
	if earlier != nil && w == lastInterval {
		o.earlier, before = earlier, *earlier
	}
	for i := range o.causes {
		o.causes[i] = grown(cur.Causes[i], before.Causes[i])
	}
	for _, p := range cur.Pairs {
		for _, e := range before.Pairs {
			if e.LateCPU == p.LateCPU && e.OvertakerCPU == p.OvertakerCPU {
				p.Hops = grown(p.Hops, e.Hops)
			}
		}
		if p.Hops > 0 {
			o.pairs = append(o.pairs, p)
		}
	}
	slices.SortStableFunc(o.pairs, func(a, b tracer.OrderPair) int { return cmp.Compare(b.Hops, a.Hops) })
	o.otherPairs = grown(cur.OtherPairs, before.OtherPairs)
	o.moves = grown(cur.Moves, before.Moves)
	return o
}

// histogram returns how late packets were over the window.
func (o *overtaking) histogram() histogram.Histogram {
	h := o.cur.Late
	if o.earlier != nil {
		h.Sub(&o.earlier.Late)
	}
	return h
}

func (o *overtaking) lateness() latency {
	h := o.histogram()
	return latency{
		count: h.Count(),
		p50:   h.Quantile(0.50),
		p90:   h.Quantile(0.90),
		p99:   h.Quantile(0.99),
		max:   h.MaxNS,
	}
}

// cause is the most frequent one, and how many packets it is of.
func (o *overtaking) cause() (most tracer.ReorderCause, hops, of uint64) {
	for c, n := range o.causes {
		of += n
		if n > hops {
			most, hops = tracer.ReorderCause(c), n
		}
	}
	return most, hops, of
}

// pair is the most frequent one, and how many packets it is of.
func (o *overtaking) pair() (most tracer.OrderPair, of uint64, known bool) {
	if len(o.pairs) == 0 {
		return most, 0, false
	}
	of = o.otherPairs
	for _, p := range o.pairs {
		of += p.Hops
	}
	return o.pairs[0], of, true
}

// reorderRows are the flows of which packets were overtaken in the window.
func (f *frame) reorderRows(w window) []row {
	var rows []row
	for i := range f.cur.Flows {
		if f.cur.Flows[i].Reordered == 0 {
			continue
		}
		if r := f.reorderRow(&f.cur.Flows[i], w); r.reordered > 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

func (f *frame) reorderRow(fl *tracer.Flow, w window) row {
	r := f.flowRow(fl, w)
	var earlier *tracer.Order
	if e := f.base.flows[r.id]; e != nil && e.Reordered <= fl.Reordered {
		earlier = e.Order
	}
	r.id.view = viewReorder
	if r.order = overtakingOf(fl.Order, earlier, w); r.order != nil {
		r.order.late = r.order.lateness()
	}
	return r
}
