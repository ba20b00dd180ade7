// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// GRO merges packets after their hop: each counts, though most are seen no
// more after it.
func TestPathGROMerges(t *testing.T) {
	onceInVM(t)
	if !kernelAtLeast(5, 13) {
		t.Skip("GRO gives veth a NAPI since 5.13 (d3256efd8e8b)")
	}
	for _, ipv6 := range []bool{false, true} {
		name := map[bool]string{false: "IPv4", true: "IPv6"}[ipv6]
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			groOn(t, l)
			command(t, l.Ends[0].Netns, "ethtool", "-K", l.Ends[0].Ifname, "tso", "off")
			tr := startTrace(t, Options{Filter: onLab(l)})
			m := newMeter(t, tr, l)
			tap := tapOf(t, l.Ends[1])
			const payload = 8 << 20
			send(t, l, lab.Stream{IPv6: ipv6, Bytes: payload, CPU: -1})
			got := m.settle()
			merged := tap.packets()
			m.wantExact(got[:1], 0)
			m.wantExact(got[1:], etherHeader)
			b := got[1]
			t.Logf("%d packets were delivered as %d", b.kernel.rxPackets, merged)
			if merged > b.kernel.rxPackets/2 {
				t.Errorf("%d packets were delivered as %d: GRO did not merge", b.kernel.rxPackets, merged)
			}
			if b.kernel.rxPackets < payload/1460 {
				t.Errorf("%d packets for %d bytes: they were not segmented", b.kernel.rxPackets, payload)
			}
			if b.paths != [NumPaths]uint64{PathNAPI: b.hops} {
				t.Errorf("paths %v, want all %d by napi", b.paths, b.hops)
			}
			if d := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[1])); d.GSOSegs != d.Hops {
				t.Errorf("%d segments in %d hops, want one each", d.GSOSegs, d.Hops)
			}
		})
	}
}
