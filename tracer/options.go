// SPDX-License-Identifier: Apache-2.0

package tracer

import "time"

// Options says what to trace. The zero value counts every hop on every veth.
type Options struct {
	Filter Filter
	// Mode is the kind of hooks to use.
	Mode Mode
	// Strict makes it an error when a hook cannot be attached as the mode
	// wants it. Else another takes its place, or it is left out, and Run.Hooks
	// says so.
	Strict bool
	// Kinds are the kinds of device to trace; none means veth.
	Kinds []Kind
	// Emit asks for an event a hop; nil for none.
	Emit *Emit
	// OwnCost switches the kernel's BPF statistics on while the trace runs
	// (BPF_ENABLE_STATS, since 5.8). They add about 55 ns to every run of
	// every BPF program on the machine.
	OwnCost bool

	// slotBits and flowBits are log2 of the sizes of tables; 0 is the
	// default. Tests make them small to see what is lost.
	slotBits, flowBits uint32
}

// Emit chooses the hops that are reported as events. What is not chosen is
// counted all the same.
type Emit struct {
	// NoHops is to report no hops, only what is rare.
	NoHops bool
	// Every is to report one hop in so many, on each CPU; 0 and 1 mean all.
	Every uint32
	// SlowerThan is to report only hops whose total is at least this.
	SlowerThan time.Duration
	// BufferBytes is the size of the ring buffer; 0 means 8 MiB.
	BufferBytes uint32
}
