// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// loopbackOf is the loopback device of a namespace as both ends of a lab.
func loopbackOf(t testing.TB, in string) *lab.Lab {
	t.Helper()
	lo := endOf(t, in, "lo")
	lo.IPv4, lo.IPv6 = prefix("127.0.0.1/8"), prefix("::1/128")
	return &lab.Lab{Name: "lo", Ends: [2]lab.End{lo, lo}}
}

// A packet over loopback makes the same hop, from the device to itself.
func TestPathLoopback(t *testing.T) {
	onceInVM(t)
	l := loopbackOf(t, newLab(t).Ends[0].Netns)
	tr := startTrace(t, Options{Kinds: []Kind{KindLoopback}})
	veths := startTrace(t, Options{})
	m := newMeter(t, tr, l)
	const count = 300
	send(t, l, lab.UDP{Count: count, CPU: -1})
	send(t, l, lab.Ping{IPv6: true, Count: count, CPU: -1})
	send(t, l, lab.RequestResponse{Count: count, CPU: -1})
	send(t, l, lab.Stream{Bytes: 8 << 20, CPU: -1})
	got := m.settle()
	m.wantExact(got[:1], etherHeader) // counted by loopback_xmit after the header is off
	if n := got[0].kernel.rxPackets; n < 5*count {
		t.Errorf("%d packets, want %d at least", n, 5*count)
	}
	if want := [NumPaths]uint64{PathBacklog: got[0].hops}; got[0].paths != want {
		t.Errorf("paths %v, want all %d by backlog", got[0].paths, got[0].hops)
	}
	s := snapshot(t, tr)
	wantKind(t, s, deviceIDOf(l.Ends[0]), KindLoopback)
	for _, d := range s.Devices {
		if d.Kind != KindLoopback {
			t.Errorf("%v is of kind %v, asked for loopback only", d.Name, d.Kind)
		}
	}
	if d := deviceIn(s, deviceIDOf(l.Ends[0])); d.Peer != d.Name {
		t.Errorf("%v has the peer %v, want itself", d.Name, d.Peer)
	}
	if d := deviceIn(snapshot(t, veths), deviceIDOf(l.Ends[0])); d.Hops+d.Missed+d.Drops.Total() != 0 {
		t.Errorf("a trace of veths alone has %d hops of loopback, missed %d", d.Hops, d.Missed)
	}
}

// All kinds together count what each counts alone.
func TestPathAllKinds(t *testing.T) {
	l := newLab(t)
	lo := loopbackOf(t, l.Ends[0].Netns)
	tr := startTrace(t, Options{Kinds: AllKinds()})
	onVeth, onLo := newMeter(t, tr, l), newMeter(t, tr, lo)
	const count = 300
	send(t, l, lab.RequestResponse{Count: count, CPU: -1})
	send(t, lo, lab.RequestResponse{Count: count, CPU: -1})
	veth, loopback := onVeth.settle(), onLo.settle()
	onVeth.wantExact(veth[:], 0)
	onLo.wantExact(loopback[:1], etherHeader)
	s := snapshot(t, tr)
	wantKind(t, s, deviceIDOf(l.Ends[0]), KindVeth)
	wantKind(t, s, deviceIDOf(l.Ends[1]), KindVeth)
	wantKind(t, s, deviceIDOf(lo.Ends[0]), KindLoopback)
}

// wantKind fails unless a device has hops, all of that kind.
func wantKind(t *testing.T, s *Snapshot, id DeviceID, kind Kind) {
	t.Helper()
	found := false
	for _, d := range s.Devices {
		if d.Name.DeviceID != id {
			continue
		}
		found = true
		if d.Kind != kind || d.Hops == 0 {
			t.Errorf("%v: %d hops of kind %v, want some of kind %v", d.Name, d.Hops, d.Kind, kind)
		}
	}
	if !found {
		t.Errorf("device %d has no hops, want some of kind %v", id, kind)
	}
}
