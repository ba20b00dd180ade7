// SPDX-License-Identifier: Apache-2.0

package tui

import "github.com/vethtrace/vethtrace/tracer"

func flowColumns() []column {
	proto := func(r *row) string { return protoText(r.id.flow.Proto) }
	dropped := droppedColumn()
	dropped.only = dropped.urgent
	reordered := reorderedColumn("", "reord", 13)
	reordered.only = reordered.urgent
	return []column{
		textColumn("proto", 6, 6, 4, proto, nil),
		textColumn("flow: source -> destination", 31, 43, 0, func(r *row) string { return r.name }, shortFlow),
		textColumn("receiving device", 17, 24, 7, func(r *row) string { return r.device }, shortDevice),
		rateColumn("", "hops/s", 1, rateText, func(r *row) float64 { return r.hopsPerSec }),
		rateColumn("", "Mbit/s", 3, mbitText, func(r *row) float64 { return r.bytesPerSec }),
		latencyColumn("total", "p50", 5, tracer.StageTotal, p50),
		latencyColumn("total", "p99", 2, tracer.StageTotal, p99),
		latencyColumn("total", "max", 6, tracer.StageTotal, top),
		shareColumn("cross", "CPU", 6, 8, func(r *row) uint64 { return r.cross }),
		reordered,
		dropped,
	}
}
