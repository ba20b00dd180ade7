// SPDX-License-Identifier: Apache-2.0

package tracer

// twice takes bytes that the receiver had already, and finds the retransmits that
// brought them. If the same bytes were sent again several times, it was the
// last that was not needed: an earlier one may have been. Were they all, the
// receiver says so for each.
func (p *proof) twice(f *proofFlow, by reporter, bytes seqRange, tsNS uint64) {
	p.claimed = p.claimed[:0]
	for i, ok := f.waiting.before(f.waiting.next, bytes); ok; i, ok = f.waiting.before(i, bytes) {
		w := *f.waiting.at(i)
		if w == nil || p.claims(w.bytes) || !w.claim(by, bytes, tsNS) {
			continue
		}
		p.claimed = append(p.claimed, w)
		p.decideProven(w)
	}
	if len(p.claimed) == 0 {
		*f.unclaimed[by].add(bytes, tsNS) = false
	}
	clear(p.claimed)
}

// claims says whether a later retransmit has claimed some of these bytes.
func (p *proof) claims(bytes seqRange) bool {
	for _, w := range p.claimed {
		if w.bytes.overlaps(bytes) {
			return true
		}
	}
	return false
}

// claim says whether bytes came twice because of w: it was sent before, and
// nobody said so of these bytes yet. A packet that was segmented on its way
// is reported piece by piece.
func (w *pending) claim(by reporter, bytes seqRange, tsNS uint64) bool {
	sentNS := w.TSNS
	if by == byReceiver {
		// Where it is sent and received on one CPU, that is within the call.
		sentNS -= min(sentNS, copyWindowNS)
	}
	had := &w.twice[by]
	switch {
	case tsNS < sentNS:
		return false
	case *had == seqRange{}:
		*had = bytes
	case had.overlaps(bytes):
		return false
	default:
		*had = had.around(bytes)
	}
	if by == byDSACK {
		w.dsacked(tsNS)
	}
	return true
}

// around returns the smallest range that has both.
func (r seqRange) around(o seqRange) seqRange {
	if !reaches(o.seq, r.seq) {
		r.seq = o.seq
	}
	if !reaches(r.end, o.end) {
		r.end = o.end
	}
	return r
}

// dsacked takes the receiver's word that w was not needed.
func (w *pending) dsacked(tsNS uint64) {
	if w.Chain.DSACKNS == 0 || tsNS < w.Chain.DSACKNS {
		w.Chain.DSACKNS = tsNS
	}
	w.Spurious = ProofDSACK
}

// newDSACKs returns how many segments were reported twice since the socket's
// state was last seen, one at least.
func (f *proofFlow) newDSACKs(sig *tcpSignal) uint32 {
	if f.sender == nil || sig.socket.dsacks <= f.sender.DSACKs {
		return 1
	}
	return sig.socket.dsacks - f.sender.DSACKs
}

// twiceSomewhere takes a number of segments that came twice, which ones is not
// known: they are about what was sent again while signals were not seen, the
// oldest first.
func (p *proof) twiceSomewhere(f *proofFlow, segs uint32, tsNS uint64) {
	for i := f.waiting.first; i < f.waiting.next && segs > 0; i++ {
		w := *f.waiting.at(i)
		// While a connection closes, segments are not seen.
		seen := w != nil && w.watched && w.Chain.AckedNS != 0
		if w == nil || seen || w.Spurious != NotSpurious || w.TSNS > tsNS {
			continue
		}
		w.twice[byDSACK] = w.bytes
		w.dsacked(tsNS)
		segs -= min(segs, max(w.Segs, 1))
		p.decideProven(w)
	}
}

// undo takes that the sender took its reaction to the loss of bytes from seq on
// back: nothing that was sent again since had been lost.
func (p *proof) undo(f *proofFlow, seq uint32, tsNS uint64) {
	bytes := seqRange{seq, seq + maxWindow}
	f.undos.add(bytes, tsNS)
	for i, ok := f.waiting.before(f.waiting.next, bytes); ok; i, ok = f.waiting.before(i, bytes) {
		if w := *f.waiting.at(i); w != nil {
			w.undone(tsNS)
		}
	}
}

func (w *pending) undone(tsNS uint64) {
	if tsNS < w.TSNS {
		return
	}
	if w.Chain.UndoNS == 0 || tsNS < w.Chain.UndoNS {
		w.Chain.UndoNS = tsNS
	}
}
