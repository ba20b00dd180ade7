// SPDX-License-Identifier: Apache-2.0

package tracer

import "testing"

func TestProofVerdicts(t *testing.T) {
	skipPureInVM(t)
	const rtx = t0 + 10*msec
	// noSACK and the counter of DSACKs are what some connections differ in.
	noSACK := socketState{srttUs: 100}
	for _, tt := range []struct {
		name   string
		events []proofEvent
		want   Verdict
		proof  SpuriousProof
	}{
		{"overtaken, delivered before", []proofEvent{lateEvent(100, 200, rtx-msec, rtx-usec), resentEvent(ClassFast, 100, 200, rtx)},
			VerdictReorderedAtHop, NotSpurious},
		{"overtaken, delivered after", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), lateEvent(100, 200, rtx-msec, rtx+msec)},
			VerdictReorderedAtHop, NotSpurious},
		{"the whole chain", []proofEvent{
			holeEvent(100, 200, rtx-300*usec), sackEvent(100, 200, rtx-200*usec), resentEvent(ClassFast, 100, 200, rtx), lateEvent(100, 200, rtx-400*usec, rtx+usec),
			ackedEvent(300, rtx+20*usec), dsackEvent(100, 200, rtx+50*usec)}, VerdictReorderedAtHop, ProofDSACK},
		{"a part of a large packet", []proofEvent{lateEvent(0, 60000, rtx-msec, rtx-usec), resentEvent(ClassFast, 3000, 4000, rtx)},
			VerdictReorderedAtHop, NotSpurious},
		{"another part of it", []proofEvent{lateEvent(100, 200, rtx-msec, rtx-usec), resentEvent(ClassFast, 200, 300, rtx), ackedEvent(300, rtx+msec)},
			VerdictLostElsewhere, NotSpurious},
		{"overtaken, then a timeout", []proofEvent{lateEvent(100, 200, rtx-msec, rtx-usec), resentEvent(ClassRTO, 100, 200, rtx), dsackEvent(100, 200, rtx+msec)},
			VerdictReorderedAtHop, ProofDSACK},
		{"dropped", []proofEvent{dropEvent(100, 200, rtx-msec), holeEvent(100, 200, rtx-300*usec), resentEvent(ClassFast, 100, 200, rtx), ackedEvent(300, rtx+msec)},
			VerdictLostAtHop, NotSpurious},
		{"dropped, then a timeout", []proofEvent{dropEvent(100, 200, rtx-1000*msec), resentEvent(ClassRTO, 100, 200, rtx)},
			VerdictLostAtHop, NotSpurious},
		{"overtaken and dropped, needed", []proofEvent{lateEvent(100, 200, rtx-msec, rtx-usec), dropEvent(100, 200, rtx-500*usec), resentEvent(ClassFast, 100, 200, rtx)},
			VerdictLostAtHop, NotSpurious},
		{"overtaken and dropped, not needed", []proofEvent{
			lateEvent(100, 200, rtx-msec, rtx-usec), dropEvent(150, 160, rtx-500*usec), resentEvent(ClassFast, 100, 200, rtx), dsackEvent(100, 200, rtx+msec)},
			VerdictReorderedAtHop, ProofDSACK},
		{"DSACK alone", []proofEvent{holeEvent(100, 200, rtx-msec), resentEvent(ClassFast, 100, 200, rtx), dsackEvent(100, 200, rtx+msec), ackedEvent(300, rtx+msec)},
			VerdictReorderedElsewhere, ProofDSACK},
		{"undo alone", []proofEvent{resentEvent(ClassSlowStart, 100, 200, rtx), undoEvent(50, rtx+msec)}, VerdictReorderedElsewhere, ProofUndo},
		{"undo of later bytes", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), undoEvent(200, rtx+msec), ackedEvent(200, rtx+msec)},
			VerdictLostElsewhere, NotSpurious},
		{"undo from before", []proofEvent{undoEvent(50, rtx-usec), resentEvent(ClassFast, 100, 200, rtx), ackedEvent(300, rtx+msec)},
			VerdictLostElsewhere, NotSpurious},
		{"undo and DSACK", []proofEvent{resentEvent(ClassRTO, 100, 200, rtx), undoEvent(50, rtx+msec), dsackEvent(100, 200, rtx+2*msec)},
			VerdictTimeout, ProofDSACK},
		{"timeout", []proofEvent{resentEvent(ClassRTO, 100, 200, rtx), undoEvent(50, rtx+msec)}, VerdictTimeout, ProofUndo},
		{"tail loss probe", []proofEvent{resentEvent(ClassTLP, 100, 200, rtx), dsackEvent(100, 200, rtx+msec)}, VerdictTimeout, ProofDSACK},
		{"tail loss probe that overtook its original", []proofEvent{
			reorderEvent(Reorder{TSNS: rtx + 100*usec, Flow: proofKey, Displacement: 1,
				Late:      OrderedPacket{Seq: 100, EndSeq: 200, HasSeq: true, EnqueueNS: rtx - 5*msec, DeliverNS: rtx + 100*usec},
				Overtaker: OrderedPacket{Seq: 100, HasSeq: true, EnqueueNS: rtx - 20*usec, DeliverNS: rtx - 10*usec}}),
			resentEvent(ClassTLP, 100, 200, rtx), dsackEvent(100, 200, rtx+msec)}, VerdictTimeout, ProofDSACK},
		{"SYN not needed", []proofEvent{resentEvent(ClassSYN, 100, 101, rtx), undoEvent(50, rtx+msec)}, VerdictTimeout, ProofUndo},
		{"SYN dropped", []proofEvent{dropEvent(100, 101, rtx-1000*msec), resentEvent(ClassSYN, 100, 101, rtx)}, VerdictLostAtHop, NotSpurious},
		{"SYN dropped long ago", []proofEvent{dropEvent(100, 101, rtx-31_000*msec), resentEvent(ClassSYN, 100, 101, rtx)}, VerdictLostAtHop, NotSpurious},
		{"SYN acknowledged", []proofEvent{resentEvent(ClassSYN, 100, 101, rtx), ackedEvent(101, rtx+msec)}, VerdictUnknown, NotSpurious},
		{"SYN-ACK acknowledged", []proofEvent{resentEvent(ClassSYNACK, 0, 0, rtx), ackedEvent(101, rtx+msec)}, VerdictUnknown, NotSpurious},
		{"SYN-ACK dropped", []proofEvent{dropEvent(100, 101, rtx-1000*msec), resentEvent(ClassSYNACK, 100, 101, rtx)}, VerdictLostAtHop, NotSpurious},
		{"acknowledged", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), ackedEvent(200, rtx+msec)}, VerdictLostElsewhere, NotSpurious},
		{"acknowledged in part", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), ackedEvent(199, rtx+msec)}, VerdictUnknown, NotSpurious},
		{"acknowledged without SACK", []proofEvent{resentEventOf(ClassFast, 100, 200, rtx, noSACK), ackedEvent(200, rtx+msec)}, VerdictUnknown, NotSpurious},
		{"not acknowledged", []proofEvent{holeEvent(100, 200, rtx-msec), resentEvent(ClassFast, 100, 200, rtx)}, VerdictUnknown, NotSpurious},
		{"arrived twice, no DSACK came", []proofEvent{
			resentEvent(ClassFast, 100, 200, rtx), signalEvent(signalDuplicate, 100, 200, 0, rtx-10*usec), ackedEvent(200, rtx+msec)}, VerdictReorderedElsewhere, ProofDuplicate},
		{"DSACK of other bytes", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), dsackEvent(200, 300, rtx+msec)}, VerdictLostElsewhere, NotSpurious},
		{"DSACK from before", []proofEvent{dsackEvent(100, 200, rtx-usec), resentEvent(ClassFast, 100, 200, rtx), ackedEvent(300, rtx+msec)},
			VerdictLostElsewhere, NotSpurious},
	} {
		permutations(tt.events, func(events []proofEvent) {
			r := onlyOne(t, watchedProof(events...))
			if r.Verdict != tt.want || r.Spurious != tt.proof {
				t.Errorf("%s: got %v, %v, want %v, %v", tt.name, r.Verdict, r.Spurious, tt.want, tt.proof)
			}
		})
	}
}

