// SPDX-License-Identifier: Apache-2.0

package tracer

// pending is a retransmit whose verdict is still open.
type pending struct {
	Retransmit
	bytes seqRange
	// flow is its flow, nil once it has its verdict.
	flow *proofFlow
	// index is its place in proofFlow.waiting.
	index  uint64
	sackOK bool
	// watched is whether signals were seen when it was sent, dsacks the
	// socket's counter then.
	watched bool
	dsacks  uint32
	// earlierNS is when its bytes were sent again before, the last time, and
	// explained the drop that was for.
	earlierNS uint64
	explained *Drop
	// twice are bytes that came twice because of it, each by who said so.
	twice [numReporters]seqRange
	// lostAgain is whether the timer expired for its bytes before they were
	// acknowledged.
	lostAgain bool
	// overdue is whether it only waits for being acknowledged.
	overdue bool
}

// reporter is who says that bytes came twice: the sender, told by a DSACK, or the
// receiver's socket, whose DSACK may never have come.
type reporter int

const (
	byDSACK reporter = iota
	byReceiver
	numReporters
)

// copyWindowNS is how long before TSNS, which is taken when it has been sent,
// the retransmitted packet itself can have been queued at a hop.
const copyWindowNS = 200_000

// evidenceWindowNS is how much older than a retransmit what led to it may be.
const evidenceWindowNS = 2_000_000_000

// handshake says whether it opens a connection.
func (w *pending) handshake() bool { return w.Class == ClassSYN || w.Class == ClassSYNACK }

// byTimer says whether a timer made it: milliseconds after the original at
// least, and in softirq context, where no hop after the first is within the
// call.
func (w *pending) byTimer() bool {
	return w.Class == ClassRTO || w.Class == ClassTLP || w.handshake()
}

// within says whether an event is not too old to have led to it. Each timeout of
// the same bytes takes twice as long as the one before.
func (w *pending) within(tsNS uint64) bool {
	window := uint64(evidenceWindowNS)
	switch {
	case w.handshake():
		window = idleNS
	case w.Class == ClassRTO:
		window <<= min(w.Backoff, 6)
	}
	return tsNS > w.TSNS || w.TSNS-tsNS <= window
}

// likeCopy says whether a packet queued at queuedNS may be the retransmitted
// one: the same bytes, just before TSNS. So may be an original on a veth, where
// an ACK takes no longer.
func (w *pending) likeCopy(bytes seqRange, queuedNS uint64) bool {
	return bytes == w.bytes && queuedNS > w.earlierNS && queuedNS <= w.TSNS && w.TSNS-queuedNS < copyWindowNS
}

// isCopy says which of the two it is: what was queued after the sender had been
// told that the bytes are missing is no original.
func (w *pending) isCopy(bytes seqRange, queuedNS uint64) bool {
	told := w.Chain.SACKNS != 0 && w.Chain.SACKNS < queuedNS
	return w.likeCopy(bytes, queuedNS) && (told || w.byTimer())
}
