// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// A packet that is freed after a delivery that was not seen is missed. With no
// XDP program anywhere, none did away with it.
func TestPathUnseenNAPIEndIsMissed(t *testing.T) {
	onceInVM(t)
	if !kernelAtLeast(5, 13) {
		t.Skip("GRO gives veth a NAPI since 5.13 (d3256efd8e8b)")
	}
	l := newLab(t)
	groOn(t, l)
	command(t, l.Ends[0].Netns, "ethtool", "-K", l.Ends[0].Ifname, "tso", "off")
	tr := startTrace(t, Options{Filter: onLab(l)})
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	detach(t, tr, "gro_receive")
	detach(t, tr, "receive")
	m := newMeter(t, tr, l)
	const count = 300
	sendUDP(t, l, false, 40001, 40002, count) // nobody is there: b frees each
	got := m.settle()
	b := got[1]
	t.Logf("%d packets; hops %d, missed %d, dropped %d", b.kernel.rxPackets, b.hops, b.missed, b.dropped)
	if b.hops != 0 || b.dropped != 0 || b.missed < count-b.unseen() {
		t.Errorf("hops %d, missed %d, dropped %d of %d packets whose end was not seen, want them missed",
			b.hops, b.missed, b.dropped, b.kernel.rxPackets)
	}
}
