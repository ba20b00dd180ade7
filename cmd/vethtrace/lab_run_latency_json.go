// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/report"
)

// latencyExperimentJSON is the document of lab run latency: what those of lab
// run have in common, and the variants as lab bench has them.
type latencyExperimentJSON struct {
	Type       string           `json:"type"`
	Schema     int              `json:"schema"`
	Story      string           `json:"story"`
	Kernel     string           `json:"kernel"`
	Mode       string           `json:"mode"`
	Rounds     int              `json:"rounds"`
	DurationNS int64            `json:"duration_ns"`
	CPU        int              `json:"cpu"`
	Baseline   string           `json:"baseline"`
	Runs       []benchEntryJSON `json:"runs"`
	Conclusion string           `json:"conclusion"`
	Cure       string           `json:"cure,omitempty"`
	Warnings   []string         `json:"warnings"`
}

func writeLatencyJSON(w io.Writer, b *bench, rows []benchRow) error {
	run := &measuredRow(rows, b.baseline).hops.run
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(latencyExperimentJSON{
		Type: "experiment", Schema: report.SchemaVersion, Story: "latency",
		Kernel: run.Kernel, Mode: string(run.Mode),
		Rounds: b.rounds, DurationNS: b.duration.Nanoseconds(), CPU: b.cpu, Baseline: b.baseline,
		Runs: benchEntries(b, rows), Conclusion: latencyConclusion(rows),
		Cure: strings.Join(latencyCommands(rows), "\n"), Warnings: benchWarnings(rows),
	})
}
