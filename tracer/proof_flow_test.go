// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

func TestProofWraps(t *testing.T) {
	const rtx = t0 + 10*msec
	const seq = ^uint32(0) - 49
	for _, end := range []uint32{0, 50} {
		r := onlyOne(t, watchedProof(
			holeEvent(seq, end, rtx-3*usec), sackEvent(seq, end, rtx-2*usec), lateEvent(seq, end, rtx-msec, rtx-usec), resentEvent(ClassFast, end-10, end+20, rtx),
			ackedEvent(end+20, rtx+msec), dsackEvent(end-10, end+20, rtx+msec)))
		want := Chain{Overtaken: r.Chain.Overtaken, HoleNS: rtx - 3*usec, SACKNS: rtx - 2*usec, DSACKNS: rtx + msec, AckedNS: rtx + msec}
		if r.Verdict != VerdictReorderedAtHop || r.Chain != want {
			t.Errorf("up to %d: got %v, %+v", end, r.Verdict, r.Chain)
		}
	}
	r := onlyOne(t, watchedProof(resentEvent(ClassFast, seq, seq+20, rtx), ackedEvent(5, rtx+msec)))
	if r.Verdict != VerdictLostElsewhere {
		t.Errorf("acknowledged behind the wrap: got %v", r.Verdict)
	}
	r = onlyOne(t, watchedProof(resentEvent(ClassFast, 5, 25, rtx), ackedEvent(seq, rtx+msec)))
	if r.Chain.AckedNS != 0 {
		t.Errorf("not acknowledged in front of the wrap: got %+v", r.Chain)
	}
	if r := onlyOne(t, watchedProof(resentEvent(ClassFast, seq, 5, rtx), undoEvent(seq-5, rtx+msec))); r.Spurious != ProofUndo {
		t.Errorf("undone: got %v", r.Spurious)
	}
	// A connection so fast that its numbers come back within the window.
	p := watchedProof()
	for i := range uint64(9) {
		lateEvent(uint32(i<<29), uint32(i<<29)+100, t0+i*msec, t0+i*msec+usec)(p)
	}
	resentEvent(ClassFast, 0, 100, t0+8*msec+500*usec)(p)
	if r := onlyOne(t, p); r.Chain.Overtaken == nil || r.Chain.Overtaken.TSNS != t0+8*msec+usec {
		t.Errorf("got %+v", r.Chain.Overtaken)
	}
}

