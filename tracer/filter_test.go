// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// filterTest is a filter and the flows that pass it.
type filterTest struct {
	name   string
	filter Filter
	want   func(Flow) bool
}

// Traces with different filters watch the same traffic over two labs. Each has
// to count what passes its filter of all that an unfiltered one saw.
func TestFilters(t *testing.T) {
	onceInVM(t)
	one, two := newLab(t), newLab(t)
	a, b := one.Ends[0], one.Ends[1]
	const sport, dport = 40001, 40002
	ofOne := func(f Flow) bool {
		return f.Device.DeviceID == deviceIDOf(a) || f.Device.DeviceID == deviceIDOf(b)
	}
	within := func(p netip.Prefix) func(Flow) bool {
		return func(f Flow) bool { return p.Contains(f.Key.Src.Addr()) || p.Contains(f.Key.Dst.Addr()) }
	}
	proto := func(p uint8) func(Flow) bool { return func(f Flow) bool { return f.Key.Proto == p } }
	port := func(p uint16) func(Flow) bool {
		return func(f Flow) bool { return f.Key.Src.Port() == p || f.Key.Dst.Port() == p }
	}
	host := netip.PrefixFrom(a.IPv4.Addr(), 32)
	host6 := netip.PrefixFrom(b.IPv6.Addr(), 128)
	tests := []filterTest{
		{"transmitting device", Filter{Devices: []DeviceID{deviceIDOf(a)}}, ofOne},
		{"receiving device", Filter{Devices: []DeviceID{deviceIDOf(b)}}, ofOne},
		{"netns", Filter{Netns: uint32(b.NetnsInode)}, ofOne},
		{"icmp", Filter{Proto: protoICMP}, proto(protoICMP)},
		{"icmpv6", Filter{Proto: protoICMPv6}, proto(protoICMPv6)},
		{"tcp", Filter{Proto: protoTCP}, proto(protoTCP)},
		{"udp", Filter{Proto: protoUDP}, proto(protoUDP)},
		{"/32", Filter{Prefix: host}, within(host)},
		{"/24", Filter{Prefix: a.IPv4.Masked()}, within(a.IPv4.Masked())},
		{"/128", Filter{Prefix: host6}, within(host6)},
		{"/64", Filter{Prefix: b.IPv6.Masked()}, within(b.IPv6.Masked())},
		{"source port", Filter{Port: sport}, port(sport)},
		{"destination port", Filter{Port: dport}, port(dport)},
		{"all of them", Filter{
			Devices: []DeviceID{deviceIDOf(a)}, Netns: uint32(a.NetnsInode),
			Proto: protoUDP, Prefix: host, Port: dport,
		}, func(f Flow) bool { return ofOne(f) && port(dport)(f) && within(host)(f) }},
		{"nothing", Filter{Devices: []DeviceID{deviceIDOf(a)}, Netns: uint32(two.Ends[0].NetnsInode)},
			func(Flow) bool { return false }},
	}
	if inVM { // each takes a second or two to load
		tests = slices.DeleteFunc(tests, func(tt filterTest) bool {
			return !slices.Contains([]string{"netns", "source port", "/128", "all of them"}, tt.name)
		})
	}
	all := vethTrace(t)
	traces := make([]*Tracer, len(tests))
	for i, tt := range tests {
		traces[i] = startTrace(t, Options{Filter: tt.filter})
	}
	bases := make([]uint64, len(tests))
	wanted := make([]uint64, len(tests))
	atRest(t, func() {
		for i, tt := range tests {
			bases[i], wanted[i] = flowHops(snapshot(t, traces[i]), anyFlow), flowHops(snapshot(t, all), tt.want)
		}
	}, one, two)
	count := uint64(300)
	if inVM {
		count = 30
	}
	for i, l := range []*lab.Lab{one, two} {
		sendUDP(t, l, false, sport, dport, int(count))
		sendUDP(t, l, true, sport+10, dport+10, int(count))
		for range i + 1 { // not as much on both
			send(t, l, lab.Ping{Count: count, CPU: -1})
			send(t, l, lab.Ping{IPv6: true, Count: count, CPU: -1})
			send(t, l, lab.RequestResponse{Count: count, CPU: -1})
			send(t, l, lab.RequestResponse{IPv6: true, Count: count, CPU: -1})
		}
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got, want uint64
			if !poll(func() bool {
				got = flowHops(snapshot(t, traces[i]), anyFlow) - bases[i]
				want = flowHops(snapshot(t, all), tt.want) - wanted[i]
				return got == want
			}) {
				t.Errorf("%d hops, want the %d that match", got, want)
			}
			t.Logf("%d hops", got)
		})
	}
	t.Run("what was sent", func(t *testing.T) {
		for i, tt := range tests {
			sent, ok := map[string]uint64{"source port": 2 * count, "all of them": count}[tt.name]
			if got := flowHops(snapshot(t, traces[i]), port(dport)); ok && got != sent {
				t.Errorf("%s: %d hops, want the %d sent", tt.name, got, sent)
			}
		}
	})
}

func anyFlow(Flow) bool { return true }

func flowHops(s *Snapshot, match func(Flow) bool) (n uint64) {
	for _, f := range s.Flows {
		if match(f) {
			n += f.Hops
		}
	}
	return n
}
