// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"slices"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// meter compares what a trace and the kernel count on a lab since one moment.
type meter struct {
	t  testing.TB
	tr *Tracer
	l  *lab.Lab
	w  *witness
	at reading
}

type reading struct {
	kernel [2]linkCounters
	xmits  [2]uint64
	traced [2]Device
}

// growth is what one end received since the meter was set.
type growth struct {
	kernel linkCounters
	// txDropped is what its peer could not transmit, xmits how often a program
	// ran when it transmitted.
	txDropped, xmits             uint64
	hops, bytes, missed, dropped uint64
	crossCPU                     uint64
	paths                        [NumPaths]uint64
	runners                      [NumRunners]uint64
}

// newMeter starts at a moment at which no packet passes, so that nothing is on
// its way.
func newMeter(t testing.TB, tr *Tracer, l *lab.Lab) *meter {
	t.Helper()
	m := &meter{t: t, tr: tr, l: l, w: watchXmit(t, l)}
	atRest(t, func() { m.at = m.read() }, l)
	return m
}

// atRest calls fn until no packet passed meanwhile.
func atRest(t testing.TB, fn func(), labs ...*lab.Lab) {
	t.Helper()
	counters := func() (all []linkCounters) {
		for _, l := range labs {
			both := linkCountersOf(t, l)
			all = append(all, both[:]...)
		}
		return all
	}
	if !poll(func() bool {
		before := counters()
		fn()
		return slices.Equal(before, counters())
	}) {
		t.Fatal("the lab does not come to rest")
	}
}

func (m *meter) read() (r reading) {
	m.t.Helper()
	s := snapshot(m.t, m.tr)
	r.kernel, r.xmits = linkCountersOf(m.t, m.l), m.w.xmits(m.l)
	for i, e := range m.l.Ends {
		r.traced[i] = deviceIn(s, deviceIDOf(e))
	}
	return r
}

func (m *meter) grown() (both [2]growth) {
	m.t.Helper()
	now := m.read()
	for i := range both {
		g, a, b := &both[i], &m.at.traced[i], &now.traced[i]
		g.kernel = now.kernel[i].since(m.at.kernel[i])
		g.txDropped = now.kernel[1-i].txDropped - m.at.kernel[1-i].txDropped
		g.xmits = now.xmits[1-i] - m.at.xmits[1-i]
		g.hops, g.bytes, g.crossCPU = b.Hops-a.Hops, b.Bytes-a.Bytes, b.CrossCPU-a.CrossCPU
		g.missed, g.dropped = b.Missed-a.Missed, b.Drops.Total()-a.Drops.Total()
		for p := range g.paths {
			g.paths[p] = b.Paths[p] - a.Paths[p]
		}
		for r := range g.runners {
			g.runners[r] = b.Runners[r] - a.Runners[r]
		}
	}
	return both
}

// begun is the packets the kernel gave to veth_xmit: they arrived, or were
// dropped on the way.
func (g growth) begun() uint64 { return g.kernel.rxPackets + g.txDropped }

// unseen is the packets for which the kernel ran no program; see witness.
func (g growth) unseen() uint64 { return g.begun() - g.xmits }

// accounted says that every packet is a hop, missed or dropped.
func (g growth) accounted() bool {
	return g.xmits <= g.begun() && g.hops+g.missed+g.dropped == g.xmits
}

// settle waits until nothing is on its way any more, and fails unless all is
// accounted for then.
func (m *meter) settle() (both [2]growth) {
	m.t.Helper()
	if !poll(func() bool { both = m.grown(); return both[0].accounted() && both[1].accounted() }) {
		for i, g := range both {
			m.t.Errorf("end %d: hops %d + missed %d + dropped %d, want the kernel's rx_packets %d + the peer's tx_dropped %d - unseen %d",
				i, g.hops, g.missed, g.dropped, g.kernel.rxPackets, g.txDropped, g.unseen())
		}
	}
	for i, g := range both {
		if g.unseen() > 0 {
			m.t.Logf("end %d: this kernel ran no program for %d of %d packets", i, g.unseen(), g.begun())
		}
		if float64(g.unseen()) > 0.05*float64(g.begun())+10 {
			m.t.Errorf("end %d: this kernel ran no program for %d of %d packets: nothing can be said", i, g.unseen(), g.begun())
		}
	}
	return both
}

// wantExact fails unless hops and bytes are the kernel's, where none was missed.
// lessBytes is what the kernel does not count of each packet.
func (m *meter) wantExact(both []growth, lessBytes uint64) {
	m.t.Helper()
	for i, g := range both {
		m.t.Logf("end %d: %d packets, %d bytes; hops %d, missed %d, dropped %d, cross-CPU %d, paths %v, runners %v",
			i, g.kernel.rxPackets, g.kernel.rxBytes, g.hops, g.missed, g.dropped, g.crossCPU, g.paths, g.runners)
		if g.missed+g.unseen() > 0 {
			continue
		}
		if g.hops != g.kernel.rxPackets {
			m.t.Errorf("end %d: hops = %d, want rx_packets = %d", i, g.hops, g.kernel.rxPackets)
		}
		if want := g.kernel.rxBytes + lessBytes*g.hops; g.bytes != want {
			m.t.Errorf("end %d: bytes = %d, want rx_bytes = %d", i, g.bytes, want)
		}
	}
}
