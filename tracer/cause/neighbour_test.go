// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// The same address is in many namespaces: only one at the other end counts.
func TestOwner(t *testing.T) {
	s, j := newState(), newJourney("neigh_invalidate", "NEIGH_FAILED", false)
	p := &problem{s, j, &j.End}
	other := *s.Machine[3]
	other.Inode, other.Name = 1004, "other"
	other.Devices = slices.Clone(other.Devices)
	other.Devices[0].Peer = &inventory.End{Netns: 1005, Ifname: "out", Bridge: "br0"}
	s.Machine = slices.Insert(s.Machine, 1, &other)

	server, client := netip.MustParseAddr("10.2.0.2"), netip.MustParseAddr("10.1.0.2")
	for _, c := range []struct {
		device string
		addr   netip.Addr
		want   string
	}{
		{"out", server, "web"},
		{"br0", client, "client"},
		{"br0", server, ""},
		{"out", client, ""},
	} {
		got := ""
		if _, n := p.owner(s.device(routerNetns, c.device), c.addr); n != nil {
			got = n.Name
		}
		if got != c.want {
			t.Errorf("%v at %s: got %q, want %q", c.addr, c.device, got, c.want)
		}
	}
}

// ARP does not come through a port that is closed at the other end.
func TestPortBeforeNeighbour(t *testing.T) {
	s, j := newState(), newJourney("neigh_invalidate", "NEIGH_FAILED", false)
	s.Machine[2].Devices[2].Peer.Bridge = "br9"
	s.Peer = &State{Netns: s.named(1003), Machine: s.Machine, Ports: map[string]Port{"eth0": {State: 4}}}
	got := decide(j, s)
	if want := fromServer + "bridge link set dev eth0 state 3"; got.ID != "bridge_port" || !slices.Equal(got.Cure, []string{want}) {
		t.Errorf("got %+v, want bridge_port with %q", got, want)
	}
}
