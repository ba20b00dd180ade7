// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// The ends of the lab, as lab.Lab.Ends has them.
const (
	sendingEnd = iota
	receivingEnd
)

// hopsTo is the device of an end as the trace saw it receive.
func (r *reorderRun) hopsTo(end int) tracer.Device {
	for _, d := range r.seen.Devices {
		if d.Name.Netns == uint32(r.lab.Ends[end].NetnsInode) && d.Name.Ifindex == uint32(r.lab.Ends[end].Ifindex) {
			return d
		}
	}
	return tracer.Device{}
}

// order is what is known of overtaking on the way to the receiver.
func (r *reorderRun) order() tracer.Order {
	if o := r.hopsTo(receivingEnd).Order; o != nil {
		return *o
	}
	return tracer.Order{}
}

// outOfOrder is the segments that arrived at the receiving sockets with others
// missing before them. Nothing is known of sockets that were not seen; that is
// no wonder only if nothing was sent again.
func (r *reorderRun) outOfOrder() (n uint64, known bool) {
	known = r.sent.Retransmits == 0
	for i := range r.seen.TCP {
		flow := &r.seen.TCP[i]
		if flow.Key.Dst.Addr() != r.lab.Ends[receivingEnd].IPv4.Addr() {
			continue
		}
		if flow.Receiver == nil {
			return 0, false
		}
		n, known = n+flow.Receiver.OutOfOrder, true
	}
	return n, known
}

// kernel returns how far one of tracer.TCPCounterNames grew in the namespace of
// an end.
func kernel(end int, name string) func(*reorderRun) (n uint64, known bool) {
	i := slices.Index(tracer.TCPCounterNames[:], name)
	return func(r *reorderRun) (uint64, bool) {
		for _, ns := range r.seen.Netns {
			if i >= 0 && ns.Netns == uint32(r.lab.Ends[end].NetnsInode) && ns.Counters[i] >= 0 {
				return uint64(ns.Counters[i]), true
			}
		}
		return 0, false
	}
}

// bitsPerSecond is the throughput, 0 when nothing was sent.
func (r *reorderRun) bitsPerSecond() float64 {
	if r.sent.Duration <= 0 {
		return 0
	}
	return float64(r.sent.Bytes) * 8 * float64(time.Second) / float64(r.sent.Duration)
}

// loss is one kind of what the trace did not see.
type loss struct {
	what string
	n    uint64
}

func (r *reorderRun) losses() []loss {
	l := &r.seen.Losses
	return []loss{
		{"hops missed", l.MissedSlots},
		{"hops of unknown order", l.OrderUnknown},
		{"TCP events lost", l.RareRingbuf},
		{"programs skipped by the kernel", l.Recursion},
		{"hops without device", l.DeviceTableFull},
		{"hops without flow", l.FlowTableFull},
		{"stages with the clock going backwards", l.ClockBackwards},
	}
}
