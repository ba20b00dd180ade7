// SPDX-License-Identifier: Apache-2.0

package tracer

// Retransmit is one call of the kernel's tcp_retransmit_skb, or of
// tcp_rtx_synack, and what was found out about why it was made.
type Retransmit struct {
	// TSNS is when it had been sent: CLOCK_MONOTONIC, in nanoseconds, taken
	// in the kernel.
	TSNS uint64
	// Netns is the inode of the sending socket's network namespace.
	Netns     uint32
	NetnsName string
	// Dev is the device that the socket's route leads to, Peer the other end
	// if that is a veth; their DeviceID is zero when not known.
	Dev, Peer DeviceName
	// Flow is in the direction of the data.
	Flow  FlowKey
	Class RetransmitClass
	// Segs is the number of segments it carried, as TcpRetransSegs counts
	// them: 0 for an attempt that was given up before.
	Segs uint32
	// Failed is an attempt that the host did not send; Errno says why
	// (since 6.17), positive.
	Failed bool
	Errno  int
	// Seq and EndSeq are the bytes sent again, [Seq, EndSeq), as on the wire.
	Seq, EndSeq uint32
	// Cwnd and Ssthresh are in segments, SRTTUs in microseconds.
	Cwnd, Ssthresh, SRTTUs uint32
	// State is the socket's, CAState that of its congestion control.
	State   TCPState
	CAState CAState
	// Backoff is how often the retransmission timer was doubled.
	Backoff uint8
	// ReordSeen is how many reorderings the socket had noticed (tcpi_reord_seen).
	ReordSeen uint32
	Verdict   Verdict
	// Spurious is how it was proven that the segment had not been needed, if
	// it was.
	Spurious SpuriousProof
	Chain    Chain
}

// Chain is what led to a retransmit and what became of it. Times are
// CLOCK_MONOTONIC, in nanoseconds; 0 is not seen.
type Chain struct {
	// Overtaken is the packet with these bytes that was overtaken at a hop,
	// the first of them.
	Overtaken *Reorder
	// Dropped is the packet with these bytes that was dropped at a hop.
	Dropped *Drop
	// HoleNS is when data behind these bytes arrived at the receiver's socket
	// before them; SACKNS when the sender was told.
	HoleNS, SACKNS uint64
	// DSACKNS is when the receiver's word came that it had these bytes twice,
	// UndoNS when the sender took its congestion reaction back.
	DSACKNS, UndoNS uint64
	// AckedNS is when all these bytes were acknowledged.
	AckedNS uint64
}

// RetransmitClass is what made the kernel send a segment again.
type RetransmitClass int

// The classes, as told by the socket's state at the time (docs/retransmit.md).
const (
	// ClassOther is none of the others.
	ClassOther RetransmitClass = iota
	// ClassFast: SACK or RACK marked it lost (TCPFastRetrans).
	ClassFast
	// ClassSlowStart: sent after a timeout as ACKs arrived (TCPSlowStartRetrans).
	ClassSlowStart
	// ClassRTO: the retransmission timer expired (TCPTimeouts).
	ClassRTO
	// ClassTLP: a tail loss probe (TCPLossProbes; those of new data are no
	// retransmit).
	ClassTLP
	// ClassSYN and ClassSYNACK: opening a connection (TCPSynRetrans).
	ClassSYN
	ClassSYNACK
	// ClassMTU: a smaller path MTU was learned (TCPSlowStartRetrans too).
	ClassMTU
	NumRetransmitClasses
)

// String returns the class's name in tables and JSON.
func (c RetransmitClass) String() string {
	return [...]string{"other", "fast", "slow_start", "rto", "tlp", "syn", "syn_ack", "mtu"}[c]
}

// Verdict is why a segment was sent again.
type Verdict int

// The verdicts.
const (
	// VerdictUnknown: not enough was seen.
	VerdictUnknown Verdict = iota
	// VerdictReorderedAtHop: the original was overtaken at a hop that was
	// traced.
	VerdictReorderedAtHop
	// VerdictLostAtHop: it was dropped there.
	VerdictLostAtHop
	// VerdictReorderedElsewhere: it was not needed, and was overtaken at no
	// hop that was traced.
	VerdictReorderedElsewhere
	// VerdictLostElsewhere: it was needed, and was dropped at no hop that was
	// traced.
	VerdictLostElsewhere
	// VerdictTimeout: a timer fired although it was not needed: the ACK was
	// late.
	VerdictTimeout
	NumVerdicts
)

// String returns the verdict's name in tables and JSON.
func (v Verdict) String() string {
	return [...]string{
		"unknown", "reordered-at-hop", "lost-at-hop", "reordered-elsewhere", "lost-elsewhere", "timeout",
	}[v]
}

// SpuriousProof is how a retransmit was proven not to have been needed.
type SpuriousProof int

