// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
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
	}
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
		Flow: testFlow(1, "10.9.0.1:0", "10.9.0.2:0"), HasFlow: true,
	}
}

func napiHop() *tracer.Hop {
	h := testHop()
	h.Path, h.Runner, h.RunCPU = tracer.PathNAPI, tracer.RunnerInline, 0
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

// testSnapshot is two devices of one pair and one without names, on two CPUs,
// with more flows than text has room for.
func testSnapshot() *tracer.Snapshot {
	s := &tracer.Snapshot{
		Elapsed: 10 * time.Second,
		Run:     testRun(),
		Devices: []tracer.Device{
			{Name: hostVeth, Peer: containerEth, Counters: counters(20000, 12, tracer.PathBacklog, tracer.RunnerInline), Missed: 3},
			{Name: containerEth, Peer: hostVeth, Counters: counters(19990, 0, tracer.PathNAPI, tracer.RunnerKsoftirqd), Drops: tracer.Drops{tracer.DropBacklogFull: 7}},
			{Name: noNames, Peer: tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: 4026531840, Ifindex: 9}}},
		},
		CPUs: []tracer.CPU{
			{CPU: 0, Enqueued: 39990, Counters: counters(39978, 0, tracer.PathBacklog, tracer.RunnerInline),
				Softnet: tracer.Softnet{Processed: 40100, ReceivedRPS: 12}},
			{CPU: 1, Counters: counters(12, 12, tracer.PathBacklog, tracer.RunnerKsoftirqd),
				Softnet: tracer.Softnet{Processed: 12, Dropped: 1, TimeSqueeze: 2, BacklogLen: 4}},
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
			Device: containerEth, Counters: counters(9000, 0, tracer.PathNAPI, tracer.RunnerKsoftirqd), LastNS: 90_000_000_000},
	)
	for i := range uint64(21) {
		s.Flows = append(s.Flows, tracer.Flow{Key: testFlow(1, fmt.Sprintf("10.9.1.%d:0", i), "10.9.0.2:0"), Device: hostVeth,
			Counters: counters(100-i, 0, tracer.PathBacklog, tracer.RunnerInline), LastNS: 81_500_000_000})
	}
	return s
}

func emptySnapshot() *tracer.Snapshot {
	return &tracer.Snapshot{Elapsed: 5 * time.Second, Run: testRun(), Cost: tracer.Cost{RSSBytes: 18 << 20}}
}
