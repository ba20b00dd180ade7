// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// fuzzBytes reads values from input until there is none.
type fuzzBytes []byte

func (b *fuzzBytes) next(n int) uint64 {
	var v [8]byte
	n = min(n, len(*b))
	copy(v[:], (*b)[:n])
	*b = (*b)[n:]
	return binary.LittleEndian.Uint64(v[:])
}

// event has the engine see something, and returns what it decided.
func (b *fuzzBytes) event(p *proof, nowNS *uint64) []*Retransmit {
	kind, flow := b.next(1), uint32(b.next(1)%16)
	if kind&0x80 != 0 {
		flow = uint32(b.next(2))
	}
	*nowNS += b.next(2) << (b.next(1) % 32)
	ts := *nowNS - b.next(2)
	if kind&0x40 != 0 {
		ts = b.next(8)
	}
	seq, n := uint32(b.next(2)), uint32(b.next(2))
	if kind&0x20 != 0 {
		seq, n = uint32(b.next(4)), uint32(b.next(4))
	}
	flags := b.next(1)
	s := socketState{sndUna: seq + uint32(int8(flags)), totalRetrans: uint32(flags), dsacks: uint32(flags >> 2), srttUs: n, outOfOrder: n, sackOK: flags&1 != 0}
	switch key := numberedFlow(flow); kind & 0x1f {
	case 0, 1, 2, 3, 4, 5:
		p.retransmit(&Retransmit{
			TSNS: ts, Flow: key, Class: RetransmitClass(flags % uint64(NumRetransmitClasses)), Segs: uint32(flags), Failed: flags == 255,
			Seq: seq, EndSeq: seq + n, SRTTUs: n, Backoff: uint8(flags), Verdict: NumVerdicts, Chain: Chain{AckedNS: 1},
		}, s)
	case 6, 7, 8, 9:
		p.reorder(&Reorder{
			TSNS: ts, Flow: key, Before: numberedFlow(flow ^ 1), HasBefore: flags&1 != 0, AtLeast: flags&2 != 0, Displacement: uint32(flags),
			Late:      OrderedPacket{Seq: seq, EndSeq: seq + n, HasSeq: flags&4 == 0, EnqueueNS: ts - uint64(n)},
			Overtaker: OrderedPacket{Seq: seq + n/2 + uint32(flags), HasSeq: flags&8 == 0, DeliverNS: ts - uint64(n/2)},
			Cause:     ReorderCause(flags % uint64(NumReorderCauses)),
		})
	case 10, 11:
		p.drop(&Drop{TSNS: ts, Flow: key, Seq: seq, EndSeq: seq + n, HasSeq: flags&1 != 0})
	case 12:
		return p.settle(ts)
	case 13:
		p.watch(ts)
	case 14:
		return p.finish()
	default:
		p.signal(&tcpSignal{kind: tcpSignalKind(kind&0x1f) - 15, tsNS: ts, flow: key, seq: seq, endSeq: seq + n, sndUna: s.sndUna, socket: s})
	}
	return nil
}

// checkBounds checks what is remembered against what may be.
func checkBounds(t *testing.T, p *proof) {
	t.Helper()
	if len(p.byKey) > maxProofFlows {
		t.Errorf("%d flows", len(p.byKey))
	}
	n, waiting := 0, uint64(0)
	for f := p.flowList.older; f != &p.flowList; f = f.older {
		n++
		if p.byKey[f.key] != f || f.older.newer != f || f.newer.older != f {
			t.Errorf("%v is not where it should be", f.key)
		}
		if f.waiting.len() > maxWaiting || f.lates.len() > maxLates || f.drops.len() > maxDrops || f.holes.len() > maxHoles ||
			f.sacks.len() > maxHoles || f.undos.len() > maxUndos || f.unclaimed[byDSACK].len() > maxUnclaimed ||
			f.unclaimed[byReceiver].len() > maxUnclaimed || len(f.recent) > MaxRecent {
			t.Errorf("%v remembers too much", f.key)
		}
		for i := f.waiting.first; i < f.waiting.next; i++ {
			if w := *f.waiting.at(i); w != nil {
				waiting++
				if w.flow != f || w.index != i {
					t.Errorf("%+v is not where it should be", w)
				}
			}
		}
	}
	if n != len(p.byKey) || waiting != p.totals().Pending {
		t.Errorf("%d flows in the list, %d in the map; %d wait, %d are counted", n, len(p.byKey), waiting, p.totals().Pending)
	}
}

func FuzzProof(f *testing.F) {
	f.Add([]byte(nil))
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := make([]byte, 4096)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		p, b := newProof(), fuzzBytes(input)
		nowNS := t0
		seen := make(map[*Retransmit]bool)
		check := func(all []*Retransmit) {
			for _, r := range all {
				if seen[r] || r.Verdict < 0 || r.Verdict >= NumVerdicts || r.Failed {
					t.Fatalf("got %+v, again: %t", r, seen[r])
				}
				if (r.Verdict == VerdictReorderedAtHop) && r.Chain.Overtaken == nil || r.Verdict == VerdictLostAtHop && r.Chain.Dropped == nil {
					t.Fatalf("got %v without evidence", r.Verdict)
				}
				seen[r] = true
			}
			consistent(t, p)
			checkBounds(t, p)
		}
		for len(b) > 0 {
			if all := b.event(p, &nowNS); all != nil {
				check(all)
			}
		}
		check(p.finish())
		if got := p.totals(); got.Pending != 0 || got.Events != uint64(len(seen)) {
			t.Errorf("got %d retransmits, %+v", len(seen), got)
		}
	})
}
