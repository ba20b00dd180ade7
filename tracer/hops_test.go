// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// What the device itself counts is the truth that hops are held against.
func TestHopsEqualRxPackets(t *testing.T) {
	tests := []struct {
		name    string
		traffic lab.Traffic
		// packets is the least that both ends together have to receive.
		packets uint64
	}{
		{"ping", lab.Ping{Count: fewer(50_000), CPU: -1}, fewer(100_000)},
		{"ping of IPv6", lab.Ping{IPv6: true, Count: fewer(10_000), CPU: -1}, fewer(20_000)},
		{"udp", lab.UDP{Count: fewer(100_000), CPU: -1}, fewer(100_000)},
		{"udp of IPv6", lab.UDP{IPv6: true, Count: fewer(20_000), CPU: -1}, fewer(20_000)},
		{"stream", lab.Stream{Bytes: fewer(2 << 30), CPU: -1}, fewer(10_000)},
		{"stream of IPv6", lab.Stream{IPv6: true, Bytes: fewer(256 << 20), CPU: -1}, fewer(1_000)},
		{"request/response", lab.RequestResponse{Count: fewer(50_000), CPU: -1}, fewer(100_000)},
		{"request/response of IPv6", lab.RequestResponse{IPv6: true, Count: fewer(10_000), CPU: -1}, fewer(20_000)},
	}
	l := newLab(t)
	tr := vethTrace(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMeter(t, tr, l)
			send(t, l, tt.traffic)
			got := m.settle()
			m.wantExact(got[:], 0)
			if n := got[0].kernel.rxPackets + got[1].kernel.rxPackets; n < tt.packets {
				t.Errorf("%d packets passed, want at least %d", n, tt.packets)
			}
		})
	}
}

// A GSO packet is one hop of many segments.
func TestGSOSegments(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l)})
	m := newMeter(t, tr, l)
	const payload = 64 << 20
	send(t, l, lab.Stream{Bytes: payload, CPU: -1})
	m.settle()
	d := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[1]))
	// Each segment carries at most the MTU less the headers.
	if least := uint64(payload / 1460); d.GSOSegs < least {
		t.Errorf("%d segments for %d bytes, want at least %d", d.GSOSegs, payload, least)
	}
	if d.Hops >= d.GSOSegs/2 {
		t.Errorf("%d hops for %d segments, want far fewer: GSO is on", d.Hops, d.GSOSegs)
	}
}
