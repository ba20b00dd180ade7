// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

func writeLatencyPlan(w io.Writer, b *bench) error {
	return writeSentences(w, "latency: requests to the uplink of a host and responses, from the host itself; "+
		"from a container behind veth, bridge and NAT, whose packets cross a veth pair more; "+
		"and from containers with ipvlan and macvlan instead, which hand packets to the host's device at once: "+
		b.roundsWords())
}

// writeLatency writes what was measured, a column for each way, and what follows.
func writeLatency(w io.Writer, b *bench, rows []benchRow) error {
	var text strings.Builder
	text.WriteByte('\n')
	printColumns(&text, latencyTable(b, rows))
	text.WriteByte('\n')
	writeSentences(&text, latencyConclusion(rows))
	if commands := latencyCommands(rows); len(commands) > 0 {
		writeSentences(&text, "For a container of your own with process PID, on a host with device DEV:")
		for _, c := range commands {
			text.WriteString("  " + c + "\n")
		}
		writeSentences(&text, "Such packets pass none of the host's netfilter rules or bridges, so that Kubernetes Services "+
			"and published ports do not reach them, and many clouds and wireless networks refuse a second MAC on a port, "+
			"which macvlan needs.")
	}
	for i := range rows {
		if rows[i].lab == nil {
			writeSentences(&text, fmt.Sprintf("%s was not measured: %s.", rows[i].variant.Name, rows[i].absent))
		}
	}
	for _, warning := range benchWarnings(rows) {
		writeSentences(&text, "warning: "+warning)
	}
	writeSentences(&text, fmt.Sprintf("Everything is undone: there is no lab %s-* any more.", b.name))
	_, err := io.WriteString(w, text.String())
	return err
}

// latencyTable has a column for each way that was measured.
func latencyTable(b *bench, rows []benchRow) [][]string {
	base := measuredRow(rows, b.baseline)
	var table [][]string
	row := func(label string, cell func(*benchRow) string) {
		cells := []string{label}
		for i := range rows {
			if rows[i].lab != nil {
				cells = append(cells, cell(&rows[i]))
			}
		}
		table = append(table, cells)
	}
	row("", func(r *benchRow) string { return r.variant.Name })
	for _, k := range hopKinds(rows) {
		row("hops a packet over "+k.String(), func(r *benchRow) string { return hopsCell(r, r.hops.hops[k]) })
	}
	stage := func(label string, s tracer.Stage, q float64) {
		row(label, func(r *benchRow) string { return stageCell(r, s, q) })
	}
	stage("a hop, p50", tracer.StageTotal, 0.5)
	stage("  xmit", tracer.StageXmit, 0.5)
	stage("  queue", tracer.StageQueue, 0.5)
	stage("  softirq", tracer.StageSoftirq, 0.5)
	stage("a hop, p99", tracer.StageTotal, 0.99)
	row("packets a transaction", func(r *benchRow) string { return fmt.Sprintf("%.2f", r.packetsEach()) })
	row("a transaction, p50", func(r *benchRow) string { return report.FormatNS(uint64(r.took(p50))) })
	row("  vs "+b.baseline, func(r *benchRow) string { return versusText(r.took(p50), base.took(p50), r == base) })
	row("a transaction, p99", func(r *benchRow) string { return report.FormatNS(uint64(r.took(p99))) })
	row("transactions/s, median", func(r *benchRow) string { return fmt.Sprintf("%.0f", r.transactions().median) })
	row("  lowest", func(r *benchRow) string { return fmt.Sprintf("%.0f", r.transactions().low) })
	row("  highest", func(r *benchRow) string { return fmt.Sprintf("%.0f", r.transactions().high) })
	row("  vs "+b.baseline, func(r *benchRow) string { return versus(r.transactions(), base.transactions()) })
	return table
}