func TestProofWindow(t *testing.T) {
	const second = 1000 * msec
	const rtx = t0 + 100*second
	for _, tt := range []struct {
		name    string
		class   RetransmitClass
		backoff uint8
		event   proofEvent
		want    Verdict
	}{
		{"overtaken 2 s ago", ClassFast, 0, lateEvent(100, 200, rtx-3*second, rtx-2*second), VerdictReorderedAtHop},
		{"before that", ClassFast, 0, lateEvent(100, 200, rtx-3*second, rtx-2*second-1), VerdictUnknown},
		{"overtaken 200 ms before a timeout", ClassRTO, 0, lateEvent(100, 200, rtx-second, rtx-200*msec), VerdictReorderedAtHop},
		{"before that", ClassRTO, 0, lateEvent(100, 200, rtx-second, rtx-200*msec-1), VerdictUnknown},
		{"dropped 2 s ago", ClassFast, 0, dropEvent(100, 200, rtx-2*second), VerdictLostAtHop},
		{"before that", ClassFast, 0, dropEvent(100, 200, rtx-2*second-1), VerdictUnknown},
		{"timeout of a timeout", ClassRTO, 2, dropEvent(100, 200, rtx-7*second), VerdictLostAtHop},
		{"not so old", ClassRTO, 2, dropEvent(100, 200, rtx-9*second), VerdictUnknown},
		{"a minute is long", ClassSYN, 0, dropEvent(100, 200, rtx-61*second), VerdictUnknown},
		{"a large backoff", ClassRTO, 255, dropEvent(100, 200, rtx-99*second), VerdictLostAtHop},
	} {
		p := watchedProof(tt.event)
		p.retransmit(&Retransmit{TSNS: rtx, Flow: proofKey, Class: tt.class, Backoff: tt.backoff, Seq: 100, EndSeq: 200}, socketState{})
		if got := onlyOne(t, p).Verdict; got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestProofNAT(t *testing.T) {
	const rtx = t0 + 10*msec
	behind := proofKey2
	r := lateAt(100, 200, rtx-msec, rtx+usec)
	r.Flow, r.Before, r.HasBefore = behind, proofKey, true
	got := onlyOne(t, watchedProof(resentEvent(ClassFast, 100, 200, rtx), reorderEvent(r)))
	if got.Verdict != VerdictReorderedAtHop || got.Chain.Overtaken.Flow != behind {
		t.Errorf("got %v, %+v", got.Verdict, got.Chain.Overtaken)
	}
	// Once the two are known to be one, the receiver's signals and drops are
	// about the sender's bytes too.
	p := watchedProof(reorderEvent(r))
	p.signal(&tcpSignal{kind: signalHole, tsNS: rtx - usec, flow: behind, seq: 300, endSeq: 400, socket: socketState{outOfOrder: 3}})
	p.drop(&Drop{TSNS: rtx - 2*usec, Flow: behind, Seq: 300, EndSeq: 400, HasSeq: true})
	resentEvent(ClassFast, 300, 400, rtx)(p)
	if got := onlyOne(t, p); got.Verdict != VerdictLostAtHop || got.Chain.HoleNS != rtx-usec {
		t.Errorf("got %v, %+v", got.Verdict, got.Chain)
	}
	flows := p.flows()
	if len(flows) != 2 || flows[0].Key != proofKey || flows[0].Receiver != nil || flows[1].Key != behind || flows[1].Receiver == nil {
		t.Errorf("got %+v", flows)
	}
}

// TestProofOtherFlow checks that nothing is taken from another flow, or the
// other direction.
func TestProofOtherFlow(t *testing.T) {
	const rtx = t0 + 10*msec
	for _, key := range []FlowKey{proofKey2, {Proto: protoTCP, Src: proofKey.Dst, Dst: proofKey.Src}} {
		r := lateAt(100, 200, rtx-msec, rtx-usec)
		r.Flow = key
		p := watchedProof(reorderEvent(r), resentEvent(ClassFast, 100, 200, rtx))
		p.signal(&tcpSignal{kind: signalDSACK, tsNS: rtx + msec, flow: key, seq: 100, endSeq: 200, sndUna: 200})
		if got := onlyOne(t, p); got.Verdict != VerdictUnknown || got.Chain != (Chain{}) {
			t.Errorf("%v: got %v, %+v", key, got.Verdict, got.Chain)
		}
	}
}

func TestProofNewConnection(t *testing.T) {
	const rtx = t0 + 10*msec
	state := func(total uint32) socketState { return socketState{totalRetrans: total, sackOK: true, sndUna: 100} }
	p := watchedProof(
		lateEvent(100, 200, t0, t0+usec), holeEvent(100, 200, t0+usec), resentEventOf(ClassFast, 900, 1000, t0+2*usec, state(5)),
		dropEvent(100, 200, t0+3*usec), resentEventOf(ClassFast, 100, 200, rtx, state(1)))
	all := p.settle(rtx)
	if len(all) != 1 || all[0].Seq != 900 {
		t.Errorf("that of the old connection: got %+v", all)
	}
	if r := onlyOne(t, p); r.Chain.Overtaken != nil || r.Chain.HoleNS != 0 || r.Verdict != VerdictLostAtHop {
		t.Errorf("got %v, %+v, want only what came after the old connection", r.Verdict, r.Chain)
	}
	// An event that comes late is none of another connection.
	p = watchedProof(lateEvent(100, 200, t0, t0+usec), resentEventOf(ClassFast, 900, 1000, rtx+usec, state(5)), resentEventOf(ClassFast, 100, 200, rtx, state(4)))
	if all := p.finish(); len(all) != 2 || all[0].Verdict != VerdictReorderedAtHop {
		t.Errorf("got %+v", all)
	}
}

func TestProofFlows(t *testing.T) {
	p := watchedProof()
	dev := DeviceName{DeviceID: DeviceID{7, 2}, Ifname: "eth0"}
	send := func(key FlowKey, tsNS uint64, segs uint32, s socketState) {
		p.retransmit(&Retransmit{TSNS: tsNS, Flow: key, Netns: 7, Dev: dev, Peer: dev, Class: ClassFast, Segs: segs, Seq: 1, EndSeq: 2}, s)
	}
	receive := func(key FlowKey, kind tcpSignalKind, tsNS uint64, outOfOrder uint32) {
		p.signal(&tcpSignal{kind: kind, tsNS: tsNS, netns: 8, flow: key, seq: 1, endSeq: 2, socket: socketState{outOfOrder: outOfOrder, cwnd: 99}})
	}
	other := func(port uint16) FlowKey {
		return FlowKey{Proto: protoTCP, Src: netip.AddrPortFrom(proofKey.Src.Addr(), port), Dst: proofKey.Dst}
	}
	p.reorder(&Reorder{TSNS: t0, Flow: other(1), Late: OrderedPacket{HasSeq: true, EndSeq: 9}})
	receive(other(3), signalHole, t0, 1)
	receive(other(2), signalHole, t0, 1)
	receive(other(4), signalHole, t0, 2)
	receive(other(4), signalDuplicate, t0+2, 4)
	receive(other(4), signalFilled, t0+1, 3) // late
	send(other(5), t0, 1, socketState{cwnd: 10, srttUs: 20, reordSeen: 30, dsacks: 40})
	send(other(6), t0+1, 2, socketState{})
	p.signal(&tcpSignal{kind: signalAcked, tsNS: t0 + 3, netns: 7, flow: other(6), socket: socketState{cwnd: 11, srttUs: 21, reordSeen: 31, dsacks: 41}})
	p.signal(&tcpSignal{kind: numTCPSignals, tsNS: t0, flow: other(8)})

	sender := func(segs uint64, s TCPSender) *TCPSender {
		s.Netns, s.Dev, s.Peer = 7, dev, dev
		s.Events, s.Segs, s.Pending, s.Classes[ClassFast], s.ClassSegs[ClassFast] = 1, segs, 1, 1, segs
		return &s
	}
	want := []TCPFlow{
		{Key: other(6), LastNS: t0 + 3, Sender: sender(2, TCPSender{Cwnd: 11, SRTTUs: 21, ReordSeen: 31, DSACKs: 41})},
		{Key: other(5), LastNS: t0, Sender: sender(1, TCPSender{Cwnd: 10, SRTTUs: 20, ReordSeen: 30, DSACKs: 40})},
		{Key: other(4), LastNS: t0 + 2, Receiver: &TCPReceiver{Netns: 8, OutOfOrder: 4, Duplicates: 1}},
		{Key: other(2), LastNS: t0, Receiver: &TCPReceiver{Netns: 8, OutOfOrder: 1}},
		{Key: other(3), LastNS: t0, Receiver: &TCPReceiver{Netns: 8, OutOfOrder: 1}},
	}
	got := p.flows()
	sameFlows(t, got, want)
	// What was handed out does not change.
	p.finish()
	send(other(5), t0+5, 1, socketState{})
	receive(other(4), signalDuplicate, t0+6, 5)
	sameFlows(t, got, want)
}

func TestProofFailed(t *testing.T) {
	p := watchedProof()
	p.retransmit(&Retransmit{TSNS: t0, Flow: proofKey, Failed: true, Errno: 16, Class: ClassFast, Seq: 1, EndSeq: 2}, socketState{})
	if got := p.totals(); got != (Retransmits{Failed: 1}) {
		t.Errorf("got %+v", got)
	}
	flows := p.flows()
	if len(flows) != 1 || flows[0].Sender.Retransmits != (Retransmits{Failed: 1}) {
		t.Errorf("got %+v", flows)
	}
	if all := p.finish(); len(all) != 0 {
		t.Errorf("got %+v", all)
	}
}

func TestProofRecent(t *testing.T) {
	p := watchedProof()
	for i := range uint32(3*MaxRecent + 5) {
		resentEvent(ClassFast, i*100, i*100+100, t0+uint64(i))(p)
		if i%5 == 0 {
			p.finish()
		}
	}
	p.finish()
	recent := p.flows()[0].Recent
	if len(recent) != MaxRecent {
		t.Fatalf("got %d", len(recent))
	}
	for i, r := range recent {
		if want := uint32(2*MaxRecent+5+i) * 100; r.Seq != want {
			t.Errorf("%d: got %d, want %d", i, r.Seq, want)
		}
	}
}

// numberedFlow returns one of many flow keys.
func numberedFlow(n uint32) FlowKey {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], n)
	return FlowKey{Proto: protoTCP, Src: netip.AddrPortFrom(netip.AddrFrom4(a), 1), Dst: proofKey.Dst}
}

