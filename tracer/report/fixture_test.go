// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

var (
	hostVeth = tracer.DeviceName{
		DeviceID: tracer.DeviceID{Netns: 4026531840, Ifindex: 7}, NetnsName: "host", Ifname: "veth57703b6"}
	containerEth = tracer.DeviceName{
		DeviceID: tracer.DeviceID{Netns: 4026532256, Ifindex: 2}, NetnsName: "a", Ifname: "eth0"}
	noNames = tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: 4026532300, Ifindex: 3}}
)

func testRun() tracer.Run {
	started := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	return tracer.Run{
		Kernel: "6.18.44", Mode: "tracepoint", Started: started,
		WallOffsetNS: started.UnixNano() - 81_000_000_000, Clocksource: "tsc",
		Kinds: []tracer.Kind{tracer.KindVeth},
		Hooks: []tracer.Hook{
			{Name: "receive", Gives: "delivery on the backlog path", Attached: "tracepoint netif_receive_skb"},
			{Name: "xmit", Gives: "start of the hop", Attached: "tracepoint net_dev_start_xmit"},
		},
	}
}

// missedHooks are one with something in its place, and one without.
func missedHooks() []tracer.Hook {
	return append(testRun().Hooks,
		tracer.Hook{Name: "enqueue", Gives: "xmit stage, target CPU", Attached: "tracepoint netif_rx",
			Missed: "this kernel has no enqueue_to_backlog in its BTF"},
		tracer.Hook{Name: "veth_poll", Gives: "stages of NAPI threads", Missed: "the veth module has no BTF"},
	)
}

func testFlow(proto uint8, src, dst string) tracer.FlowKey {
	return tracer.FlowKey{Proto: proto, Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)}
}

func testHop() *tracer.Hop {
	return &tracer.Hop{
		TSNS: 81_213_377_123, Tx: containerEth, Rx: hostVeth, Path: tracer.PathBacklog,
		EnqueueCPU: 0, RunCPU: 1, Runner: tracer.RunnerKsoftirqd,
		StagesNS:   [tracer.NumStages]uint64{310, 2900, 120, 3330},
		StageKnown: [tracer.NumStages]bool{true, true, true, true},
		LenBytes:   98, GSOSegs: 1,
		Steering: tracer.SteeringRPS, TargetCPU: 1, QueueLen: 0,
		Flow: testFlow(1, "10.9.0.1:0", "10.9.0.2:0"), HasFlow: true,
	}
}

func testDrop() *tracer.Drop {
	return &tracer.Drop{
		TSNS: 81_213_377_123, DropNS: 81_213_378_345, Tx: containerEth, Rx: hostVeth,
		Cause: tracer.DropBacklogFull, Reason: "CPU_BACKLOG", EnqueueCPU: 0, TargetCPU: 1, QueueLen: 1001,
		LenBytes: 98, Flow: testFlow(17, "10.9.0.1:40312", "10.9.0.2:9"), HasFlow: true,
	}
}

// bareDrop is one of which as little is known as can be.
func bareDrop() *tracer.Drop {
	return &tracer.Drop{TSNS: 81_213_377_123, DropNS: 81_213_377_123, Tx: noNames, TargetCPU: -1, QueueLen: -1, LenBytes: 60}
}

func napiHop() *tracer.Hop {
	h := testHop()
	h.Path, h.Runner, h.RunCPU = tracer.PathNAPI, tracer.RunnerInline, 0
	h.Steering, h.TargetCPU, h.QueueLen = tracer.SteeringUnknown, -1, -1
	h.StagesNS[tracer.StageXmit], h.StageKnown[tracer.StageXmit] = 0, false
	h.Flow = testFlow(6, "[fd00::9:1]:40312", "[fd00::9:2]:5201")
	h.LenBytes, h.GSOSegs = 65226, 46
	return h
}

// counters makes n hops of 98 bytes on a path, one in cross over CPUs.
func counters(n, cross uint64, path tracer.Path, runner tracer.Runner) tracer.Counters {
	c := tracer.Counters{Hops: n, Bytes: 98 * n, GSOSegs: n, CrossCPU: cross}
	c.Paths[path], c.Runners[runner] = n, n
	for i := range n {
		late := i * i % 997
		if path == tracer.PathBacklog {
			c.Stages[tracer.StageXmit].Record(300 + late/4)
		}
		c.Stages[tracer.StageQueue].Record(400 + 8*late)
		c.Stages[tracer.StageSoftirq].Record(90 + late/9)
		c.Stages[tracer.StageTotal].Record(800 + 9*late)
	}
	return c
}

