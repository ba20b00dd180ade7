// SPDX-License-Identifier: Apache-2.0

package tracer

import "testing"

// Both ends may be in one namespace, where only their ifindex tells them apart.
func TestPathBothEndsInOneNetns(t *testing.T) {
	onceInVM(t)
	in := newLab(t).Ends[0].Netns
	l := addPair(t, [2]string{in, in}, [2]string{"left", "right"})
	tr := startTrace(t, Options{Filter: onLab(l)})
	m := newMeter(t, tr, l)
	want := [2]int{300, 700}
	for i, e := range l.Ends {
		sendFrames(t, e, append(ethernet(l.Ends[1-i].MAC, e.MAC, etherLocal), make([]byte, 100)...), want[1-i])
	}
	got := m.settle()
	m.wantExact(got[:], 0)
	for i, g := range got {
		if g.kernel.rxPackets < uint64(want[i]) {
			t.Errorf("end %d received %d packets, want the %d sent to it at least", i, g.kernel.rxPackets, want[i])
		}
		d := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[i]))
		if d.Name.Netns != d.Peer.Netns || d.Name.Ifname != l.Ends[i].Ifname || d.Peer.Ifname != l.Ends[1-i].Ifname {
			t.Errorf("end %d: %v from %v, want %s from %s in one namespace", i, d.Name, d.Peer, l.Ends[i].Ifname, l.Ends[1-i].Ifname)
		}
	}
}
