// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// after returns the findings of one second, in which change happened.
func after(change func(t *trace)) []string {
	t := newTrace(2)
	t.add(time.Minute, burst{0, 0, 100_000, 0, 0, tracer.PathBacklog, tracer.RunnerInline, 1500})
	f := (*frame)(nil).follow(t.snapshot())
	t.add(time.Second)
	change(t)
	var all []string
	for _, found := range findingsOf(f.follow(t.snapshot())) {
		all = append(all, found.label+" "+found.where+found.what+found.more+" | "+found.advice)
	}
	return all
}

func TestFindings(t *testing.T) {
	const backlog, napi = tracer.PathBacklog, tracer.PathNAPI
	const inline, hardirq, ksoftirqd = tracer.RunnerInline, tracer.RunnerHardirq, tracer.RunnerKsoftirqd
	for _, tt := range []struct {
		name   string
		change func(t *trace)
		want   []string
	}{
		{"nothing", func(*trace) {}, nil},
		{"fast hops", func(t *trace) {
			t.add(0, burst{0, 0, 5000, 0, 0, backlog, inline, 1500})
		}, nil},
		{"ksoftirqd", func(t *trace) {
			t.add(0, burst{0, 0, 9000, 1, 1, backlog, inline, 1500}, burst{0, 0, 1000, 1, 1, backlog, ksoftirqd, 8e6})
		}, []string{
			"SLOW host/veth57703b6 queue p99 19ms: softirq deferred to ksoftirqd on CPU 1 | next: mpstat -P 1 1 (what else does CPU 1 do?)",
		}},
		{"slow queue without ksoftirqd", func(t *trace) {
			t.add(0, burst{0, 0, 9000, 1, 1, backlog, hardirq, 8e5})
		}, []string{
			"SLOW host/veth57703b6: p99 3.9ms, mostly in stage queue (3.9ms) | next: enter on its row, 2 for the CPUs",
		}},
		{"one slow hop of few", func(t *trace) {
			t.add(0, burst{0, 0, 1, 1, 1, backlog, inline, 9e5})
		}, nil},
		{"one very slow hop of few", func(t *trace) {
			t.add(0, burst{0, 0, 1, 1, 1, backlog, inline, 9e8})
		}, []string{
			"SLOW host/veth57703b6: p99 356ms, mostly in stage queue (356ms) | next: enter on its row, 2 for the CPUs",
		}},
		{"backlog full", func(t *trace) { t.s.CPUs[1].Softnet.Dropped = 1200 }, []string{
			"DROPS CPU 1 drops 1.20k packets/s: its backlog is full | next: sysctl net.core.netdev_max_backlog (raise it on the host)",
		}},
		{"backlog full for a device", func(t *trace) {
			t.s.Devices[2].Drops[tracer.DropBacklogFull] = 1200
			t.s.Flows[5].Drops[tracer.DropBacklogFull] = 1200
			t.s.CPUs[1].Drops[tracer.DropBacklogFull] = 1200
			t.s.CPUs[1].Softnet.Dropped = 1200
			t.s.CPUs[1].QueueLen.Record(1001)
		}, []string{
			"DROPS db/eth0: 1.20k packets/s dropped, backlog of CPU 1 is full | next: sysctl -w net.core.netdev_max_backlog=2000",
		}},
		{"backlog full for several flows", func(t *trace) {
			t.s.Devices[2].Drops[tracer.DropBacklogFull], t.s.Devices[0].Drops[tracer.DropBacklogFull] = 1200, 5
			t.s.Flows[5].Drops[tracer.DropBacklogFull], t.s.Flows[6].Drops[tracer.DropBacklogFull] = 700, 500
			t.s.CPUs[1].Drops[tracer.DropBacklogFull] = 1200
			t.s.CPUs[1].QueueLen.Record(301)
		}, []string{
			"DROPS db/eth0: 1.20k packets/s dropped, backlog of CPU 1 is full, 1 more device | " +
				"next: sysctl -w net.core.netdev_max_backlog=600, or ip netns exec db sh -c 'echo 3 >/sys/class/net/eth0/queues/rx-0/rps_cpus' (RPS)",
		}},
		{"several flows that are steered already", func(t *trace) {
			t.add(0, burst{2, 5, 900, 0, 1, backlog, inline, 1400})
			t.s.Devices[2].CrossCPU, t.s.CPUPairs[1].CrossCPU = 0, 0
			t.s.Devices[2].Drops[tracer.DropBacklogFull] = 1200
			t.s.Flows[5].Drops[tracer.DropBacklogFull], t.s.Flows[6].Drops[tracer.DropBacklogFull] = 700, 500
			t.s.CPUs[1].Drops[tracer.DropBacklogFull] = 1200
			t.s.CPUs[1].QueueLen.Record(1001)
		}, []string{
			"DROPS db/eth0: 1.20k packets/s dropped, backlog of CPU 1 is full | next: sysctl -w net.core.netdev_max_backlog=2000",
		}},
		{"no CPU and no length known", func(t *trace) { t.s.Devices[2].Drops[tracer.DropBacklog] = 12 }, []string{
			"DROPS db/eth0: 12 packets/s dropped, backlog of a CPU took no more | next: sysctl net.core.netdev_max_backlog (raise it on the host)",
		}},
		{"flow limit for a flow", func(t *trace) {
			t.s.Devices[2].Drops[tracer.DropFlowLimit] = 30
			t.s.Flows[5].Drops[tracer.DropFlowLimit], t.s.Flows[6].Drops[tracer.DropFlowLimit] = 29, 1
			t.s.CPUs[1].Drops[tracer.DropFlowLimit], t.s.CPUs[1].Softnet.Dropped, t.s.CPUs[0].Softnet.FlowLimit = 30, 30, 30
		}, []string{
			"DROPS tcp 172.17.0.12:3306 -> 172.17.0.1:60001: 29 packets/s dropped by the flow limit, 1 more flow | next: sysctl -w net.core.flow_limit_cpu_bitmap=0 (no limit)",
		}},
		{"flow limit for no flow that is known", func(t *trace) { t.s.Devices[2].Drops[tracer.DropFlowLimit] = 30 }, []string{
			"DROPS db/eth0: 30 packets/s dropped by the flow limit | next: sysctl -w net.core.flow_limit_cpu_bitmap=0 (no limit)",
		}},
		{"XDP", func(t *trace) { t.s.Devices[2].Drops[tracer.DropXDP] = 40 }, []string{
			"DROPS db/eth0: 40 packets/s not passed on by its XDP program | next: ip -n db link show dev eth0 (prog/xdp id)",
		}},
		{"another kind of device", func(t *trace) {
			t.s.Devices[2].Kind, t.s.Devices[2].Drops[tracer.DropOther] = tracer.KindMacvlan, 2
		}, []string{
			"DROPS db/eth0: 2.0 packets/s freed by the driver | next: vethtrace trace --kind macvlan | grep DROPPED (reasons)",
		}},
		{"flow limit", func(t *trace) {
			t.s.CPUs[0].Softnet.Dropped, t.s.CPUs[0].Softnet.FlowLimit = 30, 30
		}, []string{
			"DROPS CPU 0 drops 30 packets/s of its largest flows: flow limit | next: sysctl -w net.core.flow_limit_cpu_bitmap=0 (no limit)",
		}},
		{"dropped on two devices", func(t *trace) {
			t.s.Devices[1].Drops[tracer.DropOther], t.s.Devices[2].Drops[tracer.DropOther] = 3, 12
		}, []string{
			"DROPS db/eth0: 12 packets/s freed by the driver, 1 more device | next: vethtrace trace | grep DROPPED (reasons)",
		}},
		{"missed", func(t *trace) {
			t.add(0, burst{0, 0, 960, 0, 0, backlog, inline, 1500})
			t.s.Devices[0].Missed = 40
		}, []string{
			"LOST host/veth57703b6: 4% of its hops were not measured | so: its latencies and counts are those of the other hops",
		}},
		{"squeeze on both", func(t *trace) {
			t.s.CPUs[0].Softnet.TimeSqueeze, t.s.CPUs[1].Softnet.TimeSqueeze = 1, 2
		}, []string{
			"NOTE CPU 1 spent its softirq budget 2.0 times/s with packets left, 1 more CPU | next: sysctl net.core.netdev_budget net.core.netdev_budget_usecs",
		}},
		{"clock", func(t *trace) { t.s.Losses.ClockBackwards = 7 }, []string{
			"CLOCK 7 stages would have been negative: the CPUs' clocks (tsc) differ | so: do not trust stages that cross CPUs",
		}},
		{"cross on the backlog", func(t *trace) {
			t.add(0, burst{0, 0, 100, 0, 1, backlog, inline, 1500})
		}, []string{
			"NOTE host/veth57703b6: 100% of hops run on another CPU than enqueued | next: cat /sys/class/net/veth57703b6/queues/rx-0/rps_cpus (RPS)",
		}},
		{"cross with napi", func(t *trace) {
			t.add(0, burst{1, 3, 100, 0, 1, napi, hardirq, 1500})
		}, []string{
			"NOTE host/vethnapi: 100% of hops run on another CPU than enqueued | why: the NAPI poll runs where it was scheduled, or in its thread",
		}},
		{"the worst first", func(t *trace) {
			t.add(0, burst{0, 0, 100, 0, 1, backlog, inline, 1500})
			t.s.CPUs[1].Softnet.Dropped = 5
		}, []string{
			"DROPS CPU 1 drops 5.0 packets/s: its backlog is full | next: sysctl net.core.netdev_max_backlog (raise it on the host)",
			"NOTE host/veth57703b6: 100% of hops run on another CPU than enqueued | next: cat /sys/class/net/veth57703b6/queues/rx-0/rps_cpus (RPS)",
		}},
	} {
		if got := after(tt.change); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n  %s\nwant\n  %s", tt.name, strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
		}
	}
}

