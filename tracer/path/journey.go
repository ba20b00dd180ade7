// SPDX-License-Identifier: Apache-2.0

package path

import (
	"net/netip"

	"github.com/vethtrace/vethtrace/tracer"
)

// Journey is one packet, the answer to it, and how it ended.
type Journey struct {
	Probe Probe
	// Out are the sightings of the packet, Back those of its answer and of ICMP
	// errors about it, in the order of time.
	Out, Back []Sighting
	End       End
}

// Probe is a packet that was sent to be followed, or one of the traffic that was
// watched.
type Probe struct {
	// Number counts from 1.
	Number int
	// Netns is where it was sent, or first seen.
	Netns tracer.Netns
	// Flow is its addressing there. The source is unspecified when there was
	// no route to choose one by.
	Flow tracer.FlowKey
	// SentNS is when it was handed to the kernel or first seen, AnswerNS when
	// its sender had the answer, 0 if it got none: CLOCK_MONOTONIC, in
	// nanoseconds.
	SentNS, AnswerNS uint64
	// Resent is how often the kernel sent it again on its own: TCP does.
	Resent int
}

// Point is a place in the kernel where a packet was seen.
type Point int

// The points, in the order in which a packet can pass them.
const (
	// PointQueue is tracepoint net_dev_queue: handed to a device, before its
	// qdisc.
	PointQueue Point = iota
	// PointXmit is tracepoint net_dev_start_xmit: the device transmits it.
	PointXmit
	// PointReceive is tracepoint netif_receive_skb: a device receives it.
	PointReceive
	// PointDrop is tracepoint kfree_skb.
	PointDrop
	// PointConsume is tracepoint consume_skb: whoever had it has used it. What
	// raw and packet sockets drop counts as such, since others have it as well,
	// and a ping that the kernel answered or handed to raw sockets, which some
	// kernels free as if they had dropped it.
	PointConsume
)

// Sighting is one packet at one point.
type Sighting struct {
	// TSNS is CLOCK_MONOTONIC, in nanoseconds.
	TSNS  uint64
	Point Point
	CPU   int
	// Device is where it was seen. At PointDrop it may have no name: then
	// there was none.
	Device tracer.DeviceName
	// Flow is its addressing there, after any NAT so far.
	Flow     tracer.FlowKey
	LenBytes uint32
	TTL      uint8
	// SKB is the address of its struct sk_buff, which is another one after it
	// was copied, and the same in another packet later.
	SKB uint64
	// Drop is set at PointDrop.
	Drop *Drop
	// ICMP is set if the packet is an ICMP error about a packet that is
	// followed.
	ICMP *ICMPError
}

// Drop is why and where the kernel freed a packet.
type Drop struct {
	// Reason is the kernel's word, such as "IP_RPFILTER" (enum
	// skb_drop_reason, since 5.17); empty when the kernel has none.
	Reason string
	// Function is where, without its offset, suffixes such as .isra.0 cut
	// off; empty when kallsyms may not be read.
	Function string
	// Stack is the kernel's stack, innermost first, if it was asked for.
	Stack []string
}

// ICMPError is what came back instead of an answer.
type ICMPError struct {
	// Proto is 1 or 58.
	Proto, Type, Code uint8
	// MTU is what it says fits, of "fragmentation needed" and "packet too
	// big"; else 0.
	MTU uint32
	// From is who says so.
	From netip.Addr
}

// Outcome is how a packet ended.
type Outcome int

// The outcomes.
const (
	// Answered is a packet whose answer came back to its sender.
	Answered Outcome = iota
	// Delivered is a packet that reached its destination, from where no
	// answer came.
	Delivered
	// Dropped is a packet that the kernel freed with kfree_skb on its way.
	Dropped
	// Refused is a packet that an ICMP error or a TCP reset came back for.
	Refused
	// Left is a packet that was last seen leaving the machine.
	Left
	// Vanished is a packet that was last seen on this machine, with no reason
	// given.
	Vanished
	// NotSent is a packet the kernel would not send at all: Error says why.
	NotSent
)

// End is where and how a packet, or its answer, ended.
type End struct {
	Outcome Outcome
	// Answer is whether it was the answer that ended so.
	Answer bool
	// Last is the last sighting of what ended, the drop if there is one; nil
	// if it was never seen. For Refused it is that of the packet, not of what
	// came back for it.
	Last *Sighting
	// Netns is the namespace it ended in: of the device, or for NotSent of
	// the sender.
	Netns tracer.Netns
	// In is the device it came into that namespace by, nil if it began there;
	// Out the one it was about to leave by, nil if it did not come so far.
	In, Out *tracer.DeviceName
	// Flow is its addressing when it ended.
	Flow tracer.FlowKey
	// ICMP is the ICMP error that came back, for Refused; nil when it was a TCP
	// reset.
	ICMP *ICMPError
	// Error is what the system call that sends said, for NotSent.
	Error error
}

// String returns the point's name in tables and JSON.
func (p Point) String() string {
	return [...]string{"queue", "xmit", "receive", "drop", "consume"}[p]
}

// String returns the outcome's name in tables and JSON.
func (o Outcome) String() string {
	return [...]string{"answered", "delivered", "dropped", "refused", "left", "vanished", "not_sent"}[o]
}
