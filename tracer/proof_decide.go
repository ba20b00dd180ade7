// SPDX-License-Identifier: Apache-2.0

package tracer

// decide gives w its verdict.
func (p *proof) decide(w *pending) {
	f := w.flow
	w.judge(p.quiet(w))
	w.flow = nil
	p.total.decided(&w.Retransmit)
	f.sender.decided(&w.Retransmit)
	p.decided = append(p.decided, &w.Retransmit)
	if len(f.recent) < MaxRecent {
		f.recent = append(f.recent, w.Retransmit)
	} else {
		f.recent[f.recentNext] = w.Retransmit
		f.recentNext = (f.recentNext + 1) % MaxRecent
	}
	*f.waiting.at(w.index) = nil
	for f.waiting.len() > 0 && *f.waiting.at(f.waiting.first) == nil {
		f.waiting.first++
	}
}

// decideProven decides w if waiting would tell nothing more: it is known what
// happened at the hop, and that the bytes had arrived.
func (p *proof) decideProven(w *pending) bool {
	late := w.Chain.Overtaken
	if w.Spurious == NotSpurious || late == nil || w.likeCopy(late.Late.bytes(), late.Late.EnqueueNS) {
		return false
	}
	p.decide(w)
	return true
}

// expire decides w if its time has come at nowNS.
func (p *proof) expire(w *pending, nowNS uint64) {
	switch due := w.dueNS(); {
	case w.flow == nil:
	case due <= nowNS:
		p.decide(w)
	default:
		w.overdue = w.Chain.AckedNS == 0
		p.timers.push(due, w)
	}
}

func (p *proof) decideAll(f *proofFlow) {
	for i := f.waiting.first; i < f.waiting.next; i++ {
		if w := *f.waiting.at(i); w != nil {
			p.decide(w)
		}
	}
}

// sent counts a retransmit that was made, decided one that got its verdict.
func (c *Retransmits) sent(r *Retransmit) {
	c.Events++
	c.Segs += uint64(r.Segs)
	c.Classes[r.Class]++
	c.ClassSegs[r.Class] += uint64(r.Segs)
	c.Pending++
}

func (c *Retransmits) decided(r *Retransmit) {
	c.Pending--
	c.Verdicts[r.Verdict]++
	c.Spurious[r.Spurious]++
	if r.Verdict == VerdictReorderedAtHop {
		c.Causes[r.Chain.Overtaken.Cause]++
	}
}