// The proofs.
const (
	// NotSpurious: there is none.
	NotSpurious SpuriousProof = iota
	// ProofDSACK: the receiver said that it had these bytes twice (RFC 2883).
	ProofDSACK
	// ProofUndo: the sender took its reaction back, by timestamps (Eifel, RFC
	// 4015) or F-RTO. That is said of all it had sent again together, so it
	// counts only where the receiver has reported nothing twice, ever.
	ProofUndo
	// ProofDuplicate: the receiver's socket, which is on this machine, was seen
	// to get these bytes although it had them, and its word of it was not.
	ProofDuplicate
	NumSpuriousProofs
)

// String returns the proof's name in tables and JSON.
func (p SpuriousProof) String() string { return [...]string{"none", "dsack", "undo", "duplicate"}[p] }

// TCPState is a socket's state, numbered as in include/net/tcp_states.h.
type TCPState int

// String returns the state's name as ss prints it.
func (s TCPState) String() string {
	names := [...]string{
		"unknown", "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait",
		"close", "close-wait", "last-ack", "listen", "closing", "new-syn-recv",
	}
	if s < 0 || int(s) >= len(names) {
		return names[0]
	}
	return names[s]
}

// CAState is enum tcp_ca_state of include/uapi/linux/tcp.h.
type CAState int

// String returns the state's name as ss prints it.
func (s CAState) String() string {
	names := [...]string{"open", "disorder", "cwr", "recovery", "loss"}
	if s < 0 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// TCPFlow is the data of a TCP connection in one direction, of which something
// was sent again or arrived out of order.
type TCPFlow struct {
	Key FlowKey
	// Sender and Receiver are the sockets at its ends; nil where it is not on
	// this machine, or nothing was seen of it.
	Sender   *TCPSender
	Receiver *TCPReceiver
	// Recent are the newest retransmits that have their verdict, oldest
	// first, MaxRecent at most.
	Recent []Retransmit
	// LastNS is when the newest event was, CLOCK_MONOTONIC.
	LastNS uint64
}

// MaxRecent bounds TCPFlow.Recent.
const MaxRecent = 16

// Retransmits counts retransmits: events, which carry one segment or more.
type Retransmits struct {
	// Events is the sum of Classes, Segs what TcpRetransSegs counts.
	Events, Segs uint64
	Classes      [NumRetransmitClasses]uint64
	ClassSegs    [NumRetransmitClasses]uint64
	// Verdicts has those that are decided; Pending those that are not yet.
	Verdicts [NumVerdicts]uint64
	Pending  uint64
	// Spurious counts, by proof, those that were not needed.
	Spurious [NumSpuriousProofs]uint64
	// Causes has the verdicts reordered-at-hop by why.
	Causes [NumReorderCauses]uint64
	// Failed are attempts that the host did not send; they are in nothing
	// else.
	Failed uint64
}

// TCPSender is what is known of a sending socket.
type TCPSender struct {
	Netns     uint32
	NetnsName string
	// Dev is the device that its route leads to, Peer the other end if that
	// is a veth.
	Dev, Peer DeviceName
	Retransmits
	// Cwnd is in segments, SRTTUs in microseconds, as of the newest event.
	Cwnd, SRTTUs uint32
	// ReordSeen is how many reorderings the socket has noticed, DSACKs how
	// many segments the receiver reported twice, since it was opened.
	ReordSeen, DSACKs uint32
}

// TCPReceiver is what is known of a receiving socket.
type TCPReceiver struct {
	Netns     uint32
	NetnsName string
	// OutOfOrder is the segments that arrived with others missing before them
	// (rcv_ooopack), since the socket was opened; Duplicates those that had
	// arrived before, which it answers with a DSACK, since it was watched.
	OutOfOrder, Duplicates uint64
}

// NetnsTCP is what a network namespace itself counted since the start of the
// trace, for all its connections together (/proc/net/snmp and netstat).
type NetnsTCP struct {
	Netns     uint32
	NetnsName string
	// Counters are in the order of TCPCounterNames. One that this kernel does
	// not have is -1.
	Counters [len(TCPCounterNames)]int64
}

// TCPCounterNames are the counters of NetnsTCP, by the kernel's names
// (documentation: nstat).
var TCPCounterNames = [...]string{
	"TcpRetransSegs", "TCPFastRetrans", "TCPSlowStartRetrans", "TCPLossProbes", "TCPTimeouts", "TCPSynRetrans",
	"TCPSACKReorder", "TCPTSReorder", "TCPDSACKRecv", "TCPDSACKUndo", "TCPFullUndo", "TCPPartialUndo",
	"TCPLossUndo", "TCPSpuriousRTOs", "TCPOFOQueue", "TCPDSACKOldSent",
}
