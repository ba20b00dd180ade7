// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"cmp"
	"slices"
)

// proof links what was seen at hops and sockets into the chain that led to each
// retransmit, and gives it its verdict. Events of one socket come in order;
// those of different places may come a little out of it. It knows no clock but
// the times of events, and is not safe for concurrent use.
type proof struct {
	byKey map[FlowKey]*proofFlow
	// flowList is the ends of the list of flows, see proofFlow.link.
	flowList proofFlow
	total    Retransmits
	timers   timers
	decided  []*Retransmit
	// watching is whether signals are seen, from watchNS on.
	watching bool
	watchNS  uint64
	// tidiedNS is when idle flows were last looked for.
	tidiedNS uint64
	// claimed is reused from call to call.
	claimed []*pending
}

func newProof() *proof {
	p := &proof{byKey: make(map[FlowKey]*proofFlow)}
	p.flowList.newer, p.flowList.older = &p.flowList, &p.flowList
	return p
}

// watch says that signals are seen from sinceNS on. Until then, none are.
func (p *proof) watch(sinceNS uint64) {
	if !p.watching {
		p.watching, p.watchNS = true, sinceNS
	}
}

// reorder takes a packet that was overtaken at a hop. An ACK without data has
// nothing that could be sent again.
func (p *proof) reorder(r *Reorder) {
	bytes, ok := bytesOf(r.Late.Seq, r.Late.EndSeq)
	if !r.Late.HasSeq || !ok {
		return
	}
	f := p.flow(r.Flow, r.TSNS)
	p.late(f, bytes, r)
	if r.HasBefore && r.Before != r.Flow {
		f.before, f.hasBefore = r.Before, true
		p.late(p.flow(r.Before, r.TSNS), bytes, r)
	}
}

func (p *proof) late(f *proofFlow, bytes seqRange, r *Reorder) {
	e := f.lates.add(bytes, r.TSNS)
	*e = evidence[Reorder]{event: *r}
	for i, ok := f.waiting.before(f.waiting.next, bytes); ok; i, ok = f.waiting.before(i, bytes) {
		if w := *f.waiting.at(i); w != nil {
			w.overtaken(e)
			p.decideProven(w)
		}
	}
}

// drop takes a packet that was dropped at a hop.
func (p *proof) drop(d *Drop) {
	bytes, ok := bytesOf(d.Seq, d.EndSeq)
	if !d.HasSeq || !ok {
		return
	}
	for _, f := range p.sides(d.Flow, d.TSNS) {
		if f == nil {
			continue
		}
		e := f.drops.add(bytes, d.TSNS)
		*e = evidence[Drop]{event: *d}
		for i, ok := f.waiting.before(f.waiting.next, bytes); ok; i, ok = f.waiting.before(i, bytes) {
			if w := *f.waiting.at(i); w != nil {
				w.dropped(e)
			}
		}
	}
}

// settle returns the retransmits that got their verdict since the last call,
// oldest first, at the time nowNS.
func (p *proof) settle(nowNS uint64) []*Retransmit {
	for len(p.timers) > 0 && p.timers[0].dueNS <= nowNS {
		p.expire(p.timers.pop(), nowNS)
	}
	p.tidy(nowNS)
	return p.take()
}

// finish decides what is left, with what is known, and returns what settle would.
func (p *proof) finish() []*Retransmit {
	for f := p.flowList.older; f != &p.flowList; f = f.older {
		p.decideAll(f)
	}
	p.timers = nil
	return p.take()
}

func (p *proof) take() []*Retransmit {
	all := p.decided
	p.decided = nil
	slices.SortStableFunc(all, func(a, b *Retransmit) int { return cmp.Compare(a.TSNS, b.TSNS) })
	return all
}
