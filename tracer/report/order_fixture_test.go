// SPDX-License-Identifier: Apache-2.0

package report

import (
	"math"

	"github.com/vethtrace/vethtrace/tracer"
)

func tcpFlow() tracer.FlowKey { return testFlow(6, "10.9.0.1:40312", "10.9.0.2:5201") }

// testReorder is a packet sent from CPU 0 just before the sender moved.
func testReorder() *tracer.Reorder {
	return &tracer.Reorder{
		TSNS: 81_213_377_123, Tx: containerEth, Rx: hostVeth, Flow: tcpFlow(),
		Before: testFlow(6, "10.9.0.1:40312", "10.96.0.10:80"), HasBefore: true,
		Late: tracer.OrderedPacket{
			EnqueueNS: 81_213_000_000, DeliverNS: 81_213_377_123, EnqueueCPU: 0, RunCPU: 0, Runner: tracer.RunnerKsoftirqd,
			Steering: tracer.SteeringNone, Sender: tracer.SenderTask, PID: 1234, Queue: 0,
			Seq: 123, EndSeq: 1571, HasSeq: true,
		},
		Overtaker: tracer.OrderedPacket{
			EnqueueNS: 81_213_010_000, DeliverNS: 81_213_067_123, EnqueueCPU: 1, RunCPU: 1,
			Steering: tracer.SteeringNone, Sender: tracer.SenderTask, PID: 1234, Seq: 1571, HasSeq: true,
		},
		LateNS: 310_000, Displacement: 12, LenBytes: 1514, Cause: tracer.CauseSenderMoved,
		Move: &tracer.Move{AtNS: 81_213_010_000, PID: 1234, Comm: "iperf3", From: 0, To: 1},
	}
}

// bareReorder is one of which as little is known as can be.
func bareReorder() *tracer.Reorder {
	return &tracer.Reorder{
		TSNS: 81_213_377_123, Tx: noNames, Rx: noNames, Flow: testFlow(17, "10.9.0.1:40312", "10.9.0.2:9"),
		Late: tracer.OrderedPacket{Path: tracer.PathNAPI}, Overtaker: tracer.OrderedPacket{Path: tracer.PathXDP},
		Displacement: 1,
	}
}

func extremeReorder() *tracer.Reorder {
	r := testReorder()
	h := extremeHop()
	r.TSNS, r.LateNS, r.LenBytes, r.Displacement, r.AtLeast = math.MaxUint64, math.MaxUint64, math.MaxUint32, math.MaxUint32, true
	r.Tx, r.Rx, r.Flow, r.Before = h.Tx, h.Rx, h.Flow, h.Flow
	r.Kind, r.Cause = tracer.KindNetkit, tracer.CauseThreaded
	p := tracer.OrderedPacket{
		EnqueueNS: math.MaxUint64, DeliverNS: math.MaxUint64, EnqueueCPU: math.MaxInt64, RunCPU: math.MaxInt64,
		Path: tracer.PathXDP, Runner: tracer.RunnerThreaded, Steering: tracer.SteeringRFS,
		Sender: tracer.SenderTask, PID: math.MaxUint32, Queue: math.MaxInt64, Seq: math.MaxUint32, EndSeq: math.MaxUint32, HasSeq: true,
	}
	r.Late, r.Overtaker = p, p
	r.Move = &tracer.Move{AtNS: math.MaxUint64, PID: math.MaxUint32, Comm: h.Rx.Ifname, From: math.MaxInt64, To: math.MaxInt64}
	return r
}

// testRetransmit is that of the overtaken packet, with the whole proof.
func testRetransmit() *tracer.Retransmit {
	return &tracer.Retransmit{
		TSNS: 81_213_400_000, Netns: 4026532256, NetnsName: "a", Dev: containerEth, Peer: hostVeth, Flow: tcpFlow(),
		Class: tracer.ClassFast, Segs: 1, Seq: 123, EndSeq: 1571, Cwnd: 10, Ssthresh: 7, SRTTUs: 85,
		State: 1, CAState: 3, ReordSeen: 2, Verdict: tracer.VerdictReorderedAtHop, Spurious: tracer.ProofDSACK,
		Chain: tracer.Chain{
			Overtaken: testReorder(), HoleNS: 81_213_070_000, SACKNS: 81_213_090_000,
			DSACKNS: 81_213_610_000, UndoNS: 81_213_610_100, AckedNS: 81_213_500_000,
		},
	}
}

// bareRetransmit is a SYN-ACK, sent before there was a socket.
func bareRetransmit() *tracer.Retransmit {
	return &tracer.Retransmit{TSNS: 81_213_400_000, Netns: 4026532256, Flow: tcpFlow(), Class: tracer.ClassSYNACK, Segs: 1, State: newSynRecv}
}

func lostRetransmit() *tracer.Retransmit {
	r := testRetransmit()
	d := testDrop()
	d.Flow, d.Seq, d.EndSeq, d.HasSeq = tcpFlow(), 123, 1571, true
	r.Class, r.Verdict, r.Spurious = tracer.ClassRTO, tracer.VerdictLostAtHop, tracer.NotSpurious
	r.CAState, r.Chain = 4, tracer.Chain{Dropped: d, AckedNS: 81_213_500_000}
	return r
}

