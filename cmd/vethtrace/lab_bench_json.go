// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"runtime"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// benchJSON is the document of lab bench, see docs/lab-bench.md.
type benchJSON struct {
	Type       string           `json:"type"`
	Schema     int              `json:"schema"`
	Kernel     string           `json:"kernel"`
	Mode       string           `json:"mode"`
	CPUs       int              `json:"cpus"`
	CPU        *int             `json:"cpu,omitempty"`
	Rounds     int              `json:"rounds"`
	DurationNS int64            `json:"duration_ns"`
	Baseline   string           `json:"baseline"`
	Variants   []benchEntryJSON `json:"variants"`
	Warnings   []string         `json:"warnings"`
}

// benchEntryJSON is one variant. All but the first fields are absent when it
// was not measured.
type benchEntryJSON struct {
	Name   string           `json:"name"`
	Text   string           `json:"text"`
	Absent string           `json:"not_measured,omitempty"`
	Reason string           `json:"reason"`
	RR     *benchRRJSON     `json:"rr,omitempty"`
	Stream *benchStreamJSON `json:"stream,omitempty"`
	Hops   *benchHopsJSON   `json:"hops,omitempty"`
}

type spreadJSON struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

type benchRRJSON struct {
	PerSecond spreadJSON          `json:"transactions_per_second"`
	Ratio     float64             `json:"ratio_to_baseline"`
	Overlaps  bool                `json:"overlaps_baseline"`
	P50NS     uint64              `json:"p50_ns"`
	P99NS     uint64              `json:"p99_ns"`
	Rounds    []trafficResultJSON `json:"rounds"`
}

type benchStreamJSON struct {
	BitsPerSecond  spreadJSON          `json:"bits_per_second"`
	Ratio          float64             `json:"ratio_to_baseline"`
	Overlaps       bool                `json:"overlaps_baseline"`
	RetransmitSegs uint64              `json:"retransmit_segs"`
	Rounds         []trafficResultJSON `json:"rounds"`
}

// benchHopsJSON is of the traced round.
type benchHopsJSON struct {
	Packets       uint64               `json:"packets"`
	Transactions  uint64               `json:"transactions"`
	Hops          map[string]uint64    `json:"hops"`
	Missed        uint64               `json:"missed"`
	PerPacket     float64              `json:"hops_per_packet"`
	VethPerPacket float64              `json:"veth_hops_per_packet"`
	ExtraHops     float64              `json:"extra_hops_per_packet"`
	Stages        map[string]hopNSJSON `json:"stages"`
	Runners       map[string]uint64    `json:"runners"`
}

type hopNSJSON struct {
	Count uint64 `json:"count"`
	P50NS uint64 `json:"p50_ns"`
	P90NS uint64 `json:"p90_ns"`
	P99NS uint64 `json:"p99_ns"`
	MaxNS uint64 `json:"max_ns"`
}

func writeBenchJSON(w io.Writer, b *bench, rows []benchRow) error {
	base := measuredRow(rows, b.baseline)
	doc := benchJSON{
		Type: "bench", Schema: report.SchemaVersion, Kernel: base.hops.run.Kernel, Mode: string(base.hops.run.Mode),
		CPUs: runtime.NumCPU(), Rounds: b.rounds, DurationNS: b.duration.Nanoseconds(), Baseline: b.baseline,
		Variants: benchEntries(b, rows), Warnings: benchWarnings(rows),
	}
	if b.cpu != anyCPU {
		doc.CPU = &b.cpu
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}

func benchEntries(b *bench, rows []benchRow) (entries []benchEntryJSON) {
	base := measuredRow(rows, b.baseline)
	reasons := benchReasons(b, rows)
	for i := range rows {
		r := &rows[i]
		entry := benchEntryJSON{Name: r.variant.Name, Text: r.variant.Text, Absent: r.absent, Reason: reasons[i]}
		if r.lab != nil {
			entry.RR, entry.Hops = r.rrJSON(base), r.hops.json(r.extraHops(base))
			if !b.noStream {
				entry.Stream = r.streamJSON(base)
			}
		}
		entries = append(entries, entry)
	}
	return entries
}

func (r *benchRow) rrJSON(base *benchRow) *benchRRJSON {
	s := r.transactions()
	return &benchRRJSON{
		PerSecond: s.json(), Ratio: 1 + change(s.median, base.transactions().median), Overlaps: s.overlaps(base.transactions()),
		P50NS: uint64(r.took(p50)), P99NS: uint64(r.took(p99)), Rounds: roundsJSON("rr", r.rr),
	}
}

func (r *benchRow) streamJSON(base *benchRow) *benchStreamJSON {
	s := r.bits()
	return &benchStreamJSON{
		BitsPerSecond: s.json(), Ratio: 1 + change(s.median, base.bits().median), Overlaps: s.overlaps(base.bits()),
		RetransmitSegs: r.retransmits(), Rounds: roundsJSON("stream", r.streams),
	}
}

func roundsJSON(kind string, results []lab.Result) (rounds []trafficResultJSON) {
	for i := range results {
		rounds = append(rounds, trafficResultOf(kind, &results[i]))
	}
	return rounds
}

func (s spread) json() spreadJSON {
	return spreadJSON{hundredths(s.median), hundredths(s.low), hundredths(s.high)}
}

func (h *benchHops) json(extra float64) *benchHopsJSON {
	j := &benchHopsJSON{
		Packets: h.packets, Transactions: h.transactions, Missed: h.missed,
		PerPacket: h.perPacket(h.total()), VethPerPacket: h.perPacket(h.hops[tracer.KindVeth]), ExtraHops: extra,
		Hops: make(map[string]uint64), Stages: make(map[string]hopNSJSON), Runners: make(map[string]uint64),
	}
	for k, n := range h.hops {
		j.Hops[tracer.Kind(k).String()] = n
	}
	for stage := range h.stages {
		s := &h.stages[stage]
		j.Stages[tracer.Stage(stage).String()] = hopNSJSON{
			s.Count(), s.Quantile(0.5), s.Quantile(0.9), s.Quantile(0.99), s.MaxNS,
		}
	}
	for r, n := range h.runners {
		j.Runners[tracer.Runner(r).String()] = n
	}
	return j
}