// TestReadRPS: a command never holds a name that a shell would not take as
// it is.
func TestReadRPS(t *testing.T) {
	for _, tt := range []struct{ netns, ifname, want string }{
		{"host", "veth1", "cat /sys/class/net/veth1/queues/rx-0/rps_cpus (RPS)"},
		{"web-1", "eth0", "ip netns exec web-1 cat /sys/class/net/eth0/queues/rx-0/rps_cpus (RPS)"},
		{"", "eth0", "rps_cpus of eth0 in its namespace (RPS)"},
		{"a;reboot", "eth0", "rps_cpus of eth0 in its namespace (RPS)"},
		{"host", "$(reboot)", "its rps_cpus (RPS)"},
		{"-x", "..", "its rps_cpus (RPS)"},
		{"host", "", "its rps_cpus (RPS)"},
	} {
		if got := readRPS(name(1, tt.netns, 2, tt.ifname)); got != tt.want {
			t.Errorf("%q %q: got %q, want %q", tt.netns, tt.ifname, got, tt.want)
		}
	}
}

func TestWriteRPS(t *testing.T) {
	for _, tt := range []struct{ netns, ifname, want string }{
		{"host", "veth1", "echo 3 >/sys/class/net/veth1/queues/rx-0/rps_cpus"},
		{"web-1", "eth0", "ip netns exec web-1 sh -c 'echo 3 >/sys/class/net/eth0/queues/rx-0/rps_cpus'"},
		{"", "eth0", ""},
		{"a';reboot", "eth0", ""},
		{"host", "$(reboot)", ""},
	} {
		if got := writeRPS(name(1, tt.netns, 2, tt.ifname), "3"); got != tt.want {
			t.Errorf("%q %q: got %q, want %q", tt.netns, tt.ifname, got, tt.want)
		}
	}
}