func TestProofChain(t *testing.T) {
	skipPureInVM(t)
	const rtx = t0 + 10*msec
	order := lateAt(100, 200, rtx-400*usec, rtx+usec)
	events := []proofEvent{
		holeEvent(100, 200, rtx-300*usec), holeEvent(150, 300, rtx-250*usec), sackEvent(100, 200, rtx-200*usec), resentEvent(ClassFast, 100, 200, rtx), reorderEvent(order),
		ackedEvent(300, rtx+20*usec), dsackEvent(100, 200, rtx+50*usec), undoEvent(90, rtx+60*usec),
	}
	permutations(events, func(events []proofEvent) {
		r := onlyOne(t, watchedProof(events...))
		if c := r.Chain; r.Verdict != VerdictReorderedAtHop || c.Overtaken == nil || *c.Overtaken != order || c.Dropped != nil {
			t.Errorf("got %v because of %+v", r.Verdict, r.Chain)
		}
	})
	// In the order in which it happens, nothing is known too late.
	c := onlyOne(t, watchedProof(events...)).Chain
	c.Overtaken = nil
	if want := (Chain{HoleNS: rtx - 300*usec, SACKNS: rtx - 200*usec, AckedNS: rtx + 20*usec, DSACKNS: rtx + 50*usec}); c != want {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

// TestProofOwnCopy is about a retransmitted packet that is overtaken or dropped
// itself: that is no evidence for the retransmit, only for the next one.
func TestProofOwnCopy(t *testing.T) {
	const rtx = t0 + 10*msec
	// The copy was queued within the call, before the time of the event.
	order := lateAt(100, 200, rtx-5*usec, rtx+50*usec)
	order.Overtaker.EnqueueNS, order.Overtaker.DeliverNS = rtx+10*usec, rtx+20*usec
	lateCopy := reorderEvent(order)
	fresh := lateEvent(100, 200, rtx-120*usec, rtx+50*usec)
	for _, tt := range []struct {
		name   string
		events []proofEvent
		want   Verdict
	}{
		{"overtaken", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), lateCopy, ackedEvent(200, rtx+msec)}, VerdictLostElsewhere},
		{"overtaken, queued after", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), lateEvent(100, 200, rtx+usec, rtx+50*usec), ackedEvent(200, rtx+msec)},
			VerdictLostElsewhere},
		{"an original as fresh", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), fresh, dsackEvent(100, 200, rtx+msec)}, VerdictReorderedAtHop},
		{"both", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), lateCopy, fresh, dsackEvent(100, 200, rtx+msec)}, VerdictReorderedAtHop},
		{"queued after the sender was told, at a hop within the call", []proofEvent{
			sackEvent(100, 200, rtx-100*usec), resentEvent(ClassFast, 100, 200, rtx), lateEvent(100, 200, rtx-50*usec, rtx-10*usec), ackedEvent(200, rtx+msec)}, VerdictLostElsewhere},
		{"queued before it was told", []proofEvent{
			sackEvent(100, 200, rtx-10*usec), resentEvent(ClassFast, 100, 200, rtx), lateEvent(100, 200, rtx-50*usec, rtx-20*usec), ackedEvent(200, rtx+msec)}, VerdictReorderedAtHop},
		{"timer", []proofEvent{resentEvent(ClassTLP, 100, 200, rtx), lateEvent(100, 200, rtx-50*usec, rtx-20*usec), dsackEvent(100, 200, rtx+msec)}, VerdictTimeout},
		{"dropped", []proofEvent{
			sackEvent(100, 200, rtx-100*usec), resentEvent(ClassFast, 100, 200, rtx), dropEvent(100, 200, rtx-50*usec), ackedEvent(200, rtx+500*msec)}, VerdictLostElsewhere},
		{"dropped, timer", []proofEvent{resentEvent(ClassRTO, 100, 200, rtx), dropEvent(100, 200, rtx-50*usec), ackedEvent(200, rtx+500*msec)}, VerdictLostElsewhere},
		{"dropped after", []proofEvent{resentEvent(ClassFast, 100, 200, rtx), dropEvent(100, 200, rtx+usec), ackedEvent(200, rtx+500*msec)}, VerdictLostElsewhere},
		{"an original dropped as fresh", []proofEvent{
			sackEvent(100, 200, rtx-10*usec), resentEvent(ClassFast, 100, 200, rtx), dropEvent(100, 200, rtx-50*usec), ackedEvent(200, rtx+msec)}, VerdictLostAtHop},
	} {
		permutations(tt.events, func(events []proofEvent) {
			if got := onlyOne(t, watchedProof(events...)).Verdict; got != tt.want {
				t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
		})
	}
}