func failedRetransmit() *tracer.Retransmit {
	r := bareRetransmit()
	r.Class, r.Segs, r.Failed, r.Errno, r.State = tracer.ClassTLP, 0, true, 16, 1
	r.EndSeq, r.Ssthresh = 10, math.MaxInt32
	return r
}

func extremeRetransmit() *tracer.Retransmit {
	h := extremeHop()
	return &tracer.Retransmit{
		TSNS: math.MaxUint64, Netns: math.MaxUint32, NetnsName: h.Rx.Ifname, Dev: h.Tx, Peer: h.Rx, Flow: h.Flow,
		Class: tracer.ClassMTU, Segs: math.MaxUint32, Failed: true, Errno: math.MaxInt32,
		Seq: math.MaxUint32, EndSeq: math.MaxUint32 - 1, Cwnd: math.MaxUint32, Ssthresh: math.MaxUint32, SRTTUs: math.MaxUint32,
		State: 99, CAState: -1, Backoff: math.MaxUint8, ReordSeen: math.MaxUint32,
		Verdict: tracer.VerdictTimeout, Spurious: tracer.ProofUndo,
		Chain: tracer.Chain{
			Overtaken: extremeReorder(), Dropped: extremeDrop(), HoleNS: math.MaxUint64, SACKNS: math.MaxUint64,
			DSACKNS: math.MaxUint64, UndoNS: math.MaxUint64, AckedNS: math.MaxUint64,
		},
	}
}

// someRetransmits are n, most of them for nothing.
func someRetransmits(n uint64) tracer.Retransmits {
	r := tracer.Retransmits{Events: n, Segs: n + 10, Pending: 3, Failed: 1}
	r.Classes[tracer.ClassFast], r.Classes[tracer.ClassRTO] = n-2, 2
	r.ClassSegs[tracer.ClassFast], r.ClassSegs[tracer.ClassRTO] = n+8, 2
	r.Verdicts[tracer.VerdictReorderedAtHop], r.Verdicts[tracer.VerdictUnknown] = n-10, 7
	r.Causes[tracer.CauseSenderMoved] = n - 10
	r.Spurious[tracer.ProofDSACK], r.Spurious[tracer.ProofUndo] = n-20, 1
	return r
}

// reorderedSnapshot is the one of the story: a sender that moves between two
// CPUs, and TCP that takes it for loss.
func reorderedSnapshot() *tracer.Snapshot {
	s := testSnapshot()
	o := tracer.Order{MaxDisplacement: 32, Moves: 950, LastNS: 90_000_000_000, OtherPairs: 1,
		Pairs: []tracer.OrderPair{{LateCPU: 0, OvertakerCPU: 1, Hops: 180}, {LateCPU: 1, OvertakerCPU: 0, Hops: 59}}}
	for i := range uint64(240) {
		o.Late.Record(20_000 + i*1000)
	}
	o.Causes[tracer.CauseSenderMoved], o.Causes[tracer.CauseSoftirqSender] = 238, 2
	one := tracer.Order{MaxDisplacement: 1, LastNS: 1, Pairs: []tracer.OrderPair{{LateCPU: 1, OvertakerCPU: 1, Hops: 1}}}
	one.Late.Record(900)
	one.Causes[tracer.CauseUnknown] = 1
	s.Devices[0].Reordered, s.Devices[0].Order = 240, &o
	s.Devices[1].Reordered, s.Devices[1].Order = 1, &one
	s.Flows[0].Reordered, s.Flows[0].Order = 240, &o
	s.Flows[1].Reordered = 1 // its order was forgotten
	s.CPUs[0].Reordered, s.CPUs[1].Reordered = 181, 60
	s.CPUPairs[0].Reordered, s.CPUPairs[1].Reordered = 181, 60

	sum := someRetransmits(230)
	s.Retransmits = sum
	s.TCP = []tracer.TCPFlow{
		{Key: tcpFlow(), LastNS: 90_000_000_000, Recent: []tracer.Retransmit{*testRetransmit(), *bareRetransmit()},
			Sender: &tracer.TCPSender{Netns: containerEth.Netns, NetnsName: "a", Dev: containerEth, Peer: hostVeth,
				Retransmits: sum, Cwnd: 10, SRTTUs: 85, ReordSeen: 44, DSACKs: 211},
			Receiver: &tracer.TCPReceiver{Netns: hostVeth.Netns, NetnsName: "host", OutOfOrder: 2600, Duplicates: 211}},
		{Key: testFlow(6, "[fd00::9:9]:443", "[fd00::9:1]:50000"), LastNS: 2,
			Receiver: &tracer.TCPReceiver{Netns: containerEth.Netns, OutOfOrder: 4}},
		{Key: testFlow(6, "10.9.0.3:80", "10.9.0.2:5201"), LastNS: 1, Sender: &tracer.TCPSender{Netns: 4026532300}},
	}
	s.Netns = []tracer.NetnsTCP{
		{Netns: containerEth.Netns, NetnsName: "a", Counters: [len(tracer.TCPCounterNames)]int64{240, 228, 0, 3, 2, 0, 44, 0, 211, 9, 0, 0, 0, -1, 4, 0}},
		{Netns: hostVeth.Netns, NetnsName: "host", Counters: [len(tracer.TCPCounterNames)]int64{14: 2600, 15: 211}},
		{Netns: 4026532300},
	}
	return s
}
