// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// busyDevices returns the devices that anything happened on.
func busyDevices(s *tracer.Snapshot) []*tracer.Device {
	var busy []*tracer.Device
	for i := range s.Devices {
		if d := &s.Devices[i]; d.Hops > 0 || d.Missed > 0 || d.Drops.Total() > 0 {
			busy = append(busy, d)
		}
	}
	return busy
}

func devicesTable(s *tracer.Snapshot, devices []*tracer.Device) *table {
	t := &table{columns: []column{
		{title: "DEVICES", left: true, least: 16},
		{title: "from", left: true, least: 12},
		{title: "hops"},
		{title: "rate/s", drop: 1},
		{title: "Mbit/s", drop: 2},
		{title: "cross-CPU"},
		{title: "path", left: true, drop: 3},
		{title: "missed"},
		{title: "dropped"},
	}}
	kinds := !onlyVeth(&s.Run)
	if kinds {
		t.columns = append(t.columns, column{title: "kind", left: true})
	}
	for _, d := range devices {
		cells := []string{
			FormatDevice(d.Name), FormatDevice(d.Peer),
			fmt.Sprint(d.Hops), perSecond(float64(d.Hops), s.Elapsed), megabits(d.Bytes, s.Elapsed),
			FormatPercent(d.CrossCPU, d.Hops), pathText(&d.Counters),
			fmt.Sprint(d.Missed), fmt.Sprint(d.Drops.Total()),
		}
		if kinds {
			cells = append(cells, d.Kind.String())
		}
		t.row(cells...)
	}
	return t
}

// onlyVeth says whether no other kind of device is traced.
func onlyVeth(run *tracer.Run) bool {
	return !slices.ContainsFunc(run.Kinds, func(k tracer.Kind) bool { return k != tracer.KindVeth })
}

// pathText names the path taken, or the share of each when there are several.
func pathText(c *tracer.Counters) string {
	var parts []string
	for p := range tracer.NumPaths {
		switch n := c.Paths[p]; {
		case n > 0 && n == c.Hops:
			return p.String()
		case n > 0:
			parts = append(parts, p.String()+" "+FormatPercent(n, c.Hops))
		}
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// stagesTable has the latencies of the devices, from the histograms.
func stagesTable(devices []*tracer.Device) *table {
	t := &table{columns: []column{
		{title: "STAGES", left: true, least: 16},
		{group: "total", title: "p50"},
		{group: "total", title: "p90", drop: 5},
		{group: "total", title: "p99"},
		{group: "total", title: "max", drop: 4},
		{group: "xmit", title: "p50"},
		{group: "xmit", title: "p99", drop: 2},
		{group: "queue", title: "p50"},
		{group: "queue", title: "p99", drop: 1},
		{group: "softirq", title: "p50"},
		{group: "softirq", title: "p99", drop: 3},
	}}
	for _, d := range devices {
		c := &d.Counters
		t.row(
			FormatDevice(d.Name),
			quantile(c, tracer.StageTotal, 0.5), quantile(c, tracer.StageTotal, 0.9),
			quantile(c, tracer.StageTotal, 0.99), quantile(c, tracer.StageTotal, 1),
			quantile(c, tracer.StageXmit, 0.5), quantile(c, tracer.StageXmit, 0.99),
			quantile(c, tracer.StageQueue, 0.5), quantile(c, tracer.StageQueue, 0.99),
			quantile(c, tracer.StageSoftirq, 0.5), quantile(c, tracer.StageSoftirq, 0.99),
		)
	}
	return t
}

// quantile returns a quantile of a stage for people, "-" if none was measured;
// q 1 is the exact maximum.
func quantile(c *tracer.Counters, s tracer.Stage, q float64) string {
	h := &c.Stages[s]
	switch {
	case h.Count() == 0:
		return "-"
	case q >= 1:
		return FormatNS(h.MaxNS)
	}
	return FormatNS(h.Quantile(q))
}

// row appends one row, a cell for each column.
func (t *table) row(cells ...string) {
	for i, cell := range cells {
		t.columns[i].cells = append(t.columns[i].cells, cell)
	}
}
