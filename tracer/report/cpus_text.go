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
		if c.Hops > 0 || c.Enqueued > 0 || c.Drops.Total() > 0 ||
			c.Softnet.Dropped > 0 || c.Softnet.TimeSqueeze > 0 || c.Softnet.FlowLimit > 0 {
			busy = append(busy, c)
		}
	}
	return busy
}

// cpusTable has the CPUs' part in the hops.
func cpusTable(cpus []*tracer.CPU) *table {
	t := &table{columns: []column{
		{title: "CPUS", left: true},
		{title: "enqueued"},
		{title: "run"},
		{title: "cross-CPU", drop: 1},
		{group: "run by", title: "inline"},
		{group: "run by", title: "hardirq"},
		{group: "run by", title: "ksoftirqd"},
		{group: "run by", title: "threaded"},
	}}
	for _, c := range cpus {
		t.row(
			fmt.Sprint(c.CPU), fmt.Sprint(c.Enqueued), fmt.Sprint(c.Hops), FormatPercent(c.CrossCPU, c.Hops),
			FormatPercent(c.Runners[tracer.RunnerInline], c.Hops),
			FormatPercent(c.Runners[tracer.RunnerHardirq], c.Hops),
			FormatPercent(c.Runners[tracer.RunnerKsoftirqd], c.Hops),
			FormatPercent(c.Runners[tracer.RunnerThreaded], c.Hops),
		)
	}
	return t
}
