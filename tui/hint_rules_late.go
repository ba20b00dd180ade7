// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

const (
	// slowNS is the p99 from which a hop is called slow. A hop that is not
	// held up takes one to some tens of microseconds.
	slowNS = 100_000
	// fewHops is below which a p99 is only the slowest hop: then that one
	// has to take verySlowNS.
	fewHops    = 100
	verySlowNS = 10_000_000
	// mostDevices is how many slow devices are named.
	mostDevices = 3
)

func isSlow(r *row) bool {
	t := &r.stages[tracer.StageTotal]
	return t.count >= fewHops && t.p99 >= slowNS || t.p99 >= verySlowNS
}

// slowDevices names the stage that most of a slow p99 is spent in, and
// ksoftirqd if it runs enough of the hops to explain a p99.
func slowDevices(e *evidence) []finding {
	var slow []*row
	for i := range e.devices {
		if isSlow(&e.devices[i]) {
			slow = append(slow, &e.devices[i])
		}
	}
	slices.SortStableFunc(slow, func(a, b *row) int {
		return cmp.Compare(b.stages[tracer.StageTotal].p99, a.stages[tracer.StageTotal].p99)
	})
	var all []finding
	for _, d := range slow[:min(len(slow), mostDevices)] {
		all = append(all, slowDevice(e, d))
	}
	if more := len(slow) - len(all); more > 0 {
		all[len(all)-1].more += andMore(more, "device")
	}
	return all
}

func slowDevice(e *evidence, d *row) finding {
	total := d.stages[tracer.StageTotal].p99
	stage, known := d.slowest()
	f := finding{
		label:  "SLOW",
		key:    "slow " + d.name,
		where:  d.name,
		what:   ": p99 " + latencyText(total) + ", in no single stage",
		advice: "next: enter on its row, 2 for the CPUs",
	}
	if !known || 2*d.stages[stage].p99 < total {
		return f
	}
	p99 := latencyText(d.stages[stage].p99)
	f.what = fmt.Sprintf(": p99 %s, mostly in stage %s (%s)", latencyText(total), stage, p99)
	if stage != tracer.StageQueue || d.runners[tracer.RunnerKsoftirqd] < max(1, d.hops/100) {
		return f
	}
	of := func(r *row) uint64 { return r.runners[tracer.RunnerKsoftirqd] }
	if c, others := worst(e.cpus, of); c != nil {
		f.more = andMore(others, "CPU")
		f.key = "ksoftirqd " + d.name
		f.what = fmt.Sprintf(" queue p99 %s: softirq deferred to ksoftirqd on %s", p99, c.name)
		f.advice = fmt.Sprintf("next: mpstat -P %d 1 (what else does %s do?)", c.id.cpu, c.name)
	}
	return f
}

// budgetSpent: net_rx_action stops with packets left when it has used up
// netdev_budget packets or netdev_budget_usecs.
func budgetSpent(e *evidence) []finding {
	of := func(r *row) uint64 { return r.softnet.TimeSqueeze }
	c, others := worst(e.cpus, of)
	if c == nil {
		return nil
	}
	return []finding{{
		label: "NOTE",
		key:   "squeeze " + c.name,
		where: c.name,
		what: fmt.Sprintf(" spent its softirq budget %s times/s with packets left",
			rateText(perSecond(of(c), e.interval))),
		more:   andMore(others, "CPU"),
		advice: "next: sysctl net.core.netdev_budget net.core.netdev_budget_usecs",
	}}
}
