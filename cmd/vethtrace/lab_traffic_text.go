// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// trafficColumn is one number of a result.
type trafficColumn struct {
	head string
	cell func(*lab.Result) string
}

// trafficColumns are what is known of each kind, in the order of the table.
var trafficColumns = map[string][]trafficColumn{
	"rr": append([]trafficColumn{
		countColumn("transactions", func(r *lab.Result) uint64 { return r.Transactions }),
		{"trans/s", func(r *lab.Result) string { return fmt.Sprintf("%.2f", r.TransactionsPerSecond()) }},
		countColumn("retransmits", func(r *lab.Result) uint64 { return r.Retransmits }),
	}, latencyColumns...),
	"stream": {
		{"transfer", func(r *lab.Result) string { return report.FormatCount(float64(r.Bytes)) + "B" }},
		{"rate", bitRate},
		countColumn("retransmits", func(r *lab.Result) uint64 { return r.Retransmits }),
		countColumn("out of order", func(r *lab.Result) uint64 { return r.OutOfOrder }),
	},
	"udp": append([]trafficColumn{
		countColumn("sent", func(r *lab.Result) uint64 { return r.Packets }),
		{"lost", lostShare},
		countColumn("out of order", func(r *lab.Result) uint64 { return r.OutOfOrder }),
		{"rate", bitRate},
	}, latencyColumns...),
	"ping": append([]trafficColumn{
		countColumn("sent", func(r *lab.Result) uint64 { return r.Packets }),
		{"lost", lostShare},
	}, latencyColumns...),
}

var latencyColumns = []trafficColumn{
	{"p50", func(r *lab.Result) string { return report.FormatNS(uint64(r.Latency.P50)) }},
	{"p90", func(r *lab.Result) string { return report.FormatNS(uint64(r.Latency.P90)) }},
	{"p99", func(r *lab.Result) string { return report.FormatNS(uint64(r.Latency.P99)) }},
	{"max", func(r *lab.Result) string { return report.FormatNS(uint64(r.Latency.Max)) }},
}

func countColumn(head string, n func(*lab.Result) uint64) trafficColumn {
	return trafficColumn{head, func(r *lab.Result) string { return strconv.FormatUint(n(r), 10) }}
}

func bitRate(r *lab.Result) string { return report.FormatCount(r.BitsPerSecond()) + "bit/s" }

func lostShare(r *lab.Result) string {
	if r.Lost() == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", r.Lost(), report.FormatPercent(r.Lost(), r.Packets))
}

// writeTrafficTable writes what a generator did, in a head and a line.
func writeTrafficTable(w io.Writer, k *trafficKind, f trafficFlags, r lab.Result) error {
	columns := append([]trafficColumn{
		{"elapsed", func(r *lab.Result) string { return report.FormatNS(uint64(r.Duration)) }},
	}, trafficColumns[k.name]...)
	if r.Connections > 1 {
		columns = append(columns, trafficColumn{"connections", func(r *lab.Result) string { return strconv.Itoa(r.Connections) }})
	}
	if f.migrate > 0 {
		columns = append(columns, countColumn("moves", func(r *lab.Result) uint64 { return r.Moves }))
	}
	var heads, cells []string
	for _, c := range columns {
		cell := c.cell(&r)
		width := max(len(c.head), len(cell))
		heads = append(heads, fmt.Sprintf("%*s", width, c.head))
		cells = append(cells, fmt.Sprintf("%*s", width, cell))
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", strings.Join(heads, "  "), strings.Join(cells, "  "))
	return err
}
