// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// nowNS is the time of the present state, CLOCK_MONOTONIC.
func (t *trace) nowNS() uint64 {
	return uint64(t.s.Taken.UnixNano() - t.s.Run.WallOffsetNS)
}

// overtake counts packets of a flow that were overtaken; its device's too.
func (t *trace) overtake(flow int, hops uint64, middleNS uint64, causes map[tracer.ReorderCause]uint64, pairs ...tracer.OrderPair) {
	fl := &t.s.Flows[flow]
	device := slices.IndexFunc(t.s.Devices, func(d tracer.Device) bool { return d.Name == fl.Device })
	for _, into := range []struct {
		counters *tracer.Counters
		order    **tracer.Order
	}{{&fl.Counters, &fl.Order}, {&t.s.Devices[device].Counters, &t.s.Devices[device].Order}} {
		into.counters.Reordered += hops
		o := new(tracer.Order)
		if *into.order != nil {
			*o = **into.order
			o.Pairs = slices.Clone(o.Pairs)
		}
		for i := range hops {
			o.Late.Record(middleNS/4 + i*2*middleNS/hops)
		}
		for _, c := range slices.Sorted(maps.Keys(causes)) {
			o.Causes[c] += causes[c]
		}
		for _, p := range pairs {
			at := slices.IndexFunc(o.Pairs, func(q tracer.OrderPair) bool {
				return q.LateCPU == p.LateCPU && q.OvertakerCPU == p.OvertakerCPU
			})
			if at < 0 {
				o.Pairs = append(o.Pairs, p)
			} else {
				o.Pairs[at].Hops += p.Hops
			}
		}
		o.MaxDisplacement = max(o.MaxDisplacement, min(hops, tracer.MaxRemembered))
		o.Moves += hops / 4
		o.LastNS = t.nowNS()
		*into.order = o
	}
}

// resend is a number of retransmits that are alike, of one segment each.
type resend struct {
	events uint64
	class  tracer.RetransmitClass
	// verdicts of as many; the others are pending.
	verdict  tracer.Verdict
	decided  uint64
	spurious uint64
}

// sendAgain counts retransmits of a connection that is sent by tx.
func (t *trace) sendAgain(key tracer.FlowKey, tx, rx tracer.DeviceName, resends ...resend) {
	at := slices.IndexFunc(t.s.TCP, func(f tracer.TCPFlow) bool { return f.Key == key })
	if at < 0 {
		at = len(t.s.TCP)
		t.s.TCP = append(t.s.TCP, tracer.TCPFlow{Key: key})
	}
	fl := &t.s.TCP[at]
	sender := tracer.TCPSender{Netns: tx.Netns, NetnsName: tx.NetnsName, Dev: tx, Peer: rx}
	if fl.Sender != nil {
		sender = *fl.Sender
	}
	for _, r := range resends {
		t.s.Retransmits.Segs += r.events
		sender.Events += r.events
		sender.Segs += r.events
		sender.Classes[r.class] += r.events
		sender.ClassSegs[r.class] += r.events
		sender.Verdicts[r.verdict] += r.decided
		sender.Pending += r.events - r.decided
		sender.Spurious[tracer.ProofDSACK] += r.spurious
		sender.DSACKs += uint32(r.spurious)
	}
	sender.Cwnd, sender.SRTTUs, sender.ReordSeen = 14, 153, sender.ReordSeen+7
	fl.Sender = &sender
	fl.LastNS = t.nowNS()
}

// receive sets what a receiver has counted.
func (t *trace) receive(key tracer.FlowKey, netns uint32, name string, outOfOrder, twice uint64) {
	at := slices.IndexFunc(t.s.TCP, func(f tracer.TCPFlow) bool { return f.Key == key })
	if at < 0 {
		at = len(t.s.TCP)
		t.s.TCP = append(t.s.TCP, tracer.TCPFlow{Key: key, LastNS: t.nowNS()})
	}
	t.s.TCP[at].Receiver = &tracer.TCPReceiver{Netns: netns, NetnsName: name, OutOfOrder: outOfOrder, Duplicates: twice}
}

