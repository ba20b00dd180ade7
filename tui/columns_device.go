// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

func deviceColumns() []column {
	hops := func(r *row) float64 { return r.hopsPerSec }
	bytes := func(r *row) float64 { return r.bytesPerSec }
	cross := func(r *row) uint64 { return r.cross }
	missed := func(r *row) uint64 { return r.missed }
	total, xmit, queue, softirq := tracer.StageTotal, tracer.StageXmit, tracer.StageQueue, tracer.StageSoftirq
	missedColumn := countColumn("", "missed", 13, missed)
	missedColumn.urgent = func(r *row) bool { return r.everMissed > 0 }
	kind := textColumn("kind", 8, 8, 12, func(r *row) string { return r.kind.String() }, nil)
	kind.only = func(r *row) bool { return r.kind != tracer.KindVeth }
	return []column{
		textColumn("receiving device", 17, 24, 0, func(r *row) string { return r.name }, shortDevice),
		textColumn("from peer", 10, 20, 9, func(r *row) string { return r.peer }, shortDevice),
		rateColumn("", "hops/s", 3, rateText, hops),
		rateColumn("", "Mbit/s", 8, mbitText, bytes),
		latencyColumn("total", "p50", 4, total, p50),
		latencyColumn("total", "p99", 2, total, p99),
		latencyColumn("total", "max", 5, total, top),
		slowestColumn(6),
		latencyColumn("xmit", "p50", 17, xmit, p50),
		latencyColumn("xmit", "p99", 14, xmit, p99),
		latencyColumn("queue", "p50", 15, queue, p50),
		latencyColumn("queue", "p99", 10, queue, p99),
		latencyColumn("softirq", "p50", 16, softirq, p50),
		latencyColumn("softirq", "p99", 12, softirq, p99),
		shareColumn("cross", "CPU", 6, 7, cross),
		pathColumn(11),
		kind,
		reorderedColumn("", "reord", 13),
		missedColumn,
		droppedColumn(),
	}
}

func droppedColumn() column {
	c := countColumn("", "dropped", 13, func(r *row) uint64 { return r.drops.Total() })
	c.urgent = func(r *row) bool { return r.everDrops.Total() > 0 }
	return c
}

// slowestColumn names the stage that the time goes into, where there is no
// room for all stages.
func slowestColumn(priority int) column {
	of := func(r *row) string {
		if s, known := r.slowest(); known {
			return s.String()
		}
		return unknown
	}
	return column{
		group: "slowest", title: "stage", width: 7, wanted: 7, priority: priority,
		value: of, compare: byNumber(of), ascending: true,
	}
}

func pathColumn(priority int) column {
	of := func(r *row) string { return pathText(r.paths) }
	return textColumn("path", 7, 12, priority, of, nil)
}

// pathText names the paths in use, joined by "+" when there are several.
func pathText(paths [tracer.NumPaths]uint64) string {
	var names []string
	for p := range tracer.NumPaths {
		if paths[p] > 0 {
			names = append(names, p.String())
		}
	}
	if names == nil {
		return unknown
	}
	return strings.Join(names, "+")
}
