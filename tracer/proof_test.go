// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net/netip"
	"slices"
	"testing"
)

const (
	usec = uint64(1_000)
	msec = uint64(1_000_000)
	// t0 is when tests begin.
	t0 = 1_000_000 * msec
)

var (
	proofKey  = FlowKey{Proto: protoTCP, Src: netip.MustParseAddrPort("10.9.0.1:40001"), Dst: netip.MustParseAddrPort("10.9.0.2:5201")}
	proofKey2 = FlowKey{Proto: protoTCP, Src: netip.MustParseAddrPort("10.9.0.9:40001"), Dst: netip.MustParseAddrPort("10.9.0.2:5201")}
)

// proofEvent is something that happens to an engine.
type proofEvent func(p *proof)

// lateAt is a packet queued and delivered at these times, overtaken by the next
// one, which was queued 10 usec after it and delivered 10 usec later.
func lateAt(seq, end uint32, queuedNS, deliveredNS uint64) Reorder {
	return Reorder{
		TSNS: deliveredNS, Flow: proofKey,
		Late:      OrderedPacket{Seq: seq, EndSeq: end, HasSeq: true, EnqueueNS: queuedNS, DeliverNS: deliveredNS},
		Overtaker: OrderedPacket{Seq: end, HasSeq: true, EnqueueNS: queuedNS + 10*usec, DeliverNS: queuedNS + 20*usec},
		LateNS:    deliveredNS - queuedNS - 20*usec, Displacement: 1, Cause: CauseSenderMoved,
	}
}

func lateEvent(seq, end uint32, queuedNS, deliveredNS uint64) proofEvent {
	r := lateAt(seq, end, queuedNS, deliveredNS)
	return reorderEvent(r)
}

func reorderEvent(r Reorder) proofEvent { return func(p *proof) { p.reorder(&r) } }

func dropEvent(seq, end uint32, tsNS uint64) proofEvent {
	return func(p *proof) {
		p.drop(&Drop{TSNS: tsNS, DropNS: tsNS + usec, Flow: proofKey, HasFlow: true, Seq: seq, EndSeq: end, HasSeq: true, Cause: DropBacklogFull})
	}
}

// resent is a retransmit on a connection with SACK.
func resentEvent(class RetransmitClass, seq, end uint32, tsNS uint64) proofEvent {
	return resentEventOf(class, seq, end, tsNS, socketState{sndUna: seq, sackOK: true, srttUs: 100})
}

func resentEventOf(class RetransmitClass, seq, end uint32, tsNS uint64, s socketState) proofEvent {
	return func(p *proof) {
		p.retransmit(&Retransmit{TSNS: tsNS, Flow: proofKey, Netns: 7, Class: class, Segs: 1, Seq: seq, EndSeq: end, SRTTUs: s.srttUs}, s)
	}
}

// signalled is a signal on that connection.
func signalEvent(kind tcpSignalKind, seq, end, una uint32, tsNS uint64) proofEvent {
	return signalEventOf(kind, seq, end, tsNS, una, socketState{sackOK: true})
}

func signalEventOf(kind tcpSignalKind, seq, end uint32, tsNS uint64, una uint32, s socketState) proofEvent {
	return func(p *proof) {
		p.signal(&tcpSignal{kind: kind, tsNS: tsNS, netns: 8, flow: proofKey, seq: seq, endSeq: end, sndUna: una, socket: s})
	}
}

func holeEvent(seq, end uint32, tsNS uint64) proofEvent {
	return signalEvent(signalHole, seq, end, 0, tsNS)
}
func sackEvent(seq, end uint32, tsNS uint64) proofEvent {
	return signalEvent(signalSACK, seq, end, seq, tsNS)
}
func ackedEvent(una uint32, tsNS uint64) proofEvent {
	return signalEvent(signalAcked, 0, una, una, tsNS)
}
func dsackEvent(seq, end uint32, tsNS uint64) proofEvent {
	return signalEvent(signalDSACK, seq, end, end, tsNS)
}
func undoEvent(seq uint32, tsNS uint64) proofEvent {
	return signalEvent(signalUndo, seq, seq, seq, tsNS)
}

// watchedProof is an engine that has seen all events, signals since before the
// first of them.
func watchedProof(events ...proofEvent) *proof {
	p := newProof()
	p.watch(t0)
	for _, e := range events {
		e(p)
	}
	return p
}

// one returns the only retransmit of an engine, decided at its end.
func onlyOne(t *testing.T, p *proof) *Retransmit {
	t.Helper()
	all := p.finish()
	if len(all) != 1 {
		t.Fatalf("got %d retransmits, want 1", len(all))
	}
	consistent(t, p)
	return all[0]
}

// consistent checks what always holds of the counts.
func consistent(t testing.TB, p *proof) {
	t.Helper()
	check := func(what string, c Retransmits) {
		sum := c.Pending
		for _, n := range c.Verdicts {
			sum += n
		}
		var classes, proofs, causes uint64
		for _, n := range c.Classes {
			classes += n
		}
		for _, n := range c.Spurious {
			proofs += n
		}
		for _, n := range c.Causes {
			causes += n
		}
		if c.Events != sum || c.Events != classes || proofs != c.Events-c.Pending || causes != c.Verdicts[VerdictReorderedAtHop] {
			t.Errorf("%s: the counts contradict each other: %+v", what, c)
		}
	}
	check("all", p.totals())
	for _, f := range p.flows() {
		if f.Sender != nil {
			check("flow", f.Sender.Retransmits)
		}
	}
}

// permutations calls fn with each order of events.
func permutations(events []proofEvent, fn func([]proofEvent)) {
	var rec func(k int)
	rec = func(k int) {
		if k == len(events) {
			fn(events)
		}
		for i := k; i < len(events); i++ {
			events[k], events[i] = events[i], events[k]
			rec(k + 1)
			events[k], events[i] = events[i], events[k]
		}
	}
	rec(0)
}

func TestProofFinishIsSorted(t *testing.T) {
	p := watchedProof(resentEvent(ClassFast, 300, 400, t0+3*msec), resentEvent(ClassFast, 100, 200, t0+msec), resentEvent(ClassFast, 200, 300, t0+2*msec))
	all := p.finish()
	if !slices.IsSortedFunc(all, func(a, b *Retransmit) int { return int(a.TSNS) - int(b.TSNS) }) || len(all) != 3 {
		t.Errorf("got %v", all)
	}
	if more := p.finish(); len(more) != 0 {
		t.Errorf("got %v twice", more)
	}
}
