// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer"
)

// backlogFull: enqueue_to_backlog drops a packet when its CPU's input queue is
// longer than net.core.netdev_max_backlog.
func backlogFull(e *evidence) []finding {
	of := func(r *row) uint64 { return r.drops[tracer.DropBacklogFull] + r.drops[tracer.DropBacklog] }
	d, others := worst(e.devices, of)
	if d == nil {
		return otherBacklogFull(e)
	}
	where, why := "a CPU", "is full"
	c, _ := worst(e.cpus, of)
	if c != nil {
		where = c.name
	}
	if d.drops[tracer.DropBacklogFull] == 0 { // or the flow limit
		why = "took no more"
	}
	return []finding{{
		label:  "DROPS",
		key:    "backlog " + d.name,
		where:  d.name,
		what:   fmt.Sprintf(": %s packets/s dropped, backlog of %s %s", rateText(perSecond(of(d), e.interval)), where, why),
		more:   andMore(others, "device"),
		advice: "next: " + moreBacklog(e, d, c, of),
	}}
}

// moreBacklog is the command for a longer backlog and, if it is several flows
// that one CPU cannot cope with, the one for more CPUs. The queue that a packet
// is dropped from has one packet more than the sysctl says.
func moreBacklog(e *evidence, d, c *row, of func(*row) uint64) string {
	longer := "sysctl net.core.netdev_max_backlog (raise it on the host)"
	if c != nil && c.queue.ever > 1 {
		longer = fmt.Sprintf("sysctl -w net.core.netdev_max_backlog=%d", 2*(c.queue.ever-1))
	}
	flows := 0
	for i := range e.flows {
		if e.flows[i].id.device == d.id.device && of(&e.flows[i]) > 0 {
			flows++
		}
	}
	if flows < 2 || len(e.cpus) < 2 || d.steering[tracer.SteeringNone] < d.hops {
		return longer
	}
	if rps := writeRPS(e.names[d.id.device], cpuMask(e.cpus)); rps != "" {
		return longer + ", or " + rps + " (RPS)"
	}
	return longer
}

// otherBacklogFull is about packets that are not traced. The kernel counts
// those that the flow limit refused among them, but at the sender's CPU.
func otherBacklogFull(e *evidence) []finding {
	of := func(r *row) uint64 { return grown(r.softnet.Dropped, min(r.softnet.FlowLimit, r.softnet.Dropped)) }
	c, others := worst(e.cpus, of)
	if c == nil || dropped(e, tracer.DropFlowLimit) {
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

// flowLimited: skb_flow_limit refuses packets of a flow that has more than half
// of the newest in a backlog that is half full.
func flowLimited(e *evidence) []finding {
	of := func(r *row) uint64 { return r.drops[tracer.DropFlowLimit] }
	f := finding{
		label:  "DROPS",
		advice: "next: sysctl -w net.core.flow_limit_cpu_bitmap=0 (no limit)",
	}
	switch d, others := worst(e.devices, of); {
	case d != nil:
		f.where, f.more = d.name, andMore(others, "device")
		n := of(d)
		if fl, others := worst(e.flows, of); fl != nil {
			f.where, f.more = protoText(fl.id.flow.Proto)+" "+fl.name, andMore(others, "flow")
			n = of(fl)
		}
		f.what = fmt.Sprintf(": %s packets/s dropped by the flow limit", rateText(perSecond(n, e.interval)))
	default:
		of = func(r *row) uint64 { return r.softnet.FlowLimit }
		c, others := worst(e.cpus, of)
		if c == nil {
			return nil
		}
		f.where, f.more = c.name, andMore(others, "CPU")
		f.what = fmt.Sprintf(" drops %s packets/s of its largest flows: flow limit", rateText(perSecond(of(c), e.interval)))
	}
	f.key = "flow limit " + f.where
	return []finding{f}
}

// notPassed is about native XDP programs, which drop on purpose or not.
func notPassed(e *evidence) []finding {
	of := func(r *row) uint64 { return r.drops[tracer.DropXDP] }
	d, others := worst(e.devices, of)
	if d == nil {
		return nil
	}
	return []finding{{
		label:  "DROPS",
		key:    "xdp " + d.name,
		where:  d.name,
		what:   fmt.Sprintf(": %s packets/s not passed on by its XDP program", rateText(perSecond(of(d), e.interval))),
		more:   andMore(others, "device"),
		advice: "next: " + showLink(e.names[d.id.device]),
	}}
}

// showLink is the command that shows a device with its XDP program.
func showLink(d tracer.DeviceName) string {
	switch {
	case !shellSafe(d.Ifname):
		return "ip link, for its prog/xdp id"
	case d.NetnsName == "host":
		return "ip link show dev " + d.Ifname + " (prog/xdp id)"
	case shellSafe(d.NetnsName):
		return "ip -n " + d.NetnsName + " link show dev " + d.Ifname + " (prog/xdp id)"
	}
	return "ip link show dev " + d.Ifname + " in its namespace (prog/xdp id)"
}

// droppedOnDevice does not know why: the kernel's drop reason does.
func droppedOnDevice(e *evidence) []finding {
	of := func(r *row) uint64 { return r.drops[tracer.DropOther] }
	d, others := worst(e.devices, of)
	if d == nil {
		return nil
	}
	return []finding{{
		label:  "DROPS",
		key:    "dropped " + d.name,
		where:  d.name,
		what:   fmt.Sprintf(": %s packets/s freed by the driver", rateText(perSecond(of(d), e.interval))),
		more:   andMore(others, "device"),
		advice: "next: " + showReasons(d.kind),
	}}
}

// showReasons is the command that shows why the kernel dropped packets.
func showReasons(k tracer.Kind) string {
	kind := ""
	if k != tracer.KindVeth {
		kind = " --kind " + k.String()
	}
	return "vethtrace trace" + kind + " | grep DROPPED (reasons)"
}

// dropped says whether packets were, for this cause.
func dropped(e *evidence, cause tracer.DropCause) bool {
	d, _ := worst(e.devices, func(r *row) uint64 { return r.drops[cause] })
	return d != nil
}
