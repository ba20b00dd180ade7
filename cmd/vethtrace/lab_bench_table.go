// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

func writeBenchPlan(w io.Writer, b *bench) error {
	return writeSentences(w, fmt.Sprintf(
		"bench: a request/response of 1 byte (TCP_RR) and a TCP stream over %d variants: %s", len(b.variants), b.roundsWords()))
}

// roundsWords says how it is measured.
func (b *bench) roundsWords() string {
	return fmt.Sprintf("%d rounds of %s, %s for each variant, beginning with another one each time; %s. "+
		"Before them, one round in which hops are traced and which is not compared.",
		b.rounds, b.perRound(), b.perVariant(), b.where())
}

// where says on which CPUs that is.
func (b *bench) where() string {
	if b.cpu == anyCPU {
		return fmt.Sprintf("all on any of %d CPUs", runtime.NumCPU())
	}
	return fmt.Sprintf("requests and responses on CPU %d of %d", b.cpu, runtime.NumCPU())
}

// writeBench writes the article's table: what each variant does, what that is of
// the baseline, and why.
func writeBench(w io.Writer, b *bench, rows []benchRow) error {
	var text strings.Builder
	text.WriteByte('\n')
	printColumns(&text, benchRates(b, rows))
	if !b.noStream {
		text.WriteByte('\n')
		printColumns(&text, benchStreams(b, rows))
	}
	if strings.Contains(text.String(), unproven) {
		text.WriteString(unproven + " is within the spread: no difference is shown\n")
	}
	text.WriteByte('\n')
	printColumns(&text, benchHopTable(rows))
	text.WriteByte('\n')
	for i, reason := range benchReasons(b, rows) {
		writeSentences(&text, fmt.Sprintf("%s (%s): %s", rows[i].variant.Name, rows[i].variant.Text, reason))
	}
	for _, warning := range benchWarnings(rows) {
		writeSentences(&text, "warning: "+warning)
	}
	writeSentences(&text, fmt.Sprintf("Everything is undone: there is no lab %s-* any more.", b.name))
	_, err := io.WriteString(w, text.String())
	return err
}

func benchRates(b *bench, rows []benchRow) [][]string {
	table := [][]string{{"TCP_RR", "trans/s", "min..max", "vs " + b.baseline, "p50", "vs " + b.baseline, "p99"}}
	baseRow := measuredRow(rows, b.baseline)
	base := baseRow.transactions()
	for i := range rows {
		r := &rows[i]
		if r.lab == nil {
			table = append(table, []string{r.variant.Name, "-", "-", "-", "-", "-", "-"})
			continue
		}
		s := r.transactions()
		table = append(table, []string{
			r.variant.Name, fmt.Sprintf("%.0f", s.median), fmt.Sprintf("%.0f..%.0f", s.low, s.high), versus(s, base),
			report.FormatNS(uint64(r.took(p50))), versusText(r.took(p50), baseRow.took(p50), r == baseRow), report.FormatNS(uint64(r.took(p99))),
		})
	}
	return table
}

func benchStreams(b *bench, rows []benchRow) [][]string {
	table := [][]string{{"stream", "Gbit/s", "min..max", "vs " + b.baseline, "retransmits"}}
	base := measuredRow(rows, b.baseline).bits()
	for i := range rows {
		r := &rows[i]
		if r.lab == nil {
			table = append(table, []string{r.variant.Name, "-", "-", "-", "-"})
			continue
		}
		s := r.bits()
		table = append(table, []string{
			r.variant.Name, fmt.Sprintf("%.2f", s.median/1e9), fmt.Sprintf("%.2f..%.2f", s.low/1e9, s.high/1e9),
			versus(s, base), strconv.FormatUint(r.retransmits(), 10),
		})
	}
	return table
}

// unproven marks a change that may be chance.
const unproven = "~"

// versus is the change in percent, as the article has it.
func versus(s, base spread) string {
	text := versusText(s.median, base.median, s == base)
	if s != base && s.overlaps(base) {
		text = unproven + text
	}
	return text
}

func versusText(v, base float64, same bool) string {
	if same || base == 0 {
		return "-"
	}
	text := fmt.Sprintf("%+.1f%%", 100*change(v, base))
	if text == "-0.0%" || text == "+0.0%" {
		return "0.0%"
	}
	return text
}

// benchHopTable has a column for each kind of device that made hops.
func benchHopTable(rows []benchRow) [][]string {
	kinds := hopKinds(rows)
	head := []string{"hops a packet"}
	for _, k := range kinds {
		head = append(head, k.String())
	}
	table := [][]string{append(head, "hop p50", "p99", "xmit", "queue", "softirq")}
	for i := range rows {
		r := &rows[i]
		cells := []string{r.variant.Name}
		for _, k := range kinds {
			cells = append(cells, hopsCell(r, r.hops.hops[k]))
		}
		for _, l := range []struct {
			stage tracer.Stage
			q     float64
		}{{tracer.StageTotal, 0.5}, {tracer.StageTotal, 0.99}, {tracer.StageXmit, 0.5}, {tracer.StageQueue, 0.5}, {tracer.StageSoftirq, 0.5}} {
			cells = append(cells, stageCell(r, l.stage, l.q))
		}
		table = append(table, cells)
	}
	return table
}

// fewHops a packet are not the traffic's.
const fewHops = 0.005

func hopsCell(r *benchRow, n uint64) string {
	if r.hops.packets == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", r.hops.perPacket(n))
}

// stageCell is - where no hop is the traffic's: some IPv6 packet's tells nothing.
func stageCell(r *benchRow, stage tracer.Stage, q float64) string {
	if r.hops.stages[stage].Count() == 0 || r.hops.perPacket(r.hops.total()) < fewHops {
		return "-"
	}
	return report.FormatNS(r.hops.latency(stage, q))
}

// hopKinds are those that made hops anywhere, veth always.
func hopKinds(rows []benchRow) (kinds []tracer.Kind) {
	for _, k := range tracer.AllKinds() {
		var n uint64
		for i := range rows {
			n += rows[i].hops.hops[k]
		}
		if n > 0 || k == tracer.KindVeth {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// printColumns aligns the first column left and the others right.
func printColumns(b *strings.Builder, table [][]string) {
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range table {
		fmt.Fprintf(b, "%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprintf(b, "  %*s", widths[i+1], cell)
		}
		b.WriteByte('\n')
	}
}