func TestProofForgets(t *testing.T) {
	p := watchedProof()
	const n = maxProofFlows + 100
	for i := range uint32(n) {
		p.retransmit(&Retransmit{TSNS: t0 + uint64(i), Flow: numberedFlow(i), Class: ClassFast, Segs: 2, Seq: 1, EndSeq: 2}, socketState{})
		// The first is in use all the time.
		p.signal(&tcpSignal{kind: signalSACK, tsNS: t0 + uint64(i), flow: numberedFlow(0), seq: 1, endSeq: 2})
	}
	flows := p.flows()
	if len(flows) != maxProofFlows || len(p.byKey) != maxProofFlows {
		t.Errorf("got %d flows, want %d", len(flows), maxProofFlows)
	}
	for i, want := range map[uint32]bool{0: true, 1: false, 100: false, 101: true, n - 1: true} {
		if _, ok := p.byKey[numberedFlow(i)]; ok != want {
			t.Errorf("flow %d is remembered: %t", i, ok)
		}
	}
	if got := p.totals(); got.Events != n || got.Segs != 2*n || got.Pending != maxProofFlows {
		t.Errorf("got %+v", got)
	}
	consistent(t, p)
	end := t0 + uint64(n) + idleNS
	if all := p.settle(end - 1); len(all) != n || len(p.byKey) == 0 {
		t.Errorf("got %d, and %d flows", len(all), len(p.byKey))
	}
	p.settle(end + 2*tidyEveryNS)
	if got := p.totals(); len(p.byKey) != 0 || len(p.flows()) != 0 || got.Events != n || got.Verdicts[VerdictUnknown] != n {
		t.Errorf("got %d flows, %+v", len(p.byKey), got)
	}
}

