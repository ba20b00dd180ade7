// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// crowd is a snapshot of many devices and flows, grown with step.
func crowd(devices, flows, step int) *tracer.Snapshot {
	t := newTrace(8)
	t.s.Devices, t.s.Flows = nil, nil
	for i := range devices {
		t.s.Devices = append(t.s.Devices, device(name(4026532000+uint32(i), fmt.Sprintf("pod-%d", i), 2, "eth0"),
			name(4026531840, "host", uint32(10+i), fmt.Sprintf("veth%07x", i*7919))))
	}
	for i := range flows {
		a := netip.AddrFrom4([4]byte{10, 9, byte(i >> 8), byte(i)})
		t.s.Flows = append(t.s.Flows, flow(t.s.Devices[i%devices], 6,
			netip.AddrPortFrom(a, 40000).String(), "10.9.255.254:5201"))
	}
	for n := range step {
		var bursts []burst
		for i := range max(flows, devices) {
			bursts = append(bursts, burst{i % devices, i % flows, uint64(20 + i%13 + n), i, i + n, tracer.PathBacklog, tracer.RunnerInline, 1500})
		}
		t.add(time.Second, bursts...)
	}
	return t.snapshot()
}

// BenchmarkRefreshReordered is the same when packets of a tenth of the flows are
// overtaken, and TCP sends again.
func BenchmarkRefreshReordered(b *testing.B) {
	overtake := func(step int) *tracer.Snapshot {
		t := &trace{s: *crowd(200, 2000, step)}
		for i := 0; i < len(t.s.Flows); i += 10 {
			t.overtake(i, uint64(10*step), 40_000, map[tracer.ReorderCause]uint64{tracer.CauseSenderMoved: uint64(10 * step)},
				tracer.OrderPair{LateCPU: 0, OvertakerCPU: 1, Hops: uint64(10 * step)})
			d := &t.s.Devices[i%200]
			t.sendAgain(t.s.Flows[i].Key, d.Peer, d.Name, resend{events: uint64(20 * step), verdict: tracer.VerdictReorderedAtHop, decided: uint64(20 * step)})
			t.seen(t.s.Flows[i].Key, t.chained(t.s.Flows[i].Key, d, tracer.MaxRecent)...)
		}
		return t.snapshot()
	}
	first, second := overtake(1), overtake(2)
	for v, name := range []string{"devices", "cpus", "flows", "reorder", "retransmits"} {
		b.Run(name, func(b *testing.B) { refresh(b, viewID(v), first, second) })
	}
}

// BenchmarkRefresh is one interval: a snapshot of 200 devices and 2000 flows
// is taken in, and the screen drawn.
func BenchmarkRefresh(b *testing.B) {
	first, second := crowd(200, 2000, 1), crowd(200, 2000, 2)
	for v, name := range []string{"devices", "cpus", "flows", "reorder", "retransmits"} {
		b.Run(name, func(b *testing.B) { refresh(b, viewID(v), first, second) })
	}
}

func refresh(b *testing.B, v viewID, first, second *tracer.Snapshot) {
	m := newModel(Options{}, newPalette(nil, true))
	m.width, m.height, m.view = 200, 50, v
	m, _ = m.pulled(pulledMsg{snapshot: first})
	b.ReportAllocs()
	for b.Loop() {
		next, _ := m.pulled(pulledMsg{snapshot: second})
		if next.View() == "" {
			b.Fatal("no screen")
		}
	}
}
