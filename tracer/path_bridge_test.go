// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/vethtrace/vethtrace/lab"
)

// bridged is two labs' namespaces joined over a bridge: a packet from one's end
// a to the other's end a crosses two pairs.
type bridged struct {
	// first and second are the pairs, both from the end where a packet
	// starts to the one where it arrives.
	first, second *lab.Lab
	// through is from where packets start to where they end.
	through *lab.Lab
}

// bridgeLabs puts end b of a lab and a new pair to another lab's namespace
// under one bridge.
func bridgeLabs(t testing.TB) bridged {
	t.Helper()
	one, two := newLab(t), newLab(t)
	in := one.Ends[1].Netns
	second := addPair(t, [2]string{in, two.Ends[0].Netns}, [2]string{"port", "far"})
	addLink(t, in, "br", func(attrs netlink.LinkAttrs) error {
		return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs})
	})
	bridge := setUp(t, in, "br")
	for _, port := range []string{one.Ends[1].Ifname, "port"} {
		onLink(t, in, port, func(link netlink.Link) error { return netlink.LinkSetMasterByIndex(link, bridge.Ifindex) })
	}
	near, far := one.Ends[0], &second.Ends[1]
	addAddress(t, &near, "192.0.2.1/24")
	addAddress(t, far, "192.0.2.2/24")
	return bridged{one, second, &lab.Lab{Name: "through", Ends: [2]lab.End{near, *far}}}
}

// A packet that is bridged from one pair to another makes a hop on each.
func TestPathBridge(t *testing.T) {
	onceInVM(t)
	b := bridgeLabs(t)
	tr := startTrace(t, Options{Filter: Filter{Devices: append(onLab(b.first).Devices, onLab(b.second).Devices...)}})
	send(t, b.through, lab.Ping{Count: 3, CPU: -1})
	meters := []*meter{newMeter(t, tr, b.first), newMeter(t, tr, b.second)}
	const count = 500
	pings := send(t, b.through, lab.Ping{Count: count, CPU: -1})
	send(t, b.through, lab.RequestResponse{Count: count, CPU: -1})
	if pings.Received < count-5 {
		t.Errorf("%d of %d pings came back: the test says little", pings.Received, count)
	}
	for _, m := range meters {
		got := m.settle()
		m.wantExact(got[:], 0)
		for i, g := range got {
			if g.kernel.rxPackets < 2*pings.Received {
				t.Errorf("end %d of %s: %d packets, want %d at least", i, m.l.Name, g.kernel.rxPackets, 2*pings.Received)
			}
		}
	}
}
