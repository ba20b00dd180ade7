// SPDX-License-Identifier: Apache-2.0

package tracer

// Drop is a packet that ended between xmit and delivery.
type Drop struct {
	// TSNS is when veth_xmit began, DropNS when the packet was freed:
	// CLOCK_MONOTONIC, in nanoseconds.
	TSNS, DropNS uint64
	// Tx is the device that transmitted, Rx the one that would have received.
	Tx, Rx DeviceName
	Kind   Kind
	Cause  DropCause
	// Reason is the kernel's own word for it (enum skb_drop_reason, since
	// 5.17), such as "CPU_BACKLOG"; empty when there is none.
	Reason string
	// EnqueueCPU is the CPU of the sender.
	EnqueueCPU int
	// TargetCPU is the CPU whose backlog had no room, QueueLen the length of
	// its input queue in packets; -1 when not known or there was none.
	TargetCPU, QueueLen int
	LenBytes            uint32
	Flow                FlowKey
	HasFlow             bool
	// Seq and EndSeq are the packet's TCP sequence numbers, [Seq, EndSeq), as
	// on the wire; HasSeq says whether they are known.
	Seq, EndSeq uint32
	HasSeq      bool
}

// DropCause is why a packet ended within its hop.
type DropCause int

// The causes. Backlog is one of the two that follow it, where the mode cannot
// tell which.
const (
	// DropOther is a packet freed by veth itself: its ring was full, the
	// peer was down, or the packet larger than the peer's MTU.
	DropOther DropCause = iota
	// DropXDP is a packet that a native XDP program did not pass on.
	DropXDP
	// DropBacklog is a packet that found no place in the CPU's backlog.
	DropBacklog
	// DropBacklogFull is a backlog longer than net.core.netdev_max_backlog.
	DropBacklogFull
	// DropFlowLimit is a flow that fills most of a backlog
	// (net.core.flow_limit_cpu_bitmap).
	DropFlowLimit
	NumDropCauses
)

// String returns the cause's name in tables and JSON.
func (c DropCause) String() string {
	return [...]string{"other", "xdp", "backlog", "backlog_full", "flow_limit"}[c]
}

// Drops counts packets that ended between xmit and delivery, by cause.
type Drops [NumDropCauses]uint64

// Total returns their sum.
func (d *Drops) Total() uint64 {
	var n uint64
	for _, c := range d {
		n += c
	}
	return n
}

func (d *Drops) add(more *Drops) {
	for i, n := range more {
		d[i] += n
	}
}