func TestCPUMask(t *testing.T) {
	for _, tt := range []struct {
		cpus []int
		want string
	}{{nil, "0"}, {[]int{0, 1}, "3"}, {[]int{0, 31}, "80000001"}, {[]int{3, 32, 64}, "1,00000001,00000008"}} {
		var rows []row
		for _, c := range tt.cpus {
			rows = append(rows, row{id: rowID{cpu: c}})
		}
		if got := cpuMask(rows); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.cpus, got, tt.want)
		}
	}
}

// TestSince: a trouble keeps its time through a short break, and gets a new
// one after a long.
func TestSince(t *testing.T) {
	at := func(s int) time.Time { return started.Add(time.Duration(s) * time.Second) }
	trouble := []finding{{key: "x"}}
	found, known := dated(slices.Clone(trouble), nil, at(0))
	if found[0].since != at(0) {
		t.Errorf("new: since %v", found[0].since)
	}
	_, known = dated(nil, known, at(5))
	found, known = dated(slices.Clone(trouble), known, at(9))
	if found[0].since != at(0) {
		t.Errorf("after a short break: since %v", found[0].since)
	}
	found, _ = dated(slices.Clone(trouble), known, at(30))
	if found[0].since != at(30) {
		t.Errorf("after a long break: since %v", found[0].since)
	}
}
