// SPDX-License-Identifier: Apache-2.0

package tracer

import "testing"

// BenchmarkProof measures an event of a connection that is overtaken all the
// time: each packet's hole, SACK, retransmit, overtaking and DSACK.
func BenchmarkProof(b *testing.B) {
	const rttNS, segment = 200 * usec, 1448
	for _, bm := range []struct {
		name string
		// told is whether DSACKs come; else each waits until it is settled.
		told bool
	}{{"proven", true}, {"unproven", false}} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			p := watchedProof()
			order := lateAt(0, segment, 0, 0)
			var all int
			for i := uint64(0); i < uint64(b.N); i += 5 {
				seq, now := uint32(i/5)*segment, t0+i*10*usec // 100,000 events/s
				s := socketState{sndUna: seq, sackOK: true, srttUs: 200, totalRetrans: uint32(i / 5)}
				sig := tcpSignal{kind: signalHole, tsNS: now, flow: proofKey, seq: seq, endSeq: seq + segment, sndUna: seq, socket: s}
				p.signal(&sig)
				sig.kind, sig.tsNS = signalSACK, now+5*usec
				p.signal(&sig)
				p.retransmit(&Retransmit{TSNS: now + 10*usec, Flow: proofKey, Class: ClassFast, Segs: 1, Seq: seq, EndSeq: seq + segment, SRTTUs: 200}, s)
				order.TSNS = now + 15*usec
				order.Late.Seq, order.Late.EndSeq, order.Overtaker.Seq = seq, seq+segment, seq+segment
				order.Late.EnqueueNS, order.Late.DeliverNS = now-300*usec, now+15*usec
				order.Overtaker.EnqueueNS, order.Overtaker.DeliverNS = now-290*usec, now-280*usec
				p.reorder(&order)
				sig.kind, sig.tsNS, sig.seq, sig.endSeq = signalAcked, now+20*usec, seq-20*segment, seq-19*segment
				if bm.told {
					sig.kind = signalDSACK
				}
				p.signal(&sig)
				all += len(p.settle(now + 20*usec))
			}
			all += len(p.finish())
			if want := (b.N + 4) / 5; all != want {
				b.Errorf("got %d retransmits, want %d", all, want)
			}
		})
	}
}

// BenchmarkProofFull measures events of many flows whose histories are full, and
// of which nothing fits.
func BenchmarkProofFull(b *testing.B) {
	b.ReportAllocs()
	p := watchedProof()
	order := lateAt(0, 100, 0, 0)
	const flows = 64
	for i := range uint64(b.N) {
		order.Flow, order.TSNS = numberedFlow(uint32(i%flows)), t0+i*10*usec
		order.Late.Seq = uint32(i/flows) * 100
		order.Late.EndSeq = order.Late.Seq + 100
		p.reorder(&order)
		if i%flows == 0 {
			p.settle(t0 + i*10*usec)
		}
	}
}
