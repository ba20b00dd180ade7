// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/vethtrace/vethtrace/lab"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// uppers is two devices in namespaces of their own on top of one end of a veth
// pair, which know each other and what is at the other end.
type uppers struct {
	pair    *lab.Lab // lower, outside
	local   *lab.Lab // from the one to the other
	outward *lab.Lab // from the one over the pair to its other end
}

func newUppers(t testing.TB, link func(netlink.LinkAttrs) netlink.Link) uppers {
	t.Helper()
	one, two := newLab(t), newLab(t)
	pair := addPair(t, [2]string{one.Ends[0].Netns, one.Ends[1].Netns}, [2]string{"lower", "outside"})
	outside := &pair.Ends[1]
	addAddress(t, outside, "192.0.2.1/24")
	first := addUpper(t, pair.Ends[0], two.Ends[0].Netns, "first", link)
	second := addUpper(t, pair.Ends[0], two.Ends[1].Netns, "second", link)
	addAddress(t, &first, "192.0.2.11/24")
	addAddress(t, &second, "192.0.2.12/24")
	introduce(t, first, second, *outside)
	return uppers{
		pair:    pair,
		local:   &lab.Lab{Name: "local", Ends: [2]lab.End{first, second}},
		outward: &lab.Lab{Name: "outward", Ends: [2]lab.End{first, *outside}},
	}
}

func newMacvlans(t testing.TB) uppers {
	return newUppers(t, func(attrs netlink.LinkAttrs) netlink.Link {
		return &netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}
	})
}

// Between two macvlans of one device packets are received by that device, and
// from there given to the macvlan without another softirq.
func TestPathMacvlanLocal(t *testing.T) {
	onceInVM(t)
	u := newMacvlans(t)
	tr := startTrace(t, Options{Kinds: []Kind{KindMacvlan}})
	veths := startTrace(t, Options{})
	m := newMeter(t, tr, u.local)
	lower := deviceIDOf(u.pair.Ends[0])
	base := deviceIn(snapshot(t, tr), lower)
	const count = 300
	send(t, u.local, lab.UDP{Count: count, CPU: -1})
	send(t, u.local, lab.RequestResponse{Count: count, CPU: -1})

	var rx, xmits, hops, missed uint64
	if !poll(func() bool {
		both := m.grown()
		d := deviceIn(snapshot(t, tr), lower)
		rx = both[0].kernel.rxPackets + both[1].kernel.rxPackets
		xmits = both[0].xmits + both[1].xmits
		hops, missed = d.Hops-base.Hops, d.Missed-base.Missed
		return hops+missed == xmits
	}) {
		t.Errorf("hops %d + missed %d, want the %d packets that a program saw", hops, missed, xmits)
	}
	t.Logf("%d packets, seen %d; hops %d, missed %d", rx, xmits, hops, missed)
	if rx < 3*count || float64(hops) < 0.95*float64(rx) {
		t.Errorf("%d hops of %d packets, want all, and %d at least", hops, rx, 3*count)
	}
	if missed == 0 && xmits == rx && hops != rx {
		t.Errorf("hops = %d, want rx_packets of both macvlans = %d", hops, rx)
	}
	wantKind(t, snapshot(t, tr), lower, KindMacvlan)
	if d := deviceIn(snapshot(t, veths), lower); d.Hops+d.Missed+d.Drops.Total() != 0 {
		t.Errorf("a trace of veths alone has %d hops at the lower device, missed %d", d.Hops, d.Missed)
	}
}

// What a macvlan sends to the outside is handed to the lower device at once:
// that is no hop, and the hop over the pair is one.
func TestPathMacvlanOutward(t *testing.T) {
	onceInVM(t)
	for name, kinds := range map[string][]Kind{
		"veth":             nil,
		"macvlan":          {KindMacvlan},
		"veth and macvlan": {KindVeth, KindMacvlan},
	} {
		if skipInVM(name, "veth and macvlan") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			u := newMacvlans(t)
			tr := startTrace(t, Options{Kinds: kinds})
			m := newMeter(t, tr, u.pair)
			lost := snapshot(t, tr).Losses
			const count = 300
			pings := send(t, u.outward, lab.Ping{Count: count, CPU: -1})
			if pings.Received < count-5 {
				t.Errorf("%d of %d pings came back", pings.Received, count)
			}
			if len(kinds) == 1 { // no veth
				wantNoHops(t, tr, u)
				return
			}
			got := m.settle()
			m.wantExact(got[:], 0)
			for i, g := range got {
				if g.kernel.rxPackets < pings.Received {
					t.Errorf("end %d: %d packets, want %d at least", i, g.kernel.rxPackets, pings.Received)
				}
				wantKind(t, snapshot(t, tr), deviceIDOf(u.pair.Ends[i]), KindVeth)
			}
			if now := snapshot(t, tr).Losses; got[0].missed+got[1].missed == 0 && now.Recursion != lost.Recursion {
				t.Errorf("losses %+v, were %+v", now, lost)
			}
		})
	}
}

// wantNoHops waits until what was begun has been given up, and fails if
// anything was counted at any of the devices.
func wantNoHops(t *testing.T, tr *Tracer, u uppers) {
	t.Helper()
	waitNothingUnfinished(t, tr)
	s := snapshot(t, tr)
	for _, e := range append(u.pair.Ends[:], u.local.Ends[:]...) {
		if d := deviceIn(s, deviceIDOf(e)); d.Hops+d.Missed+d.Drops.Total() != 0 {
			t.Errorf("%v: hops %d, missed %d, dropped %d, want none", d.Name, d.Hops, d.Missed, d.Drops.Total())
		}
	}
	if s.Losses.MissedSlots != 0 {
		t.Errorf("%d hops were missed, want none: none began", s.Losses.MissedSlots)
	}
}