func TestProofBoundsOfOneFlow(t *testing.T) {
	skipPureInVM(t)
	p := watchedProof()
	const n = 3 * maxWaiting
	for i := range uint64(n) {
		seq := uint32(i * 100)
		lateEvent(seq, seq+50, t0+i*usec, t0+i*usec+5*usec)(p)
		dropEvent(seq+50, seq+60, t0+i*usec)(p)
		holeEvent(seq, seq+100, t0+i*usec)(p)
		dsackEvent(seq+200, seq+300, t0+i*usec)(p)
		undoEvent(seq, t0+i*usec)(p)
		resentEvent(ClassFast, seq+60, seq+100, t0+i*usec)(p)
	}
	f := p.byKey[proofKey]
	for name, got := range map[string][2]int{
		"waiting": {f.waiting.len(), maxWaiting}, "lates": {f.lates.len(), maxLates}, "drops": {f.drops.len(), maxDrops},
		"holes": {f.holes.len(), maxHoles}, "unclaimed": {f.unclaimed[byDSACK].len(), maxUnclaimed}, "undos": {f.undos.len(), maxUndos},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %d, want %d", name, got[0], got[1])
		}
	}
	if all := p.settle(t0); len(all) != n-maxWaiting || all[0].TSNS != t0 {
		t.Errorf("got %d, want %d decided early", len(all), n-maxWaiting)
	}
	consistent(t, p)
	p.settle(t0 + n*usec + quietNS + tidyEveryNS)
	if f.lates.len() != 0 || f.lates.values != nil || f.drops.len() == 0 {
		t.Errorf("of a quiet flow %d late packets are remembered, and %d drops", f.lates.len(), f.drops.len())
	}
}
