// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// frame is what one screen is drawn from: a snapshot and the one before it.
// It does not change after it was made.
type frame struct {
	cur *tracer.Snapshot
	// earlier is nil at first: everything then happened in this interval.
	earlier  *tracer.Snapshot
	interval time.Duration
	base     index
	// findings are what stands out in the interval, the worst first.
	findings []finding
}

// index finds what a row was in the earlier snapshot.
type index struct {
	devices map[tracer.DeviceID]*tracer.Device
	flows   map[rowID]*tracer.Flow
	cpus    map[int]*tracer.CPU
	pairs   map[[2]int]*tracer.CPUPair
	tcp     map[rowID]*tracer.TCPFlow
}

// follow returns the frame that comes after f, or f itself when s is the
// reading that f already shows. A trace that began anew has nothing before it.
func (f *frame) follow(s *tracer.Snapshot) *frame {
	if f == nil || s.Elapsed < f.cur.Elapsed {
		return &frame{cur: s, interval: s.Elapsed}
	}
	if s.Elapsed == f.cur.Elapsed {
		return f
	}
	return &frame{
		cur:      s,
		earlier:  f.cur,
		interval: s.Elapsed - f.cur.Elapsed,
		base:     indexOf(f.cur),
	}
}

func indexOf(s *tracer.Snapshot) index {
	x := index{
		devices: make(map[tracer.DeviceID]*tracer.Device, len(s.Devices)),
		flows:   make(map[rowID]*tracer.Flow, len(s.Flows)),
		cpus:    make(map[int]*tracer.CPU, len(s.CPUs)),
		pairs:   make(map[[2]int]*tracer.CPUPair, len(s.CPUPairs)),
		tcp:     make(map[rowID]*tracer.TCPFlow, len(s.TCP)),
	}
	for i := range s.Devices {
		x.devices[s.Devices[i].Name.DeviceID] = &s.Devices[i]
	}
	for i := range s.Flows {
		x.flows[flowID(&s.Flows[i])] = &s.Flows[i]
	}
	for i := range s.CPUs {
		x.cpus[s.CPUs[i].CPU] = &s.CPUs[i]
	}
	for i := range s.CPUPairs {
		x.pairs[pairID(&s.CPUPairs[i])] = &s.CPUPairs[i]
	}
	for i := range s.TCP {
		x.tcp[tcpID(&s.TCP[i])] = &s.TCP[i]
	}
	return x
}

func pairID(p *tracer.CPUPair) [2]int { return [2]int{p.EnqueueCPU, p.RunCPU} }

// hops returns the hops of the interval, of all devices.
func (f *frame) hops() uint64 {
	if f.earlier == nil {
		return f.cur.Hops()
	}
	return grown(f.cur.Hops(), f.earlier.Hops())
}

// losses returns the losses of the interval.
func (f *frame) losses() tracer.Losses {
	l := f.cur.Losses
	if e := f.earlier; e != nil {
		l.MissedSlots = grown(l.MissedSlots, e.Losses.MissedSlots)
		l.Ringbuf = grown(l.Ringbuf, e.Losses.Ringbuf)
		l.RareRingbuf = grown(l.RareRingbuf, e.Losses.RareRingbuf)
		l.OrderUnknown = grown(l.OrderUnknown, e.Losses.OrderUnknown)
		l.Recursion = grown(l.Recursion, e.Losses.Recursion)
		l.DeviceTableFull = grown(l.DeviceTableFull, e.Losses.DeviceTableFull)
		l.FlowTableFull = grown(l.FlowTableFull, e.Losses.FlowTableFull)
		l.FlowsExpired = grown(l.FlowsExpired, e.Losses.FlowsExpired)
		l.ClockBackwards = grown(l.ClockBackwards, e.Losses.ClockBackwards)
	}
	return l
}
