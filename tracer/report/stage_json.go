// SPDX-License-Identifier: Apache-2.0

package report

import (
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

type stagesJSON struct {
	Total   stageJSON `json:"total"`
	Xmit    stageJSON `json:"xmit"`
	Queue   stageJSON `json:"queue"`
	Softirq stageJSON `json:"softirq"`
}

// stageJSON has no quantiles when nothing was measured: they are unknown then,
// not 0.
type stageJSON struct {
	Count uint64 `json:"count"`
	*quantilesJSON
}

type quantilesJSON struct {
	P50 uint64 `json:"p50_ns"`
	P90 uint64 `json:"p90_ns"`
	P99 uint64 `json:"p99_ns"`
	Max uint64 `json:"max_ns"`
}

func stagesOf(c *tracer.Counters) stagesJSON {
	return stagesJSON{
		Total:   stageOf(&c.Stages[tracer.StageTotal]),
		Xmit:    stageOf(&c.Stages[tracer.StageXmit]),
		Queue:   stageOf(&c.Stages[tracer.StageQueue]),
		Softirq: stageOf(&c.Stages[tracer.StageSoftirq]),
	}
}

func stageOf(h *histogram.Histogram) stageJSON {
	n := h.Count()
	if n == 0 {
		return stageJSON{}
	}
	return stageJSON{n, &quantilesJSON{
		P50: h.Quantile(0.5), P90: h.Quantile(0.9), P99: h.Quantile(0.99), Max: h.MaxNS,
	}}
}

type pathsJSON struct {
	Backlog uint64 `json:"backlog"`
	NAPI    uint64 `json:"napi"`
	XDP     uint64 `json:"xdp"`
}

func pathsOf(n *[tracer.NumPaths]uint64) pathsJSON {
	return pathsJSON{n[tracer.PathBacklog], n[tracer.PathNAPI], n[tracer.PathXDP]}
}

type runnersJSON struct {
	Inline    uint64 `json:"inline"`
	Hardirq   uint64 `json:"hardirq"`
	Ksoftirqd uint64 `json:"ksoftirqd"`
	Threaded  uint64 `json:"threaded"`
}

func runnersOf(n *[tracer.NumRunners]uint64) runnersJSON {
	return runnersJSON{
		n[tracer.RunnerInline], n[tracer.RunnerHardirq],
		n[tracer.RunnerKsoftirqd], n[tracer.RunnerThreaded],
	}
}
