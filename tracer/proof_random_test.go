// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// simEvent is something that is seen of a simulated connection.
type simEvent struct {
	tsNS uint64
	// tell hands it on, with what the sender's socket knows by then.
	tell func(p *proof, s socketState)
	// segs and dsacks are what it adds to the socket's counters.
	segs, dsacks uint32
}

// simTruth is why a segment was sent again.
type simTruth struct {
	verdict Verdict
	proof   SpuriousProof
}

// simTCP is a connection whose segments meet with all that can happen, and what
// is seen of it.
type simTCP struct {
	*rand.Rand
	key    FlowKey
	rttNS  uint64
	nowNS  uint64
	seq    uint32
	events []simEvent
	// ackedNS is when each segment was acknowledged, by its end, in order.
	ackedNS []simAck
	truth   map[[2]uint64]simTruth
}

type simAck struct {
	end  uint32
	tsNS uint64
}

func newSimTCP(r *rand.Rand, n uint32) *simTCP {
	s := &simTCP{
		Rand: r, key: numberedFlow(n), rttNS: 80*usec + r.Uint64N(5*msec), nowNS: t0 + r.Uint64N(10*msec),
		seq: r.Uint32(), truth: make(map[[2]uint64]simTruth),
	}
	if r.IntN(2) == 0 {
		s.seq = -r.Uint32N(1 << 20) // wraps
	}
	return s
}

func (s *simTCP) at(tsNS uint64, tell func(p *proof, state socketState)) {
	s.events = append(s.events, simEvent{tsNS: tsNS, tell: tell})
}

func (s *simTCP) signal(kind tcpSignalKind, tsNS uint64, seq, end uint32) {
	var dsacks uint32
	if kind == signalDSACK {
		dsacks = 1
	}
	s.events = append(s.events, simEvent{tsNS: tsNS, dsacks: dsacks, tell: func(p *proof, state socketState) {
		p.signal(&tcpSignal{kind: kind, tsNS: tsNS, flow: s.key, seq: seq, endSeq: end, sndUna: state.sndUna, socket: state})
	}})
}

func (s *simTCP) drop(tsNS uint64, seq, end uint32) {
	s.at(tsNS, func(p *proof, _ socketState) {
		p.drop(&Drop{TSNS: tsNS, Flow: s.key, Seq: seq, EndSeq: end, HasSeq: true})
	})
}

// overtake is a packet queued at queuedNS, overtaken by the next one.
func (s *simTCP) overtake(queuedNS, overtakerNS, deliveredNS uint64, seq, end uint32) {
	s.at(deliveredNS, func(p *proof, _ socketState) {
		p.reorder(&Reorder{
			TSNS: deliveredNS, Flow: s.key, Displacement: 1, Cause: CauseSenderMoved,
			Late:      OrderedPacket{Seq: seq, EndSeq: end, HasSeq: true, EnqueueNS: queuedNS, DeliverNS: deliveredNS},
			Overtaker: OrderedPacket{Seq: end, HasSeq: true, EnqueueNS: overtakerNS - usec, DeliverNS: overtakerNS},
		})
	})
}

func (s *simTCP) resend(class RetransmitClass, tsNS uint64, seq, end uint32, why Verdict, by SpuriousProof) {
	s.truth[[2]uint64{tsNS, uint64(seq)}] = simTruth{why, by}
	s.events = append(s.events, simEvent{tsNS: tsNS, segs: 1, tell: func(p *proof, state socketState) {
		p.retransmit(&Retransmit{TSNS: tsNS, Flow: s.key, Class: class, Segs: 1, Seq: seq, EndSeq: end, SRTTUs: state.srttUs}, state)
	}})
	// Its packet may be overtaken, which says nothing about itself.
	if s.IntN(4) == 0 {
		s.overtake(tsNS-2*usec-s.Uint64N(20*usec), tsNS+2*usec+s.Uint64N(20*usec), tsNS+30*usec, seq, end)
	}
}

