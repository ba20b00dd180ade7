// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// With room for a handful of packets between xmit and delivery, most of a
// flood is lost to the trace, and every one of them is counted.
func TestMissedIsExact(t *testing.T) {
	onceInVM(t)
	if !kernelAtLeast(5, 12) {
		t.Skip("without compare-and-exchange (before 5.12) a hop may be counted twice or not at all")
	}
	for _, slotBits := range slotSizes() {
		l := newLab(t)
		crossCPUs(t, l)
		send(t, l, lab.Ping{Count: 1, CPU: 0})
		m := newMeter(t, startTrace(t, Options{Filter: onLab(l), slotBits: slotBits}), l)
		send(t, l, lab.UDP{Count: fewer(100_000), CPU: 0})
		got := m.settle()
		m.wantExact(got[:], 0)
		if got[1].missed == 0 {
			t.Errorf("with %d buckets no hop was missed: the test says nothing", 1<<slotBits)
		}
	}
}

// slotSizes are of tables that a flood overflows.
func slotSizes() []uint32 {
	if inVM {
		return []uint32{2}
	}
	return []uint32{1, 2, 4}
}

// A packet larger than its peer takes dies within veth_xmit: that is no hop,
// and no loss of the trace.
func TestDropsAreNoHops(t *testing.T) {
	l := newLab(t)
	send(t, l, lab.Ping{Count: 1, CPU: -1})
	command(t, l.Ends[1].Netns, "ip", "link", "set", l.Ends[1].Ifname, "mtu", "600")
	m := newMeter(t, labTrace(t, l), l)
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	count := fewer(1000)
	send(t, l, lab.UDP{Count: count, Size: 1200, CPU: -1})
	got := m.settle()
	m.wantExact(got[:], 0)
	if got[1].txDropped < count {
		t.Errorf("the sender dropped %d packets, want at least %d: the test says nothing", got[1].txDropped, count)
	}
	if got[1].dropped != got[1].txDropped {
		t.Errorf("dropped = %d, want the sender's tx_dropped = %d", got[1].dropped, got[1].txDropped)
	}
}

// A hop whose end no hook sees is given up after a while, and booked at the
// device that did not receive it.
func TestUnseenEndIsMissed(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l)})
	m := newMeter(t, tr, l)
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	m.settle()

	detach(t, tr, "receive")
	m = newMeter(t, tr, l)
	sent := send(t, l, lab.UDP{Count: fewer(1000), Interval: 200 * time.Microsecond, CPU: 0}).Packets
	got := m.settle()
	// Some die in the receiving socket, which is taken for their end.
	if got[1].hops != 0 || got[1].missed < sent/2 {
		t.Errorf("hops %d, missed %d, dropped %d of %d packets whose end was not seen, want them missed",
			got[1].hops, got[1].missed, got[1].dropped, sent)
	}
}
