// SPDX-License-Identifier: Apache-2.0

package tracer

// evidence is an event that may be shared by the chains of several retransmits.
type evidence[T any] struct {
	event T
	copy  *T
}

// share returns a copy that stays when the history has moved on.
func (e *evidence[T]) share() *T {
	if e.copy == nil {
		c := e.event
		e.copy = &c
	}
	return e.copy
}

// explainedBy says whether a packet being overtaken can have led to the
// retransmit. Cause comes before effect: the packet was queued, and another that
// leaves a hole was delivered, before the retransmit was sent. That also tells the
// retransmitted packet from the original, as the socket is locked while it is
// sent: whatever overtakes it is queued after TSNS.
func (w *pending) explainedBy(r *Reorder) bool {
	late := &r.Late
	if w.handshake() || late.EnqueueNS >= w.TSNS || !w.within(r.TSNS) || w.isCopy(late.bytes(), late.EnqueueNS) {
		return false
	}
	// Had it got further, its ACK would have come long before the timer.
	if w.Class == ClassRTO && r.TSNS+w.roundsNS() < w.TSNS {
		return false
	}
	if w.leavesHole(&r.Overtaker, late) && r.Overtaker.DeliverNS <= w.TSNS {
		return true
	}
	// Others overtook it too, of which only the number is known.
	if r.Displacement > 1 && r.TSNS <= w.TSNS {
		return true
	}
	return r.AtLeast && late.EnqueueNS+copyWindowNS <= w.TSNS
}

func (o *OrderedPacket) bytes() seqRange { return seqRange{o.Seq, o.EndSeq} }

func (d *Drop) bytes() seqRange { return seqRange{d.Seq, d.EndSeq} }

// leavesHole says whether the overtaker has bytes behind those sent again: only
// then does the receiver miss them. A retransmit that overtook its own original
// has not.
func (w *pending) leavesHole(overtaker, late *OrderedPacket) bool {
	end := w.bytes.end
	if int32(late.EndSeq-end) < 0 {
		end = late.EndSeq
	}
	return !overtaker.HasSeq || reaches(overtaker.Seq, end)
}

// overtaken keeps the first packet that explains it, rather one that cannot be
// its own copy.
func (w *pending) overtaken(e *evidence[Reorder]) {
	if !w.explainedBy(&e.event) {
		return
	}
	doubtful := func(r *Reorder) bool { return w.likeCopy(r.Late.bytes(), r.Late.EnqueueNS) }
	if old := w.Chain.Overtaken; old != nil && !better(doubtful(&e.event), doubtful(old), e.event.TSNS, old.TSNS) {
		return
	}
	w.Chain.Overtaken = e.share()
}

// dropped does the same with a packet that was dropped. What was dropped
// before its bytes were sent again the last time was the reason for that one.
func (w *pending) dropped(e *evidence[Drop]) {
	d := &e.event
	if d.TSNS >= w.TSNS || !w.within(d.TSNS) || w.isCopy(d.bytes(), d.TSNS) {
		return
	}
	if d.TSNS+copyWindowNS < w.earlierNS || e.copy != nil && e.copy == w.explained {
		return
	}
	doubtful := func(d *Drop) bool { return w.likeCopy(d.bytes(), d.TSNS) }
	if old := w.Chain.Dropped; old != nil && !better(doubtful(d), doubtful(old), d.TSNS, old.TSNS) {
		return
	}
	w.Chain.Dropped = e.share()
}

// better compares evidence with what there is: certain before doubtful, then the
// first.
func better(doubtful, oldDoubtful bool, tsNS, oldNS uint64) bool {
	if doubtful != oldDoubtful {
		return oldDoubtful
	}
	return tsNS < oldNS
}
