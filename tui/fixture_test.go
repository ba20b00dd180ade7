// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// burst is a number of hops that are alike.
type burst struct {
	device, flow int
	hops         uint64
	enqueue, run int
	path         tracer.Path
	runner       tracer.Runner
	// queueNS is the middle of the queue stage; xmit and softirq are small.
	queueNS float64
}

// trace makes successive snapshots by adding bursts to the one before.
type trace struct {
	rng *rand.Rand
	s   tracer.Snapshot
}

func name(netns uint32, netnsName string, ifindex uint32, ifname string) tracer.DeviceName {
	return tracer.DeviceName{
		DeviceID:  tracer.DeviceID{Netns: netns, Ifindex: ifindex},
		NetnsName: netnsName, Ifname: ifname,
	}
}

func device(rx, tx tracer.DeviceName) tracer.Device { return tracer.Device{Name: rx, Peer: tx} }

func flow(d tracer.Device, proto uint8, src, dst string) tracer.Flow {
	return tracer.Flow{
		Key:    tracer.FlowKey{Proto: proto, Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)},
		Device: d.Name,
	}
}

var started = time.Date(2026, 11, 22, 3, 0, 16, 0, time.UTC)

func newTrace(cpus int) *trace {
	const host = 4026531840
	devices := []tracer.Device{
		device(name(host, "host", 7, "veth57703b6"), name(4026532256, "a", 2, "eth0")),
		device(name(host, "host", 9, "vethnapi"), name(4026532300, "web-1", 2, "eth0")),
		device(name(4026532411, "db", 2, "eth0"), name(host, "host", 11, "vethdb")),
		device(name(4026532500, "cni-5f2d8c1e-77aa-4b10-9d3e-0123456789ab", 3, "longifname12345"),
			name(host, "host", 13, "veth0123456789a")),
		device(name(4026532999, "", 17, ""), name(host, "host", 19, "")),
		device(name(4026532256, "a", 2, "eth0"), name(host, "host", 7, "veth57703b6")),
	}
	flows := []tracer.Flow{
		flow(devices[0], 6, "10.9.0.1:41234", "10.9.0.2:5201"),
		flow(devices[0], 17, "10.9.0.1:53123", "10.9.0.2:53"),
		flow(devices[0], 1, "10.9.0.1:0", "10.9.0.2:0"),
		flow(devices[1], 6, "[fd00:10:9::2]:5201", "[fd00:10:9::1]:41234"),
		flow(devices[1], 58, "[fd00:10:9::2]:0", "[fd00:10:9::1]:0"),
		flow(devices[2], 6, "172.17.0.12:3306", "172.17.0.1:60001"),
		flow(devices[2], 6, "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1111]:65535", "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222]:65534"),
		flow(devices[3], 17, "192.168.100.200:33333", "192.168.100.201:44444"),
		flow(devices[4], 132, "10.1.1.1:1", "10.1.1.2:2"),
		flow(devices[3], 6, "192.168.100.200:80", "192.168.100.201:50000"),
	}
	t := &trace{rng: rand.New(rand.NewPCG(1, 2))}
	t.s = tracer.Snapshot{
		Taken: started,
		Run: tracer.Run{
			Kernel: "6.12.48+deb13-cloud-amd64", Mode: "tracepoint", Started: started,
			WallOffsetNS: started.Add(-1000 * time.Second).UnixNano(), Clocksource: "tsc",
		},
		Devices: devices, Flows: flows, CPUs: make([]tracer.CPU, cpus),
	}
	for i := range t.s.CPUs {
		t.s.CPUs[i].CPU = i
	}
	return t
}

