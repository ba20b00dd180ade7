// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sameFlows compares flows, whose addresses have unexported fields.
func sameFlows(t *testing.T, got, want []TCPFlow) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b FlowKey) bool { return a == b })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestProofSettles(t *testing.T) {
	const rtx = t0 + 10*msec
	state := func(srttUs uint32) socketState { return socketState{sndUna: 100, sackOK: true, srttUs: srttUs} }
	for _, tt := range []struct {
		name   string
		srttUs uint32
		events []proofEvent
		afterNS,
		// laterNS is when a late ACK comes, 0 for none.
		laterNS uint64
		want Verdict
	}{
		{"acknowledged", 100, []proofEvent{ackedEvent(200, rtx+msec)}, 200 * msec, 0, VerdictLostElsewhere},
		{"acknowledged, 50 ms away", 50_000, []proofEvent{ackedEvent(200, rtx+msec)}, 400 * msec, 0, VerdictLostElsewhere},
		{"acknowledged, far away", 1_000_000, []proofEvent{ackedEvent(200, rtx+msec)}, 1000 * msec, 0, VerdictLostElsewhere},
		{"an extreme round trip", ^uint32(0), []proofEvent{ackedEvent(200, rtx+msec)}, 1000 * msec, 0, VerdictLostElsewhere},
		{"not acknowledged", 100, nil, 3000 * msec, 0, VerdictUnknown},
		{"not needed, at no hop", 100, []proofEvent{dsackEvent(100, 200, rtx+msec)}, 200 * msec, 0, VerdictReorderedElsewhere},
		{"the hop alone", 100, []proofEvent{lateEvent(100, 200, rtx-msec, rtx), ackedEvent(200, rtx+msec)}, 200 * msec, 0, VerdictReorderedAtHop},
		{"both", 100, []proofEvent{lateEvent(100, 200, rtx-msec, rtx), dsackEvent(100, 200, rtx+msec)}, 0, 0, VerdictReorderedAtHop},
		{"both, the other way round", 100, []proofEvent{dsackEvent(100, 200, rtx+msec), lateEvent(100, 200, rtx-msec, rtx)}, 0, 0, VerdictReorderedAtHop},
		{"both, but what was overtaken may be the copy", 100, []proofEvent{lateEvent(100, 200, rtx-100*usec, rtx), dsackEvent(100, 200, rtx+msec)},
			200 * msec, 0, VerdictReorderedAtHop},
		{"dropped and not needed", 100, []proofEvent{dropEvent(100, 200, rtx-msec), dsackEvent(100, 200, rtx+msec)}, 200 * msec, 0, VerdictLostAtHop},
		{"acknowledged late", 100, nil, 1700 * msec, 1500 * msec, VerdictLostElsewhere},
		{"acknowledged when it is nearly settled", 100, []proofEvent{ackedEvent(200, rtx+150*msec)}, 300 * msec, 0, VerdictLostElsewhere},
	} {
		p := watchedProof(append([]proofEvent{resentEventOf(ClassFast, 100, 200, rtx, state(tt.srttUs))}, tt.events...)...)
		if tt.afterNS > 0 {
			if all := p.settle(rtx + tt.afterNS - 1); len(all) != 0 {
				t.Errorf("%s: decided before its time: %v", tt.name, all[0].Verdict)
			}
			if got := p.totals(); got.Pending != 1 || got.Events != 1 {
				t.Errorf("%s: got %+v", tt.name, got)
			}
		}
		if tt.laterNS > 0 {
			ackedEvent(200, rtx+tt.laterNS)(p)
		}
		all := p.settle(rtx + tt.afterNS)
		if len(all) != 1 || all[0].Verdict != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, all, tt.want)
		}
		if got := p.totals(); got.Pending != 0 || got.Verdicts[tt.want] != 1 {
			t.Errorf("%s: got %+v", tt.name, got)
		}
		if again := append(p.settle(rtx+9000*msec), p.finish()...); len(again) != 0 {
			t.Errorf("%s: decided twice", tt.name)
		}
		consistent(t, p)
	}
}

// TestProofTimerSettles gives a retransmit of a timer more time: if it was not
// needed, round trips have become longer than the timer.
func TestProofTimerSettles(t *testing.T) {
	const rtx = t0 + 10*msec
	for _, class := range []RetransmitClass{ClassRTO, ClassTLP} {
		p := watchedProof(resentEvent(class, 100, 200, rtx), ackedEvent(200, rtx+msec))
		if all := p.settle(rtx + 1000*msec - 1); len(all) != 0 {
			t.Errorf("%v: decided before its time: %v", class, all[0].Verdict)
		}
		dsackEvent(100, 200, rtx+900*msec)(p)
		if all := p.settle(rtx + 1000*msec); len(all) != 1 || all[0].Verdict != VerdictTimeout {
			t.Errorf("%v: got %v", class, all)
		}
	}
}

