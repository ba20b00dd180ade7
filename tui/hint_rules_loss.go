// SPDX-License-Identifier: Apache-2.0

package tui

import "fmt"

// backlogFull: enqueue_to_backlog counts a packet as dropped when the CPU's
// input queue is longer than net.core.netdev_max_backlog, or when the flow
// limit hits, which is counted on its own too.
func backlogFull(e *evidence) []finding {
	of := func(r *row) uint64 { return grown(r.softnet.Dropped, min(r.softnet.FlowLimit, r.softnet.Dropped)) }
	c, others := worst(e.cpus, of)
	if c == nil {
		return nil
	}
	return []finding{{
		label:  "DROPS",
		key:    "backlog " + c.name,
		where:  c.name,
		what:   fmt.Sprintf(" drops %s packets/s: its backlog is full", rateText(perSecond(of(c), e.interval))),
		more:   andMore(others, "CPU"),
		advice: "next: sysctl net.core.netdev_max_backlog (raise it on the host)",
	}}
}

func flowLimited(e *evidence) []finding {
	of := func(r *row) uint64 { return r.softnet.FlowLimit }
	c, others := worst(e.cpus, of)
	if c == nil {
		return nil
	}
	return []finding{{
		label:  "DROPS",
		key:    "flow limit " + c.name,
		where:  c.name,
		what:   fmt.Sprintf(" drops %s packets/s of its largest flows: flow limit", rateText(perSecond(of(c), e.interval))),
		more:   andMore(others, "CPU"),
		advice: "next: sysctl net.core.flow_limit_cpu_bitmap",
	}}
}

// droppedOnDevice does not know why: the kernel's drop reason does.
func droppedOnDevice(e *evidence) []finding {
	of := func(r *row) uint64 { return r.dropped }
	d, others := worst(e.devices, of)
	if d == nil {
		return nil
	}
	return []finding{{
		label:  "DROPS",
		key:    "dropped " + d.name,
		where:  d.name,
		what:   fmt.Sprintf(": %s packets/s freed before delivery", rateText(perSecond(d.dropped, e.interval))),
		more:   andMore(others, "device"),
		advice: "next: perf trace -e skb:kfree_skb (reasons: Linux 5.17+)",
	}}
}

// hopsMissed is about the trace, not about the network.
func hopsMissed(e *evidence) []finding {
	of := func(r *row) uint64 { return r.missed }
	d, others := worst(e.devices, of)
	if d == nil {
		return nil
	}
	return []finding{{
		label:  "LOST",
		key:    "missed " + d.name,
		where:  d.name,
		what:   fmt.Sprintf(": %s of its hops were not measured", shareText(d.missed, d.hops+d.missed)),
		more:   andMore(others, "device"),
		advice: "so: its latencies and counts are those of the other hops",
	}}
}

func clockBackwards(e *evidence) []finding {
	n := e.losses.ClockBackwards
	if n == 0 {
		return nil
	}
	clock := ""
	if e.run.Clocksource != "" {
		clock = " (" + printable(e.run.Clocksource) + ")"
	}
	return []finding{{
		label:  "CLOCK",
		key:    "clock",
		what:   fmt.Sprintf("%s stages would have been negative: the CPUs' clocks%s differ", countText(n), clock),
		advice: "so: do not trust stages that cross CPUs",
	}}
}

func andMore(n int, noun string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", 1 more " + noun
	}
	return fmt.Sprintf(", %d more %ss", n, noun)
}
