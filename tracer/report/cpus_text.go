// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer"
)

// busyCPUs returns the CPUs that had a part in a hop, or trouble of their own.
func busyCPUs(s *tracer.Snapshot) []*tracer.CPU {
	var busy []*tracer.CPU
	for i := range s.CPUs {
		c := &s.CPUs[i]
		if c.Hops > 0 || c.Enqueued > 0 || c.Softnet.Dropped > 0 || c.Softnet.TimeSqueeze > 0 || c.Softnet.FlowLimit > 0 {
			busy = append(busy, c)
		}
	}
	return busy
}

// cpusTable has the CPUs' part in the hops, and beside it what the kernel
// counted for all devices.
func cpusTable(cpus []*tracer.CPU) *table {
	t := &table{columns: []column{
		{title: "CPUS", left: true},
		{title: "enqueued"},
		{title: "run"},
		{title: "cross-CPU", drop: 3},
		{group: "run by", title: "inline"},
		{group: "run by", title: "hardirq"},
		{group: "run by", title: "ksoftirqd"},
		{group: "run by", title: "threaded"},
		{group: "softnet", title: "processed", drop: 5},
		{group: "softnet", title: "dropped", drop: 1},
		{group: "softnet", title: "squeezed", drop: 2},
		{group: "softnet", title: "rps", drop: 4},
		{group: "softnet", title: "limited", drop: 6},
		{group: "softnet", title: "backlog", drop: 7},
	}}
	for _, c := range cpus {
		t.row(
			fmt.Sprint(c.CPU), fmt.Sprint(c.Enqueued), fmt.Sprint(c.Hops), FormatPercent(c.CrossCPU, c.Hops),
			FormatPercent(c.Runners[tracer.RunnerInline], c.Hops),
			FormatPercent(c.Runners[tracer.RunnerHardirq], c.Hops),
			FormatPercent(c.Runners[tracer.RunnerKsoftirqd], c.Hops),
			FormatPercent(c.Runners[tracer.RunnerThreaded], c.Hops),
			fmt.Sprint(c.Softnet.Processed), fmt.Sprint(c.Softnet.Dropped), fmt.Sprint(c.Softnet.TimeSqueeze),
			fmt.Sprint(c.Softnet.ReceivedRPS), fmt.Sprint(c.Softnet.FlowLimit), fmt.Sprint(c.Softnet.BacklogLen),
		)
	}
	return t
}
