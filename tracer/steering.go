// SPDX-License-Identifier: Apache-2.0

package tracer

// Steering is why a packet was queued on its CPU (get_rps_cpu in
// net/core/dev.c).
type Steering int

// The steerings. What a mode cannot know is SteeringUnknown, as are packets on
// the NAPI paths, which are not steered before they are delivered.
const (
	SteeringUnknown Steering = iota
	// SteeringNone is the CPU of the sender: the receiving queue has neither
	// an RPS mask nor a flow table that decides.
	SteeringNone
	// SteeringRPS is the CPU that the flow's hash selects of the queue's
	// mask (rps_cpus).
	SteeringRPS
	// SteeringRFS is the CPU of the flow's reader (rps_flow_cnt).
	SteeringRFS
	NumSteerings
)

// String returns the steering's name in tables and JSON.
func (s Steering) String() string {
	return [...]string{"unknown", "none", "rps", "rfs"}[s]
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