// add counts bursts, a time d later.
func (t *trace) add(d time.Duration, bursts ...burst) {
	s := &t.s
	s.Elapsed += d
	s.Taken = s.Taken.Add(d)
	for _, b := range bursts {
		b.enqueue, b.run = b.enqueue%len(s.CPUs), b.run%len(s.CPUs)
		pair := slices.IndexFunc(s.CPUPairs, func(p tracer.CPUPair) bool {
			return p.EnqueueCPU == b.enqueue && p.RunCPU == b.run
		})
		if pair < 0 {
			pair = len(s.CPUPairs)
			s.CPUPairs = append(s.CPUPairs, tracer.CPUPair{EnqueueCPU: b.enqueue, RunCPU: b.run})
		}
		s.CPUs[b.enqueue].Enqueued += b.hops
		s.CPUs[b.run].Softnet.Processed += b.hops + 17
		s.Flows[b.flow].LastNS = uint64(s.Taken.UnixNano() - s.Run.WallOffsetNS)
		if b.path == tracer.PathBacklog {
			queued(&s.CPUs[b.run].QueueLen, b)
		}
		t.count(b, &s.Devices[b.device].Counters, &s.Flows[b.flow].Counters,
			&s.CPUs[b.run].Counters, &s.CPUPairs[pair].Counters)
	}
	s.Cost.UserCPU += d / 80
	s.Cost.RSSBytes = 31 << 20
}

// queued spreads a burst over lengths of the queue it found: longer ones for a
// longer wait.
func queued(h *histogram.Histogram, b burst) {
	const samples = 20
	for i := range min(samples, b.hops) {
		length := min(uint64(float64(i)*b.queueNS/20_000), 1000)
		h.Counts[bucketOf(length)] += b.hops / samples
		h.MaxNS = max(h.MaxNS, length)
	}
}

// count spreads a burst over up to 200 latencies.
func (t *trace) count(b burst, into ...*tracer.Counters) {
	const samples = 200
	for i := range min(samples, b.hops) {
		n := b.hops / samples
		if i < b.hops%samples {
			n++
		}
		spread := func(middle float64) uint64 {
			return uint64(middle * math.Exp(t.rng.NormFloat64()*0.6))
		}
		var ns [tracer.NumStages]uint64
		if b.path == tracer.PathBacklog {
			ns[tracer.StageXmit] = spread(310)
		}
		ns[tracer.StageQueue] = spread(b.queueNS)
		ns[tracer.StageSoftirq] = spread(450)
		ns[tracer.StageTotal] = ns[tracer.StageXmit] + ns[tracer.StageQueue] + ns[tracer.StageSoftirq]
		for _, c := range into {
			for s := range tracer.NumStages {
				if s == tracer.StageXmit && b.path != tracer.PathBacklog {
					continue
				}
				var one = &c.Stages[s]
				before := one.MaxNS
				one.Record(ns[s])
				one.Counts[bucketOf(ns[s])] += n - 1
				one.MaxNS = max(before, ns[s])
			}
		}
	}
	for _, c := range into {
		c.Hops += b.hops
		c.Bytes += b.hops * 1514
		c.GSOSegs += b.hops * 3
		c.Paths[b.path] += b.hops
		c.Runners[b.runner] += b.hops
		switch {
		case b.path != tracer.PathBacklog:
			c.Steering[tracer.SteeringUnknown] += b.hops
		case b.enqueue != b.run:
			c.Steering[tracer.SteeringRPS] += b.hops
		default:
			c.Steering[tracer.SteeringNone] += b.hops
		}
		if b.enqueue != b.run {
			c.CrossCPU += b.hops
		}
	}
}

// snapshot returns a copy of the present state.
func (t *trace) snapshot() *tracer.Snapshot {
	s := t.s
	s.Devices = slices.Clone(s.Devices)
	s.Flows = slices.Clone(s.Flows)
	s.CPUs = slices.Clone(s.CPUs)
	s.CPUPairs = slices.Clone(s.CPUPairs)
	s.TCP = slices.Clone(s.TCP)
	return &s
}