// chained are retransmits with everything that led to them, 40 ms apart.
func (t *trace) chained(key tracer.FlowKey, d *tracer.Device, n int) []tracer.Retransmit {
	var all []tracer.Retransmit
	for i := range n {
		now := t.nowNS() - uint64(n-i)*40_000_000
		seq := uint32(4_294_960_000) + uint32(i)*2896
		over := &tracer.Reorder{
			TSNS: now, Tx: d.Peer, Rx: d.Name, Flow: key,
			Late:      tracer.OrderedPacket{DeliverNS: now, EnqueueCPU: 0, RunCPU: 0, Sender: tracer.SenderTask, PID: 8123, Seq: seq, EndSeq: seq + 2896, HasSeq: true},
			Overtaker: tracer.OrderedPacket{DeliverNS: now - 46_000, EnqueueCPU: 1, RunCPU: 1, Sender: tracer.SenderTask, PID: 8123, HasSeq: true},
			LateNS:    46_000, Displacement: 5, LenBytes: 2962, Cause: tracer.CauseSenderMoved,
			Move: &tracer.Move{AtNS: now - 58_000, PID: 8123, Comm: "iperf3", From: 0, To: 1},
		}
		all = append(all, tracer.Retransmit{
			TSNS: now - 15_000, Netns: d.Peer.Netns, NetnsName: d.Peer.NetnsName, Dev: d.Peer, Peer: d.Name, Flow: key,
			Class: tracer.ClassFast, Segs: 2, Seq: seq, EndSeq: seq + 2896, Cwnd: 14, Ssthresh: 7, SRTTUs: 153,
			State: 1, CAState: 3, ReordSeen: 44, Verdict: tracer.VerdictReorderedAtHop, Spurious: tracer.ProofDSACK,
			Chain: tracer.Chain{
				Overtaken: over, HoleNS: now - 44_000, SACKNS: now - 21_000,
				AckedNS: now + 22_000, DSACKNS: now + 58_000, UndoNS: now + 58_200,
			},
		})
	}
	return all
}

// seen adds retransmits that have their verdict.
func (t *trace) seen(key tracer.FlowKey, more ...tracer.Retransmit) {
	at := slices.IndexFunc(t.s.TCP, func(f tracer.TCPFlow) bool { return f.Key == key })
	recent := append(slices.Clone(t.s.TCP[at].Recent), more...)
	t.s.TCP[at].Recent = recent[max(0, len(recent)-tracer.MaxRecent):]
}

func tcpKey(src, dst string) tracer.FlowKey {
	return tracer.FlowKey{Proto: 6, Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)}
}

