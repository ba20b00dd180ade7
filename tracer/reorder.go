// SPDX-License-Identifier: Apache-2.0

package tracer

import "github.com/vethtrace/vethtrace/tracer/histogram"

// Reorder is a packet that others of its flow have overtaken within a hop:
// they were queued after it and delivered before it.
type Reorder struct {
	// TSNS is when the packet was delivered: CLOCK_MONOTONIC, in nanoseconds,
	// taken in the kernel.
	TSNS uint64
	// Tx is the device that transmitted, Rx the one that received.
	Tx, Rx DeviceName
	Kind   Kind
	Flow   FlowKey
	// Before is the flow's addressing before NAT; HasBefore says whether
	// there is any that the kernel's conntrack knew of.
	Before    FlowKey
	HasBefore bool
	// Late is the packet, Overtaker the first of those that were delivered
	// before it.
	Late, Overtaker OrderedPacket
	// LateNS is the time between the deliveries of the two, in nanoseconds
	// (the late time of RFC 4737, section 4.2.2).
	LateNS uint64
	// Displacement is how many packets had overtaken it that were in order
	// themselves; with AtLeast there were more than are remembered.
	Displacement uint32
	AtLeast      bool
	LenBytes     uint32
	Cause        ReorderCause
	// Move is the last time that the task that sends the flow was seen to
	// transmit from another CPU than before; nil if never.
	Move *Move
}

// OrderedPacket is one of the two packets of a Reorder.
type OrderedPacket struct {
	// EnqueueNS is when it was queued, DeliverNS when it was delivered.
	EnqueueNS, DeliverNS uint64
	EnqueueCPU, RunCPU   int
	Path                 Path
	Runner               Runner
	Steering             Steering
	Sender               Sender
	// PID is the thread that transmitted, if Sender is SenderTask.
	PID uint32
	// Queue is the receive queue of the device.
	Queue int
	// Seq is the packet's first TCP sequence number, EndSeq the one after its
	// last, as on the wire; HasSeq says whether the flow is TCP. EndSeq is 0 of
	// an overtaker: it is not read.
	Seq, EndSeq uint32
	HasSeq      bool
}

// Move is a task seen to transmit from another CPU than before.
type Move struct {
	// AtNS is when it did for the first time.
	AtNS uint64
	PID  uint32
	// Comm is the task's name, empty when it had ended before it was read.
	Comm     string
	From, To int
}

// Sender is what a packet was transmitted by.
type Sender int

// The senders. A softirq sends when an ACK arrives or a timer fires, and what it
// forwards.
const (
	SenderUnknown Sender = iota
	SenderTask
	SenderSoftirq
	NumSenders
)

// String returns the sender's name in tables and JSON.
func (s Sender) String() string { return [...]string{"unknown", "task", "softirq"}[s] }

// ReorderCause is why packets of one flow could overtake each other, as far as
// the two packets give evidence of it.
type ReorderCause int

// The causes.
const (
	// CauseUnknown: there is no evidence of any other.
	CauseUnknown ReorderCause = iota
	// CauseSenderMoved: the task that sends had moved to another CPU, and
	// without RPS a packet is processed on the CPU it was sent from.
	CauseSenderMoved
	// CauseSoftirqSender: sent from a softirq on another CPU than the other
	// one: an ACK had arrived there, or the packets were forwarded from there.
	CauseSoftirqSender
	// CauseSeveralSenders: two tasks sent, on two CPUs.
	CauseSeveralSenders
	// CauseRPSChanged: RPS chose another CPU for the same flow, so its mask
	// was changed, or RPS switched on or off.
	CauseRPSChanged
	// CauseRFSChanged: RFS followed the reader of the flow to another CPU.
	CauseRFSChanged
	// CauseSeveralQueues: they went through two receive queues of the device.
	CauseSeveralQueues
	// CauseThreaded: a NAPI thread delivered one of them.
	CauseThreaded
	NumReorderCauses
)

// String returns the cause's name in tables and JSON.
func (c ReorderCause) String() string {
	return [...]string{
		"unknown", "sender_moved", "softirq_sender", "several_senders",
		"rps_changed", "rfs_changed", "several_queues", "threaded_napi",
	}[c]
}

// Order is what is known of packets overtaking each other, of one flow or
// device. How many were overtaken is in Counters.Reordered.
type Order struct {
	// Late is the distribution of Reorder.LateNS.
	Late histogram.Histogram
	// MaxDisplacement is the largest Reorder.Displacement; it stays at
	// MaxRemembered when there were more.
	MaxDisplacement uint64
	Causes          [NumReorderCauses]uint64
	// Pairs are the CPUs that delivered late packets and those that had
	// delivered their overtakers, most first. OtherPairs counts packets of
	// pairs that there was no room for.
	Pairs      []OrderPair
	OtherPairs uint64
	// Moves is how often the sending task was seen on another CPU than
	// before.
	Moves uint64
	// LastNS is when the newest late packet was delivered.
	LastNS uint64
}

// OrderPair counts packets delivered on LateCPU after others on OvertakerCPU.
type OrderPair struct {
	LateCPU, OvertakerCPU int
	Hops                  uint64
}

// MaxRemembered is how many packets of a flow are remembered to find those that
// overtook: ORDER_RING in bpf/abi.h.
const MaxRemembered = 32