// recorded returns two successive snapshots with everything in them that is
// hard to show: a long quiet start, then a second of trouble.
func recorded(cpus int) (first, second *tracer.Snapshot) {
	t := newTrace(cpus)
	const inline, hardirq, ksoftirqd, threaded = tracer.RunnerInline, tracer.RunnerHardirq, tracer.RunnerKsoftirqd, tracer.RunnerThreaded
	const backlog, napi, xdp = tracer.PathBacklog, tracer.PathNAPI, tracer.PathXDP
	quiet := []burst{
		{0, 0, 1_200_000, 0, 0, backlog, inline, 1200},
		{0, 1, 4000, 1, 1, backlog, inline, 1500},
		{0, 2, 61, 1, 1, backlog, inline, 1500},
		{1, 3, 300_000, 2, 2, napi, hardirq, 4000},
		{1, 4, 10, 2, 2, napi, hardirq, 4000},
		{2, 5, 90_000, 3, 3, backlog, inline, 1400},
		{2, 6, 10_000, 3, 3, napi, threaded, 9000},
		{3, 7, 500, 4, 4, backlog, inline, 1400},
		{4, 8, 250, 5, 5, xdp, hardirq, 2000},
	}
	t.add(722*time.Second, quiet...)
	t.s.Devices[2].Missed = 40
	t.s.Losses.MissedSlots = 40
	t.s.Cost.BPFStats = true
	first = t.snapshot()
	t.add(time.Second,
		burst{0, 0, 280_000, 0, 1, backlog, hardirq, 9000},
		burst{0, 0, 20_000, 0, 1, backlog, ksoftirqd, 8e6},
		burst{0, 1, 40, 1, 1, backlog, inline, 1500},
		burst{0, 2, 1, 1, 1, backlog, inline, 1500},
		burst{1, 3, 12_000, 2, 2, napi, hardirq, 4000},
		burst{2, 5, 900, 3, 3, backlog, inline, 1400},
		burst{2, 6, 90, 3, 5, napi, threaded, 9000},
		burst{3, 7, 5, 4, 4, backlog, inline, 6e9},
		burst{3, 9, 120, 6, 6, backlog, inline, 1300},
	)
	t.s.Devices[2].Missed += 12
	t.s.Losses.MissedSlots += 12
	t.s.Losses.Ringbuf = 3
	t.s.Losses.FlowsExpired = 7
	t.s.CPUs[1].Softnet.TimeSqueeze = 9
	t.s.CPUs[1].Softnet.BacklogLen = 311
	t.s.Cost.BPFStats = true
	t.s.Cost.BPFTime = 65 * time.Millisecond
	return first, t.snapshot()
}

// dropping are the same with drops of every cause, hooks that are missed, and
// another kind of device than veth.
func dropping(cpus int) (first, second *tracer.Snapshot) {
	first, second = recorded(cpus)
	second.Run.Mode = tracer.ModeKprobe
	second.Run.Kinds = []tracer.Kind{tracer.KindVeth, tracer.KindMacvlan}
	second.Run.Hooks = []tracer.Hook{
		{Name: "receive", Gives: "delivery on the backlog path", Attached: "tracepoint netif_receive_skb"},
		{Name: "enqueue", Gives: "xmit stage, target CPU, steering, queue length", Attached: "tracepoint netif_rx",
			Missed: "kallsyms has no enqueue_to_backlog"},
		{Name: "veth_poll", Gives: "stages of NAPI threads", Missed: "the module veth is not loaded"},
	}
	second.Devices[4].Kind = tracer.KindMacvlan
	second.Devices[0].Drops = tracer.Drops{tracer.DropBacklogFull: 1200, tracer.DropFlowLimit: 30, tracer.DropOther: 1}
	second.Devices[1].Drops = tracer.Drops{tracer.DropXDP: 40}
	second.Devices[2].Drops = tracer.Drops{tracer.DropBacklog: 2}
	second.Flows[0].Drops = tracer.Drops{tracer.DropBacklogFull: 1100, tracer.DropFlowLimit: 30}
	second.Flows[1].Drops = tracer.Drops{tracer.DropBacklogFull: 100}
	second.CPUs[1].Drops = tracer.Drops{tracer.DropBacklogFull: 1200, tracer.DropFlowLimit: 30}
	second.CPUs[3%cpus].Drops[tracer.DropBacklog] = 2
	second.CPUs[1].QueueLen.Record(1001)
	second.CPUs[1].Softnet.Dropped, second.CPUs[0].Softnet.FlowLimit = 1230, 30
	second.CPUs[1].Softnet.InputLen, second.CPUs[1].Softnet.ProcessLen, second.CPUs[1].Softnet.HasLens = 300, 11, true
	second.Losses.DroppedHops = 1273
	return first, second
}

func bucketOf(ns uint64) int { return histogram.Index(ns) }