func TestProofSettlesInOrder(t *testing.T) {
	p := watchedProof()
	const n = 1000
	for i := range uint32(n) {
		at := i * 7919 % n
		p.retransmit(&Retransmit{TSNS: t0 + uint64(at), Flow: numberedFlow(i % 5), Class: ClassFast, Seq: at, EndSeq: at + 1}, socketState{})
	}
	if all := p.settle(t0 + unackedNS - 1); len(all) != 0 {
		t.Errorf("got %d before their time", len(all))
	}
	var all []*Retransmit
	for i := range uint64(n) {
		now := p.settle(t0 + i + unackedNS)
		all = append(all, now...)
		if len(now) != 1 || now[0].TSNS != t0+i {
			t.Fatalf("%d: got %d, %+v", i, len(now), now)
		}
	}
	if len(all) != n {
		t.Errorf("got %d, want %d", len(all), n)
	}
}

// TestProofWatch is about retransmits from before signals were seen.
func TestProofWatch(t *testing.T) {
	const rtx, watched = t0 + 10*msec, t0 + 100*msec
	state := func(dsacks uint32) socketState {
		return socketState{sndUna: 200, sackOK: true, srttUs: 100, dsacks: dsacks}
	}
	at := func(tsNS uint64, dsacks uint32) proofEvent {
		return signalEventOf(signalAcked, 0, 200, tsNS, 200, state(dsacks))
	}
	first := resentEventOf(ClassFast, 100, 200, rtx, socketState{sndUna: 100, sackOK: true, srttUs: 100, dsacks: 3})
	counted := func(tsNS uint64, dsacks uint32) proofEvent {
		return signalEventOf(signalDSACK, 0, 0, tsNS, 200, state(dsacks))
	}
	for _, tt := range []struct {
		name   string
		events []proofEvent
		want   Verdict
		proof  SpuriousProof
	}{
		{"nothing more was seen", nil, VerdictUnknown, NotSpurious},
		{"acknowledged, no DSACK", []proofEvent{at(watched+msec, 3)}, VerdictLostElsewhere, NotSpurious},
		{"acknowledged, some DSACK", []proofEvent{at(watched+msec, 4)}, VerdictUnknown, NotSpurious},
		{"acknowledged too early to tell", []proofEvent{resentEventOf(ClassFast, 500, 600, rtx+msec, state(3))}, VerdictUnknown, NotSpurious},
		{"acknowledged long after", []proofEvent{resentEventOf(ClassFast, 500, 600, rtx+250*msec, state(3))}, VerdictLostElsewhere, NotSpurious},
		{"counted", []proofEvent{counted(watched+msec, 4)}, VerdictReorderedElsewhere, ProofDSACK},
		{"told", []proofEvent{dsackEvent(100, 200, watched+msec)}, VerdictReorderedElsewhere, ProofDSACK},
	} {
		p := newProof()
		first(p)
		p.watch(watched)
		p.watch(watched + 5*msec) // the first counts
		for _, e := range tt.events {
			e(p)
		}
		if r := p.finish()[0]; r.Verdict != tt.want || r.Spurious != tt.proof || r.Seq != 100 {
			t.Errorf("%s: got %v, %v, want %v, %v", tt.name, r.Verdict, r.Spurious, tt.want, tt.proof)
		}
	}
}

// TestProofCountedDSACKs attributes a number of DSACKs to the oldest retransmits
// from before they were seen one by one.
func TestProofCountedDSACKs(t *testing.T) {
	p := newProof()
	for i := range uint32(4) {
		resentEventOf(ClassFast, i*100, i*100+100, t0+uint64(i), socketState{sackOK: true, dsacks: 7})(p)
	}
	p.watch(t0 + msec)
	resentEventOf(ClassFast, 400, 500, t0+2*msec, socketState{sackOK: true, dsacks: 7})(p)
	signalEventOf(signalDSACK, 0, 0, t0+3*msec, 500, socketState{sackOK: true, dsacks: 9})(p)
	signalEventOf(signalDSACK, 0, 0, t0+4*msec, 500, socketState{sackOK: true, dsacks: 9})(p)
	want := []SpuriousProof{ProofDSACK, ProofDSACK, ProofDSACK, NotSpurious, NotSpurious}
	for i, r := range p.finish() {
		if r.Spurious != want[i] {
			t.Errorf("%d: got %v, want %v", i, r.Spurious, want[i])
		}
	}
}
