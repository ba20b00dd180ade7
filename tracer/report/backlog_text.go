// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// backlogTable has the CPUs' input queues: how long packets of hops found them,
// what the kernel counted for all devices, and the hops that ended there.
func backlogTable(cpus []*tracer.CPU) *table {
	t := &table{columns: []column{
		{title: "BACKLOG", left: true},
		{group: "queue length", title: "p50", drop: 4},
		{group: "queue length", title: "p99"},
		{group: "queue length", title: "max"},
		{group: "softnet", title: "processed", drop: 2},
		{group: "softnet", title: "dropped", drop: 1},
		{group: "softnet", title: "squeezed", drop: 3},
		{group: "softnet", title: "rps", drop: 5},
		{group: "softnet", title: "limited", drop: 6},
		{group: "softnet", title: "now", drop: 7},
		{group: "hops dropped", title: "full"},
		{group: "hops dropped", title: "limited"},
	}}
	unsure := false
	for _, c := range cpus {
		unsure = unsure || c.Drops[tracer.DropBacklog] > 0
	}
	if unsure {
		t.columns = append(t.columns, column{group: "hops dropped", title: "either"})
	}
	for _, c := range cpus {
		n := &c.Softnet
		cells := []string{
			fmt.Sprint(c.CPU),
			queueLenText(&c.QueueLen, 0.5), queueLenText(&c.QueueLen, 0.99), queueLenText(&c.QueueLen, 1),
			fmt.Sprint(n.Processed), fmt.Sprint(n.Dropped), fmt.Sprint(n.TimeSqueeze),
			fmt.Sprint(n.ReceivedRPS), fmt.Sprint(n.FlowLimit), fmt.Sprint(n.BacklogLen),
			fmt.Sprint(c.Drops[tracer.DropBacklogFull]), fmt.Sprint(c.Drops[tracer.DropFlowLimit]),
		}
		if unsure {
			cells = append(cells, fmt.Sprint(c.Drops[tracer.DropBacklog]))
		}
		t.row(cells...)
	}
	return t
}

// queueLenText returns a quantile of lengths in packets, "-" if there is none;
// q 1 is the exact maximum.
func queueLenText(h *histogram.Histogram, q float64) string {
	switch {
	case h.Count() == 0:
		return "-"
	case q >= 1:
		return fmt.Sprint(h.MaxNS)
	}
	return fmt.Sprint(h.Quantile(q))
}
