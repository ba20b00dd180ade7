// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/vethtrace/vethtrace/lab"
)

// moveEndB puts end b of a lab into another namespace under another name, as
// container runtimes do, and returns the lab as it is then.
func moveEndB(t testing.TB, l *lab.Lab, to, name string) *lab.Lab {
	t.Helper()
	moved := *l
	onLink(t, l.Ends[1].Netns, l.Ends[1].Ifname, func(link netlink.Link) error {
		ns, err := netns.GetFromName(to)
		if err != nil {
			return err
		}
		defer ns.Close()
		if err := netlink.LinkSetDown(link); err != nil {
			return err
		}
		if err := netlink.LinkSetName(link, name); err != nil {
			return err
		}
		return netlink.LinkSetNsFd(link, int(ns))
	})
	b := setUp(t, to, name)
	addAddress(t, &b, l.Ends[1].IPv4.String())
	moved.Ends[1] = b
	waitCarrier(t, moved.Ends[:]...)
	return &moved
}

// A device that moves to another namespace is another one from then on.
func TestPathDeviceChangesNetns(t *testing.T) {
	onceInVM(t)
	l, other := newLab(t), newLab(t)
	tests := map[string]*Tracer{
		"no filter":               startTrace(t, Options{}),
		"filter by the other end": startTrace(t, Options{Filter: Filter{Devices: []DeviceID{deviceIDOf(l.Ends[0])}}}),
	}
	const before, after = 300, 500
	meters := make(map[string]*meter)
	for name, tr := range tests {
		meters[name] = newMeter(t, tr, l)
	}
	send(t, l, lab.Ping{Count: before, CPU: -1})
	first := make(map[string][2]growth)
	for name, m := range meters {
		got := m.settle()
		m.wantExact(got[:], 0)
		first[name] = got
	}

	moved := moveEndB(t, l, other.Ends[0].Netns, "moved")
	send(t, moved, lab.Ping{Count: 1, CPU: -1})
	for name, tr := range tests {
		meters[name] = newMeter(t, tr, moved)
	}
	send(t, moved, lab.Ping{Count: after, CPU: -1})
	for name, tr := range tests {
		t.Run(name, func(t *testing.T) {
			m := meters[name]
			got := m.settle()
			m.wantExact(got[:], 0)
			if got[1].kernel.rxPackets < after {
				t.Errorf("%d packets after the move, want %d at least", got[1].kernel.rxPackets, after)
			}
			wantMoved(t, snapshot(t, tr), l, moved, first[name][1].hops)
		})
	}
}

// wantMoved fails unless end b is two devices, the old one with so many hops
// or the few more of the moment between.
func wantMoved(t *testing.T, s *Snapshot, before, after *lab.Lab, oldHops uint64) {
	t.Helper()
	old, b, a := before.Ends[1], after.Ends[1], before.Ends[0]
	was, is := deviceIn(s, deviceIDOf(old)), deviceIn(s, deviceIDOf(b))
	for _, tt := range []struct {
		what string
		got  Device
		want lab.End
	}{{"before", was, old}, {"after", is, b}} {
		name := DeviceName{deviceIDOf(tt.want), tt.want.Netns, tt.want.Ifname}
		peer := DeviceName{deviceIDOf(a), a.Netns, a.Ifname}
		if tt.got.Name != name || tt.got.Peer != peer {
			t.Errorf("%s: %v from %v, want %v from %v", tt.what, tt.got.Name, tt.got.Peer, name, peer)
		}
	}
	// End a has had two peers.
	if peer := deviceIn(s, deviceIDOf(a)).Peer; peer != was.Name && peer != is.Name {
		t.Errorf("the other end's peer is %v, want %v or %v", peer, was.Name, is.Name)
	}
	if was.Hops < oldHops || was.Hops > oldHops+20 {
		t.Errorf("the old device has %d hops, want the %d from before the move", was.Hops, oldHops)
	}
	var flows uint64
	for _, f := range s.Flows {
		if f.Device.DeviceID == deviceIDOf(b) && f.Key.Proto == protoICMP {
			flows += f.Hops
			if f.Device.NetnsName != b.Netns || f.Device.Ifname != b.Ifname {
				t.Errorf("the flow's device is %v, want %s/%s", f.Device, b.Netns, b.Ifname)
			}
		}
	}
	if arp := is.Hops - flows; arp > 10 {
		t.Errorf("the device has %d hops, its pings %d", is.Hops, flows)
	}
}

// What does not arrive is booked at the device that would have received it
// then.
func TestPathDropsOfDeviceThatChangesNetns(t *testing.T) {
	onceInVM(t)
	l, other := newLab(t), newLab(t)
	const before, after, size, mtu = 50, 70, 1200, "600"
	drop := func(l *lab.Lab, n uint64) {
		b := l.Ends[1]
		command(t, b.Netns, "ip", "link", "set", b.Ifname, "mtu", mtu)
		send(t, l, lab.UDP{Count: n, Size: size, CPU: -1})
	}
	send(t, l, lab.Ping{Count: 1, CPU: -1})
	tr := startTrace(t, Options{Filter: Filter{Devices: []DeviceID{deviceIDOf(l.Ends[0])}}})
	m := newMeter(t, tr, l)
	drop(l, before)
	first := m.settle()
	moved := moveEndB(t, l, other.Ends[0].Netns, "moved")
	send(t, moved, lab.Ping{Count: 10, CPU: -1})
	m = newMeter(t, tr, moved)
	drop(moved, after)
	// As the sender counts them, in its tx_dropped.
	if n := first[1].txDropped; n < before {
		t.Fatalf("%d packets were dropped before, want %d", n, before)
	}
	var dropped [2]uint64
	want := [2]uint64{before, after}
	if !poll(func() bool {
		s := snapshot(t, tr)
		for i, end := range []lab.End{l.Ends[1], moved.Ends[1]} {
			d := deviceIn(s, deviceIDOf(end))
			dropped[i] = d.Drops.Total()
		}
		return dropped == want
	}) {
		got := m.grown()[1]
		t.Errorf("dropped before and after the move: %d, want %d; the sender counts %d after it", dropped, want, got.txDropped)
	}
}
