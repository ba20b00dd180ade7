// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

func TestFlows(t *testing.T) {
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l)})
	m := newMeter(t, tr, l)
	const count = 500
	sendUDP(t, l, false, 40001, 40002, count)
	sendUDP(t, l, true, 40003, 40004, count)
	send(t, l, lab.Ping{Count: count, CPU: -1})
	send(t, l, lab.Ping{IPv6: true, Count: count, CPU: -1})
	send(t, l, lab.RequestResponse{Count: count, CPU: -1})
	send(t, l, lab.RequestResponse{IPv6: true, Count: count, CPU: -1})
	m.settle()
	s := snapshot(t, tr)

	a, b := l.Ends[0], l.Ends[1]
	a4, b4, a6, b6 := a.IPv4.Addr(), b.IPv4.Addr(), a.IPv6.Addr(), b.IPv6.Addr()
	flow := func(proto uint8, src netip.Addr, sport uint16, dst netip.Addr, dport uint16) FlowKey {
		return FlowKey{Proto: proto, Src: netip.AddrPortFrom(src, sport), Dst: netip.AddrPortFrom(dst, dport)}
	}
	// Exactly so many; Ethernet, IP, UDP or ICMP headers and payload.
	for key, bytes := range map[FlowKey]uint64{
		flow(protoUDP, a4, 40001, b4, 40002): 14 + 20 + 8 + 8,
		flow(protoUDP, a6, 40003, b6, 40004): 14 + 40 + 8 + 8,
		flow(protoICMPv6, b6, 0, a6, 0):      0,
		flow(protoICMP, a4, 0, b4, 0):        14 + 20 + 8 + 56,
	} {
		f := flowIn(s, key)
		if bytes > 0 && (f.Hops != count || f.Bytes != count*bytes) || f.Hops < count {
			t.Errorf("%v: %d hops, %d bytes, want %d of %d bytes each", key, f.Hops, f.Bytes, count, bytes)
		}
	}
	for _, ends := range [][2]netip.Addr{{a4, b4}, {b4, a4}, {a6, b6}, {b6, a6}} {
		var n uint64
		for _, f := range s.Flows {
			if f.Key.Proto == protoTCP && f.Key.Src.Addr() == ends[0] && f.Key.Dst.Addr() == ends[1] {
				n += f.Hops
				if f.Key.Src.Port() == 0 || f.Key.Dst.Port() == 0 {
					t.Errorf("%v has no ports", f.Key)
				}
			}
		}
		if n < count {
			t.Errorf("TCP from %v to %v: %d hops, want at least %d", ends[0], ends[1], n, count)
		}
	}
	wantFlowsAddUp(t, s)
}

// flowIn is the flow; without an ID the newest ping of these addresses.
func flowIn(s *Snapshot, key FlowKey) (newest Flow) {
	for _, f := range s.Flows {
		got := f.Key
		if key.ID == 0 {
			got.ID = 0
		}
		if got == key && f.LastNS > newest.LastNS {
			newest = f
		}
	}
	return newest
}

// wantFlowsAddUp fails unless a device's flows are the device, but for its ARP.
func wantFlowsAddUp(t *testing.T, s *Snapshot) {
	t.Helper()
	const arp = 14 + 28
	for _, d := range s.Devices {
		var hops, bytes uint64
		for _, f := range s.Flows {
			if f.Device.DeviceID == d.Name.DeviceID {
				hops, bytes = hops+f.Hops, bytes+f.Bytes
			}
		}
		if rest := d.Hops - hops; d.Bytes-bytes != rest*arp || rest > 10 {
			t.Errorf("%v: %d hops of %d bytes in flows, want %d of %d but for a few ARP packets of %d bytes",
				d.Name, hops, bytes, d.Hops, d.Bytes, arp)
		}
	}
}

func TestFullFlowTable(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l), flowBits: 4})
	m := newMeter(t, tr, l)
	const flows, each = 64, 100
	for i := range uint16(flows) {
		sendUDP(t, l, false, 41000+i, 42000+i, each)
	}
	got := m.settle()
	m.wantExact(got[:], 0)
	s := snapshot(t, tr)
	inFlows := flowHops(s, anyFlow)
	notIP := s.Hops() - inFlows - s.Losses.FlowTableFull
	if s.Losses.FlowTableFull == 0 || notIP > 10 {
		t.Errorf("%d hops in flows + %d that found the table full, want all %d but for a few ARP packets",
			inFlows, s.Losses.FlowTableFull, s.Hops())
	}
	if s.Losses.DeviceTableFull != 0 {
		t.Errorf("the device table was full %d times", s.Losses.DeviceTableFull)
	}
	for _, f := range s.Flows {
		if f.Key.Proto == protoUDP && f.Hops != each {
			t.Errorf("%v: %d hops, want %d", f.Key, f.Hops, each)
		}
	}
}

// Flows that are removed stay in the sums of their device and CPU.
func TestExpiredFlowsStayInTheSums(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l)})
	m := newMeter(t, tr, l)
	send(t, l, lab.Ping{Count: 100, CPU: -1})
	m.settle()
	before := snapshot(t, tr)
	for range 2 { // marked, then freed
		tr.mu.Lock()
		tr.expired += expireCells(tr.flows, monotonicNS(), tr.remember)
		tr.mu.Unlock()
	}
	after := snapshot(t, tr)
	if len(after.Flows) != 0 || after.Losses.FlowsExpired == 0 {
		t.Errorf("%d flows are left, %d expired", len(after.Flows), after.Losses.FlowsExpired)
	}
	for i, d := range after.Devices {
		if fmt.Sprint(d) != fmt.Sprint(before.Devices[i]) {
			t.Errorf("got  %v\nwant %v", d, before.Devices[i])
		}
	}
	if after.Hops() != before.Hops() {
		t.Errorf("%d hops by CPU, want %d as before", after.Hops(), before.Hops())
	}
}
