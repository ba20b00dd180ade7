// SPDX-License-Identifier: Apache-2.0

package tracer

// signal takes what a socket was seen to do.
func (p *proof) signal(sig *tcpSignal) {
	switch sig.kind {
	case signalHole, signalFilled, signalDuplicate:
		p.receiverSignal(sig)
	case signalSACK, signalDSACK, signalUndo, signalAcked:
		p.senderSignal(sig)
	}
}

func (p *proof) receiverSignal(sig *tcpSignal) {
	p.flow(sig.flow, sig.tsNS).received(sig)
	bytes, ok := bytesOf(sig.seq, sig.endSeq)
	if !ok {
		return
	}
	for _, f := range p.sides(sig.flow, sig.tsNS) {
		switch {
		case f == nil:
		case sig.kind == signalDuplicate:
			p.twice(f, byReceiver, bytes, sig.tsNS)
		case sig.kind == signalFilled:
			p.acked(f, sig.endSeq, sig.tsNS) // or will be at once
		default:
			f.missing(&f.holes, bytes, sig.tsNS)
		}
	}
}

func (p *proof) senderSignal(sig *tcpSignal) {
	f := p.flow(sig.flow, sig.tsNS)
	segs := f.newDSACKs(sig)
	p.sender(f, sig.netns, sig.tsNS, &sig.socket)
	p.acked(f, sig.sndUna, sig.tsNS)
	bytes, ok := bytesOf(sig.seq, sig.endSeq)
	switch {
	case sig.kind == signalUndo:
		p.undo(f, sig.seq, sig.tsNS)
	case sig.kind == signalSACK && ok:
		f.missing(&f.sacks, bytes, sig.tsNS)
	case sig.kind == signalDSACK && ok:
		p.twice(f, byDSACK, bytes, sig.tsNS)
	case sig.kind == signalDSACK && sig.seq == 0 && sig.endSeq == 0:
		p.twiceSomewhere(f, segs, sig.tsNS)
	}
}

// received takes the state of the receiving socket.
func (f *proofFlow) received(sig *tcpSignal) {
	if f.receiver == nil {
		f.receiver = new(TCPReceiver)
	}
	if sig.kind == signalDuplicate {
		f.receiver.Duplicates++
	}
	if sig.tsNS >= f.receiverNS {
		f.receiverNS = sig.tsNS
		f.receiver.Netns, f.receiver.OutOfOrder = sig.netns, uint64(sig.socket.outOfOrder)
	}
}

// missing takes bytes that the receiver misses, or the sender was told so.
func (f *proofFlow) missing(h *history[struct{}], bytes seqRange, tsNS uint64) {
	h.add(bytes, tsNS)
	for i, ok := f.waiting.before(f.waiting.next, bytes); ok; i, ok = f.waiting.before(i, bytes) {
		w := *f.waiting.at(i)
		switch {
		case w == nil:
		case h == &f.holes:
			w.told(&w.Chain.HoleNS, tsNS)
		default:
			w.told(&w.Chain.SACKNS, tsNS)
		}
	}
}

// told keeps the first time of a signal that can have led to it.
func (w *pending) told(firstNS *uint64, tsNS uint64) {
	if tsNS <= w.TSNS && w.within(tsNS) && (*firstNS == 0 || tsNS < *firstNS) {
		*firstNS = tsNS
	}
}

// acked takes the sender's first unacknowledged byte.
func (p *proof) acked(f *proofFlow, una uint32, tsNS uint64) {
	if tsNS < f.unaNS || una == f.una && f.unaNS != 0 {
		return
	}
	f.una, f.unaNS = una, tsNS
	done := true
	for i := max(f.unacked, f.waiting.first); i < f.waiting.next; i++ {
		w := *f.waiting.at(i)
		if w != nil && w.Chain.AckedNS == 0 && w.TSNS <= tsNS && reaches(una, w.bytes.end) {
			w.Chain.AckedNS = tsNS
			if w.overdue {
				p.timers.push(w.dueNS(), w)
			}
		}
		if done = done && (w == nil || w.Chain.AckedNS != 0); done {
			f.unacked = i + 1
		}
	}
}