// queued is a queue that most packets found empty, and some long.
func queued(longest uint64) (h histogram.Histogram) {
	for i := range uint64(1000) {
		h.Record(i % 3 / 2)
	}
	for i := range uint64(40) {
		h.Record(longest * i / 39)
	}
	return h
}

// testSnapshot is two devices of one pair and one without names, on two CPUs,
// with more flows than text has room for.
func testSnapshot() *tracer.Snapshot {
	s := &tracer.Snapshot{
		Elapsed: 10 * time.Second,
		Run:     testRun(),
		Devices: []tracer.Device{
			{Name: hostVeth, Peer: containerEth, Counters: counters(20000, 12, tracer.PathBacklog, tracer.RunnerInline), Missed: 3},
			{Name: containerEth, Peer: hostVeth, Counters: counters(19990, 0, tracer.PathNAPI, tracer.RunnerKsoftirqd), Drops: tracer.Drops{tracer.DropBacklogFull: 5, tracer.DropFlowLimit: 2}},
			{Name: noNames, Peer: tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: 4026531840, Ifindex: 9}}},
		},
		CPUs: []tracer.CPU{
			{CPU: 0, Enqueued: 39990, Counters: counters(39978, 0, tracer.PathBacklog, tracer.RunnerInline),
				QueueLen: queued(12),
				Softnet:  tracer.Softnet{Processed: 40100, ReceivedRPS: 12}},
			{CPU: 1, Counters: counters(12, 12, tracer.PathBacklog, tracer.RunnerKsoftirqd),
				Drops: tracer.Drops{tracer.DropBacklogFull: 5, tracer.DropFlowLimit: 2}, QueueLen: queued(1001),
				Softnet: tracer.Softnet{Processed: 12, Dropped: 7, TimeSqueeze: 2, FlowLimit: 2,
					BacklogLen: 4, InputLen: 3, ProcessLen: 1, HasLens: true}},
			{CPU: 2},
		},
		CPUPairs: []tracer.CPUPair{
			{EnqueueCPU: 0, RunCPU: 0, Counters: counters(39978, 0, tracer.PathBacklog, tracer.RunnerInline)},
			{EnqueueCPU: 0, RunCPU: 1, Counters: counters(12, 12, tracer.PathBacklog, tracer.RunnerKsoftirqd)},
		},
		Emitted: 400,
		Losses:  tracer.Losses{MissedSlots: 3, DroppedHops: 7},
		Cost: tracer.Cost{UserCPU: 9 * time.Millisecond, RSSBytes: 19 << 20,
			BPFStats: true, BPFRuns: 159960, BPFTime: 8397900 * time.Nanosecond},
	}
	s.Flows = append(s.Flows,
		tracer.Flow{Key: testFlow(6, "10.9.0.1:40312", "10.9.0.2:5201"), Device: hostVeth,
			Counters: counters(15000, 12, tracer.PathBacklog, tracer.RunnerInline), LastNS: 91_000_000_000},
		tracer.Flow{Key: testFlow(17, "[fd00:1234:5678:9abc:def0:1234:5678:9abc]:65535", "[fd00:1234:5678:9abc:def0:1234:5678:9abd]:65535"),
			Device: containerEth, Counters: counters(9000, 0, tracer.PathNAPI, tracer.RunnerKsoftirqd), LastNS: 90_000_000_000,
			Drops: tracer.Drops{tracer.DropBacklogFull: 5, tracer.DropFlowLimit: 2}},
	)
	s.Devices[0].Steering = [tracer.NumSteerings]uint64{tracer.SteeringNone: 19988, tracer.SteeringRPS: 12}
	s.Devices[1].Steering[tracer.SteeringUnknown] = 19990
	for i := range uint64(21) {
		s.Flows = append(s.Flows, tracer.Flow{Key: testFlow(1, fmt.Sprintf("10.9.1.%d:0", i), "10.9.0.2:0"), Device: hostVeth,
			Counters: counters(100-i, 0, tracer.PathBacklog, tracer.RunnerInline), LastNS: 81_500_000_000})
	}
	return s
}

func emptySnapshot() *tracer.Snapshot {
	return &tracer.Snapshot{Elapsed: 5 * time.Second, Run: testRun(), Cost: tracer.Cost{RSSBytes: 18 << 20}}
}
