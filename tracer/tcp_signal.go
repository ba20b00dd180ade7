// SPDX-License-Identifier: Apache-2.0

package tracer

// tcpSignal is what one socket was seen to do, other than to retransmit.
type tcpSignal struct {
	kind tcpSignalKind
	tsNS uint64
	// netns is that of the socket.
	netns uint32
	// flow is in the direction of the data that the signal is about: for the
	// receiver's signals the one of the packets it receives.
	flow FlowKey
	// seq and endSeq are the bytes that the signal is about; see the kinds.
	seq, endSeq uint32
	// sndUna is the sender's first unacknowledged byte before the ACK that the
	// signal came with, of signalAcked the one after; of signals of the sender
	// only.
	sndUna uint32
	socket socketState
}

// tcpSignalKind is what a tcpSignal says. The first three are of the receiver's
// socket, the others of the sender's.
type tcpSignalKind int

const (
	// signalHole: data came while [seq, endSeq) was missing before it. Once
	// for each seq.
	signalHole tcpSignalKind = iota
	// signalFilled: what was missing at seq came, and all up to endSeq.
	signalFilled
	// signalDuplicate: [seq, endSeq) came, which it had already.
	signalDuplicate
	// signalSACK: the peer said that [seq, endSeq) is missing and what is
	// behind it came. Once for each seq.
	signalSACK
	// signalDSACK: the peer said that it got [seq, endSeq) twice; both are 0
	// when only their number is known.
	signalDSACK
	// signalUndo: the reaction to the loss of bytes from seq on was taken
	// back.
	signalUndo
	// signalAcked: all that had been sent again is acknowledged, up to
	// sndUna.
	signalAcked
	numTCPSignals
)

// socketState is what events carry of their socket, as it was then.
type socketState struct {
	sndUna uint32
	// totalRetrans is the segments sent again since the socket was opened,
	// the event's included.
	totalRetrans uint32
	// dsacks is the segments reported twice (dsack_dups).
	dsacks, reordSeen uint32
	cwnd, srttUs      uint32
	// outOfOrder is rcv_ooopack.
	outOfOrder uint32
	// sackOK is whether the connection uses SACK, without which nothing is
	// ever reported twice.
	sackOK bool
}