// TestProofSentAgainTwice is about several retransmits of the same bytes.
func TestProofSentAgainTwice(t *testing.T) {
	const first, second = t0 + 10*msec, t0 + 10*msec + 150*usec
	for _, tt := range []struct {
		name   string
		events []proofEvent
		want   [2]Verdict
		proofs [2]SpuriousProof
	}{
		{"the first was dropped at the hop", []proofEvent{
			sackEvent(100, 200, first-usec), resentEvent(ClassFast, 100, 200, first), dropEvent(100, 200, first-500), resentEvent(ClassFast, 100, 200, second), ackedEvent(200, second+msec)},
			[2]Verdict{VerdictLostElsewhere, VerdictLostAtHop}, [2]SpuriousProof{}},
		{"the first was lost elsewhere", []proofEvent{
			resentEvent(ClassFast, 100, 200, first), resentEvent(ClassRTO, 100, 200, second)},
			[2]Verdict{VerdictLostElsewhere, VerdictUnknown}, [2]SpuriousProof{}},
		{"only the second was not needed", []proofEvent{
			resentEvent(ClassFast, 100, 200, first), resentEvent(ClassRTO, 100, 200, second), dsackEvent(100, 200, second+msec)},
			[2]Verdict{VerdictLostElsewhere, VerdictTimeout}, [2]SpuriousProof{NotSpurious, ProofDSACK}},
		{"neither was needed", []proofEvent{
			resentEvent(ClassFast, 100, 200, first), resentEvent(ClassRTO, 100, 200, second), dsackEvent(100, 200, second+msec), dsackEvent(100, 200, second+2*msec)},
			[2]Verdict{VerdictReorderedElsewhere, VerdictTimeout}, [2]SpuriousProof{ProofDSACK, ProofDSACK}},
		{"the second was reported in pieces", []proofEvent{
			resentEvent(ClassFast, 100, 200, first), resentEvent(ClassRTO, 100, 200, second), dsackEvent(100, 150, second+msec), dsackEvent(150, 200, second+2*msec)},
			[2]Verdict{VerdictLostElsewhere, VerdictTimeout}, [2]SpuriousProof{NotSpurious, ProofDSACK}},
		{"two at once", []proofEvent{
			resentEvent(ClassFast, 100, 200, first), resentEvent(ClassFast, 200, 300, second), dsackEvent(100, 300, second+msec)},
			[2]Verdict{VerdictReorderedElsewhere, VerdictReorderedElsewhere}, [2]SpuriousProof{ProofDSACK, ProofDSACK}},
		{"acknowledged by what a later one says", []proofEvent{
			resentEvent(ClassFast, 100, 200, first), resentEvent(ClassFast, 500, 600, second)},
			[2]Verdict{VerdictLostElsewhere, VerdictUnknown}, [2]SpuriousProof{}},
	} {
		p := watchedProof(tt.events...)
		all := p.finish()
		if len(all) != 2 {
			t.Fatalf("%s: got %d retransmits", tt.name, len(all))
		}
		got, proofs := [2]Verdict{all[0].Verdict, all[1].Verdict}, [2]SpuriousProof{all[0].Spurious, all[1].Spurious}
		if got != tt.want || proofs != tt.proofs {
			t.Errorf("%s: got %v, %v, want %v, %v", tt.name, got, proofs, tt.want, tt.proofs)
		}
		consistent(t, p)
	}
}