// told has the receiver miss bytes, and the sender be told so. It returns when.
func (s *simTCP) told(tsNS uint64, seq, end uint32) uint64 {
	s.signal(signalHole, tsNS+s.rttNS/4, seq, end)
	s.signal(signalSACK, tsNS+s.rttNS/2, seq, end)
	return tsNS + s.rttNS/2 + usec + s.Uint64N(5*usec)
}

// lost is a segment that is needed again, because of a loss at the hop or
// elsewhere; maybe more than once. It returns when it is acknowledged.
func (s *simTCP) lost(sentNS uint64, seq, end uint32) uint64 {
	why, class := VerdictLostElsewhere, ClassFast
	if s.IntN(2) == 0 {
		why = VerdictLostAtHop
		s.drop(sentNS, seq, end)
	}
	resentNS := s.told(sentNS+20*usec, seq, end)
	if s.IntN(3) == 0 {
		class, resentNS = ClassRTO, sentNS+(200+s.Uint64N(300))*msec
	}
	s.resend(class, resentNS, seq, end, why, NotSpurious)
	for range 2 {
		if s.IntN(3) > 0 {
			break
		}
		why = VerdictLostElsewhere
		if s.IntN(2) == 0 {
			why = VerdictLostAtHop
			s.drop(resentNS+usec+s.Uint64N(10*usec), seq, end)
		}
		resentNS += (210 + s.Uint64N(300)) * msec
		s.resend(ClassRTO, resentNS, seq, end, why, NotSpurious)
	}
	return resentNS + s.rttNS
}

// late is a segment that is overtaken at the hop, or elsewhere.
func (s *simTCP) late(sentNS uint64, seq, end uint32) uint64 {
	atHop, proof := s.IntN(2) == 0, ProofDSACK
	overtakerNS := sentNS + 5*usec + s.Uint64N(20*usec)
	resentNS := s.told(overtakerNS, seq, end)
	deliveredNS := overtakerNS + usec + s.Uint64N(4*s.rttNS)
	why := VerdictReorderedElsewhere
	if atHop {
		why = VerdictReorderedAtHop
		s.overtake(sentNS, overtakerNS, deliveredNS, seq, end)
		// The ACK with the DSACK may be lost itself.
		if s.IntN(5) == 0 {
			proof = ProofDuplicate
		}
	}
	s.resend(ClassFast, resentNS, seq, end, why, proof)
	bothNS := max(deliveredNS, resentNS) + s.rttNS/2
	s.signal(signalDuplicate, bothNS, seq, end)
	if proof == ProofDSACK {
		s.signal(signalDSACK, bothNS+s.rttNS/2, seq, end)
	}
	return min(deliveredNS+s.rttNS/2, resentNS+s.rttNS)
}

// timer is a segment whose ACK is late, as is then that of its retransmit.
func (s *simTCP) timer(sentNS uint64, seq, end uint32) uint64 {
	resentNS, class := sentNS+2*s.rttNS+2*msec, ClassTLP
	if s.IntN(2) == 0 {
		resentNS, class = sentNS+(200+s.Uint64N(300))*msec, ClassRTO
	}
	rttNS := resentNS - sentNS + s.Uint64N(100*msec)
	proof := ProofDSACK
	if s.IntN(2) == 0 {
		proof = ProofUndo
		s.signal(signalUndo, sentNS+rttNS+s.Uint64N(100*msec), seq, seq)
	} else {
		s.signal(signalDSACK, resentNS+rttNS, seq, end)
	}
	s.resend(class, resentNS, seq, end, VerdictTimeout, proof)
	return sentNS + rttNS
}

// send sends a segment to its fate.
func (s *simTCP) send() {
	seq, end := s.seq, s.seq+1+s.Uint32N(60000)
	ackedNS := s.nowNS + s.rttNS
	fate := s.IntN(24)
	alone := fate == 2
	if alone {
		s.settle() // an undo is only made when nothing else is missing
	}
	switch fate {
	case 0:
		ackedNS = s.lost(s.nowNS, seq, end)
	case 1:
		ackedNS = s.late(s.nowNS, seq, end)
	case 2:
		ackedNS = s.timer(s.nowNS, seq, end)
	case 3:
		// Overtaken, but not for so long that it was sent again.
		s.overtake(s.nowNS, s.nowNS+10*usec, s.nowNS+12*usec, seq, end)
	}
	s.seq = end
	s.ackedNS = append(s.ackedNS, simAck{end, ackedNS})
	if alone {
		s.settle()
	}
	s.nowNS += 20*usec + s.Uint64N(s.rttNS/2)
}

