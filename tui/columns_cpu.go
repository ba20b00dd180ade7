// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
)

func cpuColumns() []column {
	runner := func(k tracer.Runner) func(*row) uint64 {
		return func(r *row) uint64 { return r.runners[k] }
	}
	cross := func(r *row) uint64 { return r.cross }
	dropped := func(r *row) uint64 { return r.softnet.Dropped }
	squeeze := func(r *row) uint64 { return r.softnet.TimeSqueeze }
	number := column{
		title: "cpu", width: 5, priority: 0, ascending: true,
		value:   func(r *row) string { return strconv.Itoa(r.id.cpu) },
		compare: byNumber(func(r *row) int { return r.id.cpu }),
	}
	softnetDropped := countColumn("softnet", "dropped", 9, dropped)
	softnetDropped.urgent = func(r *row) bool { return r.softnetEverDropped > 0 }
	// What a mode cannot tell is one of the two before it.
	either := causeColumn(13, tracer.DropBacklog)
	either.only = either.urgent
	longest := lengthColumn("max", 6, func(l *lengths) uint64 { return l.max })
	longest.urgent = func(r *row) bool { return r.everDrops.Total() > 0 }
	return []column{
		number,
		rateColumn("enqueued", "hops/s", 2, rateText, func(r *row) float64 { return r.enqueuedPerSec }),
		rateColumn("run", "hops/s", 2, rateText, func(r *row) float64 { return r.hopsPerSec }),
		shareColumn("cross", "CPU", 6, 4, cross),
		shareColumn("run by", "inline", 7, 6, runner(tracer.RunnerInline)),
		shareColumn("run by", "hardirq", 8, 6, runner(tracer.RunnerHardirq)),
		shareColumn("run by", "ksoft", 6, 5, runner(tracer.RunnerKsoftirqd)),
		shareColumn("run by", "thread", 7, 10, runner(tracer.RunnerThreaded)),
		latencyColumn("total", "p50", 8, tracer.StageTotal, p50),
		latencyColumn("total", "p99", 3, tracer.StageTotal, p99),
		latencyColumn("total", "max", 7, tracer.StageTotal, top),
		lengthColumn("p99", 9, func(l *lengths) uint64 { return l.p99 }),
		longest,
		causeColumn(13, tracer.DropBacklogFull),
		causeColumn(13, tracer.DropFlowLimit),
		either,
		rateColumn("softnet", "rx/s", 12, rateText, func(r *row) float64 { return r.processedPerSec }),
		softnetDropped,
		countColumn("softnet", "squeeze", 11, squeeze),
	}
}