// TestProofOvertaker is about which overtaking can have led to a retransmit.
func TestProofOvertaker(t *testing.T) {
	const rtx = t0 + 10*msec
	with := func(change func(*Reorder)) proofEvent {
		r := lateAt(100, 200, rtx-msec, rtx+msec)
		change(&r)
		return reorderEvent(r)
	}
	overtakerAt := func(r *Reorder, ns uint64) { r.Overtaker.EnqueueNS, r.Overtaker.DeliverNS = ns-usec, ns }
	for _, tt := range []struct {
		name  string
		event proofEvent
		want  Verdict
	}{
		{"delivered at the last moment", with(func(r *Reorder) { overtakerAt(r, rtx) }), VerdictReorderedAtHop},
		{"delivered after", with(func(r *Reorder) { overtakerAt(r, rtx+1) }), VerdictUnknown},
		{"delivered after, but too many were before to know", with(func(r *Reorder) { overtakerAt(r, rtx+1); r.AtLeast = true }), VerdictReorderedAtHop},
		{"sent before the late one's bytes", with(func(r *Reorder) { r.Overtaker.Seq = 0 }), VerdictUnknown},
		{"so, but others too, before", with(func(r *Reorder) { r.Overtaker.Seq = 0; r.Displacement = 2; r.TSNS = rtx - usec }), VerdictReorderedAtHop},
		{"so, but others too, after", with(func(r *Reorder) { r.Overtaker.Seq = 0; r.Displacement = 2 }), VerdictUnknown},
		{"with bytes that are not known", with(func(r *Reorder) { r.Overtaker.Seq, r.Overtaker.HasSeq = 0, false }), VerdictReorderedAtHop},
		{"of an ACK without data", with(func(r *Reorder) { r.Late.EndSeq = r.Late.Seq }), VerdictUnknown},
		{"of no TCP", with(func(r *Reorder) { r.Late.HasSeq = false }), VerdictUnknown},
	} {
		permutations([]proofEvent{tt.event, resentEvent(ClassFast, 100, 200, rtx)}, func(events []proofEvent) {
			if got := onlyOne(t, watchedProof(events...)).Verdict; got != tt.want {
				t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
			}
		})
	}
}

