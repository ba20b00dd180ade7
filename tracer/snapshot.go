// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net/netip"
	"time"

	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// Snapshot is everything known at one moment, counted since the start of the
// trace. It is immutable: a reader may keep it, share it and compare it.
type Snapshot struct {
	// Taken is the wall-clock time of the reading, Elapsed the time since
	// the trace started, by the monotonic clock.
	Taken   time.Time
	Elapsed time.Duration
	Run     Run

	Devices []Device
	Flows   []Flow
	CPUs    []CPU
	// CPUPairs has one entry for each enqueue CPU and run CPU that a hop
	// crossed between.
	CPUPairs []CPUPair
	// TCP has the connections that sent something again or received out of
	// order, most retransmits first, and Retransmits their sum.
	TCP         []TCPFlow
	Retransmits Retransmits
	// Netns has the namespaces of these connections' sockets.
	Netns []NetnsTCP
	// Emitted is the number of hops that were put into the ring buffer.
	Emitted uint64
	Losses  Losses
	Cost    Cost
}

// Run says how the trace is made; it does not change while it runs.
type Run struct {
	// Kernel is the release, as uname -r prints it.
	Kernel string
	// Mode is the kind of hooks in use, never ModeAuto.
	Mode Mode
	// Hooks are what is attached, and what could not be.
	Hooks []Hook
	// Kinds are the kinds of device that are traced, at least one.
	Kinds []Kind
	// Started is the wall-clock time of the start.
	Started time.Time
	// WallOffsetNS is what to add to a ts_ns (CLOCK_MONOTONIC) for
	// nanoseconds since the Unix epoch.
	WallOffsetNS int64
	// Filter is the filter in words, empty when everything is traced.
	Filter string
	// Clocksource is the kernel's current clock source. Stage times taken
	// on two CPUs are only as good as it is.
	Clocksource string
	// Warnings are things a reader of the numbers has to know, one sentence
	// each: a hook that could not be attached, an unstable clock.
	Warnings []string
}

// Hook is a place in the kernel that a trace watches.
type Hook struct {
	// Name says what for, one word: "xmit".
	Name string
	// Gives is what is known by it, in a few words.
	Gives string
	// Attached is what is attached, such as "fentry veth_xmit"; empty when
	// nothing is.
	Attached string
	// Missed says what could not be attached and why, in words; empty when
	// the mode's first choice is attached.
	Missed string
}

// DeviceID names a device for as long as it lives: an ifindex means nothing
// without its network namespace.
type DeviceID struct {
	// Netns is the inode number of the network namespace.
	Netns   uint32
	Ifindex uint32
}

// DeviceName is a device and the names a person knows it by.
type DeviceName struct {
	DeviceID
	// NetnsName is the namespace's name under /run/netns, "host" for the
	// initial one, empty when it has none.
	NetnsName string
	// Ifname is empty when the device was gone before its name was read.
	Ifname string
}

// Device is a device as receiver of hops: one end of a veth pair, or what a
// device of another kind hands its packets to (for macvlan its lower device).
type Device struct {
	Name DeviceName
	// Peer is the device that transmitted, the other end of the pair; the
	// first of them where there are several.
	Peer DeviceName
	// Kind is the kind of the device that transmitted.
	Kind Kind
	Counters
	// Missed is the number of hops to this device that began but were not
	// measured: their slot was taken over by another packet before they were
	// delivered, or their end was not seen within 5 s.
	Missed uint64
	// Drops are packets that ended between veth_xmit and delivery.
	Drops Drops
	// Order is nil while no packet was overtaken.
	Order *Order
}

// Flow is the traffic of one transport connection in one direction, over one
// receiving device.
type Flow struct {
	Key    FlowKey
	Device DeviceName
	Counters
	Drops Drops
	// Order is nil while no packet was overtaken.
	Order *Order
	// LastNS is the time of the newest hop, CLOCK_MONOTONIC.
	LastNS uint64
}

// FlowKey is the addressing of a flow. Ports are 0 for ICMP and for fragments
// after the first.
type FlowKey struct {
	// Proto is the IP protocol number: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6.
	Proto    uint8
	Src, Dst netip.AddrPort
	// ID is that of ICMP echo requests and replies, one for each ping; else 0.
	ID uint16
}

// CPU is the part one CPU had in the hops.
type CPU struct {
	CPU int
	// Enqueued is the number of hops whose packet was put into a backlog
	// or NAPI ring by this CPU.
	Enqueued uint64
	// Counters are the hops that this CPU's NET_RX softirq (or NAPI
	// thread) delivered.
	Counters
	// Drops are packets that found no place in this CPU's backlog. Those
	// whose target CPU the mode cannot know are only in Device.Drops.
	Drops Drops
	// QueueLen is the distribution of the length of this CPU's input queue,
	// in packets, that packets found when they were queued in it. The kernel
	// compares it with net.core.netdev_max_backlog. Its MaxNS is the longest.
	QueueLen histogram.Histogram
	// Softnet is what the kernel itself counted on this CPU since the
	// start of the trace.
	Softnet Softnet
}

