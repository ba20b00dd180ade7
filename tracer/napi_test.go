// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// etherHeader is what rx_bytes lacks on the NAPI path: veth counts there after
// it has taken the Ethernet header off.
const etherHeader = 14

func groOn(t testing.TB, l *lab.Lab) {
	t.Helper()
	if err := lab.SetGRO(l.Ends[1].Netns, l.Ends[1].Ifname, true); err != nil {
		t.Fatal(err)
	}
}

// A device with GRO takes packets of a peer without TSO by its own NAPI
// (veth_skb_is_eligible_for_gro).
func TestNAPIPath(t *testing.T) {
	if !kernelAtLeast(5, 13) {
		t.Skip("GRO gives veth a NAPI since 5.13 (d3256efd8e8b)")
	}
	for _, tt := range []struct {
		name    string
		traffic lab.Traffic
	}{
		{"udp", lab.UDP{Count: fewer(50_000), CPU: -1}},
		{"stream", lab.Stream{Bytes: fewer(64 << 20), CPU: -1}},
		{"request/response", lab.RequestResponse{Count: fewer(10_000), CPU: -1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			groOn(t, l)
			command(t, l.Ends[0].Netns, "ethtool", "-K", l.Ends[0].Ifname, "tso", "off")
			tr := startTrace(t, Options{Filter: onLab(l)})
			m := newMeter(t, tr, l)
			send(t, l, tt.traffic)
			got := m.settle()
			m.wantExact(got[:1], 0)
			m.wantExact(got[1:], etherHeader)
			if got[1].paths != [NumPaths]uint64{PathNAPI: got[1].hops} {
				t.Errorf("paths %v, want all %d by napi", got[1].paths, got[1].hops)
			}
			if got[0].paths != [NumPaths]uint64{PathBacklog: got[0].hops} {
				t.Errorf("the other way: paths %v, want all %d by backlog", got[0].paths, got[0].hops)
			}
			d := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[1]))
			if n := d.Stages[StageXmit].Count(); n != 0 {
				t.Errorf("the xmit stage is known of %d hops, want none", n)
			}
			for _, s := range []Stage{StageQueue, StageTotal} {
				if n := d.Stages[s].Count(); n != d.Hops {
					t.Errorf("the %v stage is known of %d hops, want %d", s, n, d.Hops)
				}
			}
		})
	}
}

func TestGROWithTSOKeepsToTheBacklog(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	groOn(t, l)
	m := newMeter(t, startTrace(t, Options{Filter: onLab(l)}), l)
	send(t, l, lab.Stream{Bytes: fewer(64 << 20), CPU: -1})
	send(t, l, lab.UDP{Count: fewer(10_000), CPU: -1})
	got := m.settle()
	m.wantExact(got[:], 0)
	if got[1].paths != [NumPaths]uint64{PathBacklog: got[1].hops} {
		t.Errorf("paths %v, want all %d by backlog", got[1].paths, got[1].hops)
	}
}