// TestProofFirst checks that of several packets that explain a retransmit the
// first is kept.
func TestProofFirst(t *testing.T) {
	const rtx = t0 + 10*msec
	first, second := lateAt(0, 150, rtx-2*msec, rtx-msec), lateAt(150, 300, rtx-2*msec, rtx-usec)
	// As fresh as the copy would be, and delivered before all others.
	doubtful := lateAt(100, 200, rtx-150*usec, rtx-2*msec)
	permutations([]proofEvent{reorderEvent(first), reorderEvent(second), reorderEvent(doubtful), resentEvent(ClassFast, 100, 200, rtx)}, func(events []proofEvent) {
		if r := onlyOne(t, watchedProof(events...)); r.Chain.Overtaken == nil || *r.Chain.Overtaken != first {
			t.Errorf("got %+v", r.Chain.Overtaken)
		}
	})
	permutations([]proofEvent{dropEvent(100, 200, rtx-msec), dropEvent(120, 140, rtx-2*msec), dropEvent(100, 200, rtx-100*usec), resentEvent(ClassFast, 100, 200, rtx)}, func(events []proofEvent) {
		if r := onlyOne(t, watchedProof(events...)); r.Chain.Dropped == nil || r.Chain.Dropped.TSNS != rtx-2*msec {
			t.Errorf("got %+v", r.Chain.Dropped)
		}
	})
}