// Softnet is a CPU's growth in /proc/net/softnet_stat, all devices together.
type Softnet struct {
	Processed, Dropped, TimeSqueeze, ReceivedRPS, FlowLimit uint64
	// BacklogLen is the length of the backlog when read, not a growth. It is
	// the sum of InputLen, packets queued, and ProcessLen, packets being
	// worked through, which the kernel shows apart since 6.5 (HasLens).
	BacklogLen, InputLen, ProcessLen uint64
	HasLens                          bool
}

// CPUPair counts the hops enqueued on one CPU and run on another (or the
// same).
type CPUPair struct {
	EnqueueCPU, RunCPU int
	Counters
}

// Stage is a part of a hop. See docs/stages.md.
type Stage int

// The stages of a hop, in the order in which a packet passes them, and their
// sum.
const (
	StageXmit    Stage = iota // veth_xmit to netif_rx
	StageQueue                // netif_rx to NET_RX softirq entered
	StageSoftirq              // NET_RX softirq entered to delivery
	StageTotal                // veth_xmit to delivery
	NumStages
)

// String returns the stage's name in tables and JSON.
func (s Stage) String() string {
	return [...]string{"xmit", "queue", "softirq", "total"}[s]
}

// Path is the way a packet took through the veth driver.
type Path int

// The paths: the per-CPU backlog (netif_rx), the device's own NAPI with GRO,
// and the same NAPI after a native XDP program.
const (
	PathBacklog Path = iota
	PathNAPI
	PathXDP
	NumPaths
)

// String returns the path's name in tables and JSON.
func (p Path) String() string { return [...]string{"backlog", "napi", "xdp"}[p] }

// Runner is who ran the NET_RX softirq that delivered a packet.
type Runner int

// The runners. Inline is the sender itself, at local_bh_enable.
const (
	RunnerInline Runner = iota
	RunnerHardirq
	RunnerKsoftirqd
	RunnerThreaded
	NumRunners
)

// String returns the runner's name in tables and JSON.
func (r Runner) String() string {
	return [...]string{"inline", "hardirq", "ksoftirqd", "threaded"}[r]
}

// Counters is what is counted for every device, flow, CPU and CPU pair.
type Counters struct {
	// Hops is the number of packets (skbs) delivered. A GSO packet is one.
	Hops uint64
	// Bytes includes the Ethernet header, as in the device's own
	// statistics.
	Bytes uint64
	// GSOSegs is the number of segments on a wire would be: one for a
	// packet that is not GSO.
	GSOSegs uint64
	// CrossCPU is the number of hops delivered on another CPU than the one
	// that enqueued them.
	CrossCPU uint64
	// Reordered is the number of hops whose packet was overtaken: others of
	// its flow that were queued after it were delivered before.
	Reordered uint64
	Paths     [NumPaths]uint64
	Runners   [NumRunners]uint64
	// Steering has the hops by why they were queued on their CPU.
	Steering [NumSteerings]uint64
	// Stages are histograms in nanoseconds. The NAPI and XDP paths have no
	// xmit stage: their queue begins at veth_xmit.
	Stages [NumStages]histogram.Histogram
}

// Losses is everything that was not measured, so that no number looks more
// complete than it is.
type Losses struct {
	// MissedSlots is the number of hops that began but were not measured to
	// their end, see Device.Missed; here also of devices not known.
	MissedSlots uint64
	// DroppedHops is the number of packets dropped within a hop, see
	// Device.Drops. They are no loss of the trace.
	DroppedHops uint64
	// Ringbuf is the number of hop and drop events that found the ring buffer
	// full, RareRingbuf that of the rare ones: reordering and TCP's. Without
	// those, verdicts may be wrong.
	Ringbuf, RareRingbuf uint64
	// OrderUnknown is the number of hops whose order was not looked at: there
	// was no room for their flow, or another CPU held it for too long.
	OrderUnknown uint64
	// Recursion is the number of times the kernel skipped a program because
	// it, or for a kprobe any other kprobe's, was already running on that
	// CPU. Of kprobes the kernel says so since 6.7.
	Recursion uint64
	// DeviceTableFull and FlowTableFull are hops that were counted but not
	// attributed to a device or flow.
	DeviceTableFull, FlowTableFull uint64
	// FlowsExpired is the number of idle flows removed to make room.
	FlowsExpired uint64
	// ClockBackwards is the number of stages that would have been negative.
	ClockBackwards uint64
}

// Cost is what the trace itself used.
type Cost struct {
	// UserCPU is the CPU time of this process, RSSBytes its resident memory.
	UserCPU  time.Duration
	RSSBytes uint64
	// BPFStats is whether the kernel's BPF statistics were on; BPFRuns and
	// BPFTime are only known then.
	BPFStats bool
	BPFRuns  uint64
	BPFTime  time.Duration
}

// Hops returns the hops of all devices together.
func (s *Snapshot) Hops() uint64 {
	var n uint64
	for i := range s.CPUs {
		n += s.CPUs[i].Hops
	}
	return n
}
