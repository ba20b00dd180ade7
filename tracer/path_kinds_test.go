// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/vethtrace/vethtrace/lab"
)

// Between two ipvlans of one device packets are received by the one they are
// for. To the outside they leave over the lower device.
func TestPathIpvlan(t *testing.T) {
	onceInVM(t)
	for name, mode := range map[string]netlink.IPVlanMode{
		"l2": netlink.IPVLAN_MODE_L2, "l3": netlink.IPVLAN_MODE_L3, "l3s": netlink.IPVLAN_MODE_L3S,
	} {
		if skipInVM(name, "l2") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			u := newUppers(t, func(attrs netlink.LinkAttrs) netlink.Link {
				return &netlink.IPVlan{LinkAttrs: attrs, Mode: mode}
			})
			tr := startTrace(t, Options{Kinds: []Kind{KindVeth, KindIpvlan}})
			veths := startTrace(t, Options{})
			local, pair := newMeter(t, tr, u.local), newMeter(t, tr, u.pair)
			const count = 200
			send(t, u.local, lab.UDP{Count: count, CPU: -1})
			send(t, u.local, lab.RequestResponse{Count: count, CPU: -1})
			got := local.settle()
			wantPackets(t, got, count)
			for _, e := range u.local.Ends {
				wantKind(t, snapshot(t, tr), deviceIDOf(e), KindIpvlan)
				if d := deviceIn(snapshot(t, veths), deviceIDOf(e)); d.Hops+d.Missed+d.Drops.Total() != 0 {
					t.Errorf("a trace of veths alone has %d hops at %v, missed %d", d.Hops, d.Name, d.Missed)
				}
			}

			if mode != netlink.IPVLAN_MODE_L2 {
				return // the outside would need routes
			}
			pings := send(t, u.outward, lab.Ping{Count: count, CPU: -1})
			both := pair.settle()
			pair.wantExact(both[:], 0)
			wantPackets(t, both, pings.Received)
			if pings.Received < count-5 {
				t.Errorf("%d of %d pings came back", pings.Received, count)
			}
			after := local.grown()
			for i, g := range after {
				if g.hops+g.missed+g.dropped != got[i].hops+got[i].missed+got[i].dropped {
					t.Errorf("end %d: hops %d, missed %d after packets to the outside, want %d and %d as before",
						i, g.hops, g.missed, got[i].hops, got[i].missed)
				}
			}
		})
	}
}

// wantPackets fails unless each end received so many packets, and those not
// missed are hops.
func wantPackets(t *testing.T, got [2]growth, least uint64) {
	t.Helper()
	for i, g := range got {
		t.Logf("end %d: %d packets; hops %d, missed %d, dropped %d, unseen %d, paths %v",
			i, g.kernel.rxPackets, g.hops, g.missed, g.dropped, g.unseen(), g.paths)
		if g.kernel.rxPackets < least {
			t.Errorf("end %d: %d packets, want %d at least", i, g.kernel.rxPackets, least)
		}
		if g.missed+g.unseen() == 0 && g.hops != g.kernel.rxPackets {
			t.Errorf("end %d: hops = %d, want rx_packets = %d", i, g.hops, g.kernel.rxPackets)
		}
	}
}

// A netkit pair hands its packets to the backlog just as veth does.
func TestPathNetkit(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	pair := &lab.Lab{Name: "netkit"}
	addLink(t, l.Ends[0].Netns, "nk0", func(attrs netlink.LinkAttrs) error {
		to, err := netns.GetFromName(l.Ends[1].Netns)
		if err != nil {
			return err
		}
		defer to.Close()
		peer := named("nk1")
		peer.Namespace = netlink.NsFd(int(to))
		link := &netlink.Netkit{
			LinkAttrs: attrs, Mode: netlink.NETKIT_MODE_L2,
			Policy: netlink.NETKIT_POLICY_FORWARD, PeerPolicy: netlink.NETKIT_POLICY_FORWARD,
		}
		link.SetPeerAttrs(&peer)
		return netlink.LinkAdd(link)
	})
	for i, e := range l.Ends {
		pair.Ends[i] = setUp(t, e.Netns, []string{"nk0", "nk1"}[i])
		addAddress(t, &pair.Ends[i], []string{"192.0.2.1/24", "192.0.2.2/24"}[i])
	}
	waitCarrier(t, pair.Ends[:]...)
	introduce(t, pair.Ends[:]...)
	tr := startTrace(t, Options{Kinds: []Kind{KindNetkit}})
	veths := startTrace(t, Options{})
	m := newMeter(t, tr, pair)
	const count = 200
	send(t, pair, lab.UDP{Count: count, CPU: -1})
	send(t, pair, lab.RequestResponse{Count: count, CPU: -1})
	wantPackets(t, m.settle(), count)
	for _, e := range pair.Ends {
		wantKind(t, snapshot(t, tr), deviceIDOf(e), KindNetkit)
		if d := deviceIn(snapshot(t, veths), deviceIDOf(e)); d.Hops+d.Missed+d.Drops.Total() != 0 {
			t.Errorf("a trace of veths alone has %d hops at %v, missed %d", d.Hops, d.Name, d.Missed)
		}
	}
}