// settle waits until all is acknowledged, also what came twice.
func (s *simTCP) settle() {
	for _, a := range s.ackedNS {
		s.nowNS = max(s.nowNS, a.tsNS+500*msec)
	}
}

// seen returns the events in their order, with the socket's state at each.
func (s *simTCP) seen() []simEvent {
	start := s.ackedNS[0].end - 1
	for i := range s.ackedNS {
		if i > 0 {
			s.ackedNS[i].tsNS = max(s.ackedNS[i].tsNS, s.ackedNS[i-1].tsNS)
		}
	}
	for _, a := range s.ackedNS {
		s.signal(signalAcked, a.tsNS, a.end, a.end)
	}
	slices.SortStableFunc(s.events, func(a, b simEvent) int { return cmp.Compare(a.tsNS, b.tsNS) })
	state := socketState{sackOK: true, sndUna: start, srttUs: uint32(s.rttNS / usec)}
	acks := s.ackedNS
	for i := range s.events {
		e := &s.events[i]
		for len(acks) > 0 && acks[0].tsNS <= e.tsNS {
			state.sndUna, acks = acks[0].end, acks[1:]
		}
		state.totalRetrans += e.segs
		tell, then := e.tell, state
		e.tell = func(p *proof, _ socketState) { tell(p, then) }
		state.dsacks += e.dsacks
	}
	return s.events
}

// jitterNS is how far events may be out of order.
const jitterNS = 15 * usec

func TestProofRandom(t *testing.T) {
	skipPureInVM(t)
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			var events []simEvent
			var sims []*simTCP
			for n := range uint32(1 + r.IntN(4)) {
				s := newSimTCP(r, n)
				for range 400 {
					s.send()
				}
				sims = append(sims, s)
				events = append(events, s.seen()...)
			}
			for range 3 {
				checkRandom(t, r, sims, events)
			}
		})
	}
}

// checkRandom has an engine see the events in about their order, and compares
// its verdicts with the truth.
func checkRandom(t *testing.T, r *rand.Rand, sims []*simTCP, events []simEvent) {
	type key struct {
		flow FlowKey
		at   [2]uint64
	}
	want := make(map[key]simTruth)
	for _, s := range sims {
		for at, truth := range s.truth {
			want[key{s.key, at}] = truth
		}
	}
	seenNS := make(map[int]uint64)
	order := make([]int, len(events))
	for i, e := range events {
		order[i], seenNS[i] = i, e.tsNS+r.Uint64N(jitterNS)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(seenNS[a], seenNS[b]) })
	p := watchedProof()
	var all []*Retransmit
	var settledNS uint64
	for _, i := range order {
		if seenNS[i] > settledNS+5*msec {
			settledNS = seenNS[i]
			all = append(all, p.settle(settledNS)...)
			consistent(t, p)
		}
		events[i].tell(p, socketState{})
	}
	all = append(all, p.finish()...)
	consistent(t, p)
	for _, got := range all {
		k := key{got.Flow, [2]uint64{got.TSNS, uint64(got.Seq)}}
		truth, ok := want[k]
		if !ok {
			t.Fatalf("got %+v, which was not sent, or twice", got)
		}
		delete(want, k)
		if got.Verdict != truth.verdict || got.Spurious != truth.proof {
			t.Errorf("%v %d at %d: got %v, %v, want %v, %v\n%+v", got.Class, got.Seq, got.TSNS, got.Verdict, got.Spurious, truth.verdict, truth.proof, got.Chain)
		}
	}
	if len(want) > 0 || p.totals().Events != uint64(len(all)) {
		t.Errorf("%d got no verdict; %+v", len(want), p.totals())
	}
}
