// SPDX-License-Identifier: Apache-2.0

package path

import (
	"slices"
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
)

// wantPlaces checks where sightings are, by point and device.
func wantPlaces(t *testing.T, what string, got, want []sighting) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b sighting) bool {
		return a.TSNS == b.TSNS && a.Point == b.Point && a.Device == b.Device
	}) {
		t.Errorf("%s: got %+v\nwant %+v", what, public(got), public(want))
	}
}

// Sightings come from all CPUs in no order.
func TestJourneyOrders(t *testing.T) {
	seen := slices.Concat(backAcross(), across())
	slices.Reverse(seen)
	out, back, resent := journey(probe(), seen, true)
	wantPlaces(t, "out", out, across())
	wantPlaces(t, "back", back, backAcross())
	if resent != 0 {
		t.Errorf("resent %d times, want 0", resent)
	}
}

// A bridge that does not know where the destination is sends to all ports.
func TestJourneyWithoutCopies(t *testing.T) {
	stranger := device(104, 2, "eth0")
	copied := []sighting{
		at(14, PointReceive, stranger, there).of(5), dropAt(16, stranger, there, "ip_rcv_core").of(5).asCopy(),
	}
	out, _, _ := journey(probe(), append(across(), copied...), true)
	wantPlaces(t, "out", out, across())
}

// GRO receives a packet before its device does.
func TestJourneyReceivesOnce(t *testing.T) {
	out, _, _ := journey(probe(), append(across(), at(16, PointReceive, serverEth, there)), true)
	wantPlaces(t, "out", out, across())
	other := append(across(), at(16, PointReceive, device(server, 3, "br0"), there))
	out, _, _ = journey(probe(), other, true)
	wantPlaces(t, "another device", out, other)
}

// TCP sends again after a second.
func TestJourneyResent(t *testing.T) {
	again := across()
	for i := range again {
		again[i].TSNS += 1_000_000_000
	}
	out, _, resent := journey(probe(), append(across()[:3], again...), true)
	wantPlaces(t, "unanswered: the first", out, across()[:3])
	if resent != 1 {
		t.Errorf("resent %d times, want 1", resent)
	}
	answer := at(again[5].TSNS+10, PointXmit, serverEth, gone).asBack()
	out, _, resent = journey(probe(), append(append(across()[:3], again...), answer), true)
	wantPlaces(t, "answered: the second", out, again)
	if resent != 1 {
		t.Errorf("resent %d times, want 1", resent)
	}
}

// A ping to an own address has the flow of its answer.
func TestJourneyToItself(t *testing.T) {
	lo := device(client, 1, "lo")
	own := flow(1, "127.0.0.1", "127.0.0.1", 7)
	p := probe()
	p.Flow = own
	ask := []sighting{at(1, PointXmit, lo, own), at(2, PointReceive, lo, own)}
	answer := []sighting{at(3, PointXmit, lo, own).asReply(), at(4, PointReceive, lo, own).asReply()}
	out, back, _ := journey(p, slices.Concat(ask, answer), true)
	wantPlaces(t, "out", out, ask)
	wantPlaces(t, "back", back, answer)
}

// An ICMP error about the answer, from who did not expect it, is not the packet.
func TestJourneyErrorAboutAnswer(t *testing.T) {
	e := at(24, PointXmit, clientEth, tracer.FlowKey{}).about(ICMPError{Proto: 1, Type: 3, Code: 3})
	out, _, _ := journey(probe(), append(across(), e), true)
	wantPlaces(t, "out", out, across())
}
