// SPDX-License-Identifier: Apache-2.0

package tracer

// Hop is one crossing of a veth pair by one packet, as `vethtrace trace`
// reports it.
type Hop struct {
	// TSNS is when veth_xmit began: CLOCK_MONOTONIC, in nanoseconds, taken
	// in the kernel.
	TSNS uint64
	// Tx is the device that transmitted, Rx its peer, which received.
	Tx, Rx DeviceName
	Path   Path
	// EnqueueCPU put the packet into the backlog or ring, RunCPU delivered
	// it.
	EnqueueCPU, RunCPU int
	Runner             Runner
	Kind               Kind
	Steering           Steering
	// TargetCPU is the CPU whose backlog the packet was put into, as known
	// when it was queued; -1 when it was not, and on the NAPI paths.
	TargetCPU int
	// QueueLen is the number of packets in the input queue that it found, -1
	// when not known.
	QueueLen int
	// StagesNS is the time spent in each stage; StageKnown says whether it
	// was measured.
	StagesNS   [NumStages]uint64
	StageKnown [NumStages]bool
	// LenBytes includes the Ethernet header. GSOSegs is at least 1.
	LenBytes uint32
	GSOSegs  uint32
	// Flow is known when the packet was IPv4 or IPv6; HasFlow says so.
	Flow    FlowKey
	HasFlow bool
}
