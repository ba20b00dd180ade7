// SPDX-License-Identifier: Apache-2.0

package tracer

// How long a retransmit waits for its verdict. The receiver's word that it had
// the bytes already comes a round trip after it; one that is not acknowledged
// waits for the next timeout.
const (
	minSettleNS  = 200_000_000
	maxSettleNS  = 1_000_000_000
	unackedNS    = 3_000_000_000
	settleRounds = 8
)

// roundsNS is some round trips.
func (w *pending) roundsNS() uint64 {
	return min(max(settleRounds*1000*uint64(w.SRTTUs), minSettleNS), maxSettleNS)
}

// settleNS is how long after it was sent nothing more is expected of it. When a
// timer expired although nothing was lost, round trips have become much longer
// than the socket knew.
func (w *pending) settleNS() uint64 {
	if w.byTimer() {
		return maxSettleNS
	}
	return w.roundsNS()
}

// dueNS is when it gets its verdict, as far as is known now. When the ACK is late,
// so may be what comes after it.
func (w *pending) dueNS() uint64 {
	if w.Chain.AckedNS == 0 {
		return w.TSNS + unackedNS
	}
	late := min(w.Chain.AckedNS-w.TSNS, minSettleNS)
	return max(w.TSNS+w.settleNS(), w.Chain.AckedNS+late)
}

// judge sets the verdict. quiet is whether DSACKs, had there been any, would be
// known of.
func (w *pending) judge(quiet bool) {
	// What the sender had been told may have been learned after the evidence.
	if o := w.Chain.Overtaken; o != nil && w.isCopy(o.Late.bytes(), o.Late.EnqueueNS) {
		w.Chain.Overtaken = nil
	}
	if d := w.Chain.Dropped; d != nil && w.isCopy(d.bytes(), d.TSNS) {
		w.Chain.Dropped = nil
	}
	w.proveWithoutDSACK()
	spurious := w.Spurious != NotSpurious
	switch {
	case w.Chain.Overtaken != nil && (spurious || w.Chain.Dropped == nil):
		w.Verdict = VerdictReorderedAtHop
	case w.Chain.Dropped != nil:
		w.Verdict = VerdictLostAtHop
	case spurious && w.byTimer():
		w.Verdict = VerdictTimeout
	case spurious:
		w.Verdict = VerdictReorderedElsewhere
	case !w.handshake() && w.needed(quiet):
		w.Verdict = VerdictLostElsewhere
	default:
		w.Verdict = VerdictUnknown
	}
}

// proveWithoutDSACK looks for another proof that it was not needed. An undo is one
// for all that was sent again together, by a timer only one segment; a receiver
// that reports what came twice says it of each.
func (w *pending) proveWithoutDSACK() {
	switch {
	case w.Spurious != NotSpurious:
	case w.twice[byReceiver] != (seqRange{}):
		w.Spurious = ProofDuplicate
	case w.Chain.UndoNS != 0 && (w.byTimer() || w.flow.sender.DSACKs == 0):
		w.Spurious = ProofUndo
	}
}

// needed says whether the bytes would not have arrived without it. That nobody
// said they came twice only tells where somebody would have.
func (w *pending) needed(quiet bool) bool {
	return w.lostAgain || w.Chain.AckedNS != 0 && w.sackOK && quiet
}

// quiet says whether the sender would be known to have been told that the bytes
// of w came twice: signals were seen when they were sent again, or the socket's
// count of DSACKs has not grown by a reading late enough to include those that
// were not seen.
func (p *proof) quiet(w *pending) bool {
	f := w.flow
	if w.watched {
		return true
	}
	settled := f.senderNS >= w.TSNS && f.senderNS-w.TSNS >= w.settleNS()
	return (settled || p.watching && f.senderNS >= p.watchNS) && f.sender.DSACKs == w.dsacks
}