// reordering are successive snapshots of the story: a sender that moves between
// two CPUs and TCP that takes it for loss, next to troubles of other kinds.
func reordering(cpus int) []*tracer.Snapshot {
	t := newTrace(cpus)
	const inline, backlog, napi = tracer.RunnerInline, tracer.PathBacklog, tracer.PathNAPI
	t.s.Flows[2].Key.ID = 4711
	t.s.Run.Kinds = []tracer.Kind{tracer.KindVeth}
	key, a, host := t.s.Flows[0].Key, t.s.Devices[0].Peer, t.s.Devices[0].Name
	db, other := t.s.Flows[5].Key, tcpKey("203.0.113.9:443", "172.17.0.12:50112")
	t.add(722*time.Second,
		burst{0, 0, 500_000, 0, 0, backlog, inline, 1200},
		burst{0, 2, 61, 1, 1, backlog, inline, 1500},
		burst{1, 3, 300_000, 2, 2, napi, tracer.RunnerHardirq, 4000},
		burst{2, 5, 90_000, 3, 3, backlog, inline, 1400},
	)
	t.overtake(3, 12, 9000, map[tracer.ReorderCause]uint64{tracer.CauseRPSChanged: 12}, tracer.OrderPair{LateCPU: 2, OvertakerCPU: 3, Hops: 12})
	t.receive(other, 4026532411, "db", 40, 0)
	all := []*tracer.Snapshot{t.snapshot()}
	for i := range 4 {
		second := time.Duration(1 + 2*i)
		n := uint64(second)
		t.add(second*time.Second,
			burst{0, 0, 15_000 * n, 0, 0, backlog, inline, 2200},
			burst{0, 0, 11_300 * n, 1, 1, backlog, inline, 2200},
			burst{0, 2, n, 1, 1, backlog, inline, 1500},
			burst{1, 3, 12_000 * n, 2, 2, napi, tracer.RunnerHardirq, 4000},
			burst{2, 5, 900 * n, 3, 3, backlog, inline, 1400},
			burst{3, 7, 5 * n, 4, 4, backlog, inline, 1400},
		)
		t.overtake(0, 320*n, 40_000, map[tracer.ReorderCause]uint64{tracer.CauseSenderMoved: 311 * n, tracer.CauseSoftirqSender: 9 * n},
			tracer.OrderPair{LateCPU: 0, OvertakerCPU: 1, Hops: 240 * n}, tracer.OrderPair{LateCPU: 1, OvertakerCPU: 0, Hops: 79 * n})
		t.s.Flows[7].Reordered++ // there was no room to remember its order
		t.s.Devices[3].Reordered++
		t.sendAgain(key, a, host,
			resend{events: 317 * n, class: tracer.ClassFast, verdict: tracer.VerdictReorderedAtHop, decided: 312 * n, spurious: 309 * n},
			resend{events: 3 * n, class: tracer.ClassTLP, verdict: tracer.VerdictUnknown, decided: 3 * n})
		t.receive(key, host.Netns, "host", 2204*n*n, 309*n*n)
		t.seen(key, t.chained(key, &t.s.Devices[0], 5)...)
		t.sendAgain(db, name(4026532411, "db", 2, "eth0"), name(4026531840, "host", 11, "vethdb"),
			resend{events: 1, class: tracer.ClassTLP, verdict: tracer.VerdictLostElsewhere, decided: 1})
		t.receive(other, 4026532411, "db", 40+3*n, 0)
		var counters [len(tracer.TCPCounterNames)]int64
		segs := int64(tracedSegs(&t.s, a.Netns))
		for c, v := range map[int]int64{0: segs, 1: segs - 9, 3: 9, 6: 44, 8: segs - 40, 9: 3, 10: 2, 13: -1} {
			counters[c] = v
		}
		t.s.Netns = []tracer.NetnsTCP{
			{Netns: host.Netns, NetnsName: "host", Counters: [len(tracer.TCPCounterNames)]int64{14: 2204, 15: 309}},
			{Netns: a.Netns, NetnsName: "a", Counters: counters},
			{Netns: 4026532411, NetnsName: "db", Counters: [len(tracer.TCPCounterNames)]int64{0: int64(i) + 3, 3: int64(i) + 3}},
		}
		t.s.Losses.OrderUnknown = 7
		all = append(all, t.snapshot())
	}
	return all
}

// everything needs all columns of all views.
func everything(cpus int) (first, second *tracer.Snapshot) {
	first, second = dropping(cpus)
	t := &trace{s: *second}
	t.overtake(0, 20_000, 40_000, map[tracer.ReorderCause]uint64{tracer.CauseSoftirqSender: 20_000}, tracer.OrderPair{LateCPU: 100, OvertakerCPU: 101, Hops: 20_000})
	t.overtake(5, 40, 4_000_000_000, map[tracer.ReorderCause]uint64{tracer.CauseSeveralSenders: 40}, tracer.OrderPair{LateCPU: 1, OvertakerCPU: 1, Hops: 40})
	t.s.Flows[7].Reordered = 1
	a, host := t.s.Devices[0].Peer, t.s.Devices[0].Name
	for v := range tracer.NumVerdicts {
		n := 900_000 << v
		t.sendAgain(tcpKey("10.9.0.1:41234", netip.AddrPortFrom(netip.MustParseAddr("10.9.0.2"), uint16(5200+v)).String()), a, host,
			resend{events: uint64(n), class: tracer.RetransmitClass(v), verdict: v, decided: uint64(n) - 10, spurious: uint64(n) / 2},
			resend{events: 1, class: tracer.NumRetransmitClasses - 1 - tracer.RetransmitClass(v)})
	}
	t.s.TCP[1].Sender.Dev = tracer.DeviceName{}
	t.s.TCP[2].Sender.Failed = 4
	t.receive(t.s.TCP[0].Key, 1, "", 1<<40, 12)
	t.receive(tcpKey("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111]:65535", "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222]:65534"), 1, "", 3, 4)
	t.s.Losses.RareRingbuf = 12
	return first, t.snapshot()
}
