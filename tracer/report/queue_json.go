// SPDX-License-Identifier: Apache-2.0

package report

import (
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// queueLenJSON has lengths in packets, and none when nothing was measured.
type queueLenJSON struct {
	Count uint64 `json:"count"`
	*lengthsJSON
}

type lengthsJSON struct {
	P50 uint64 `json:"p50"`
	P90 uint64 `json:"p90"`
	P99 uint64 `json:"p99"`
	Max uint64 `json:"max"`
}

func queueLenOf(h *histogram.Histogram) queueLenJSON {
	n := h.Count()
	if n == 0 {
		return queueLenJSON{}
	}
	return queueLenJSON{n, &lengthsJSON{
		P50: h.Quantile(0.5), P90: h.Quantile(0.9), P99: h.Quantile(0.99), Max: h.MaxNS,
	}}
}

type softnetJSON struct {
	Processed   uint64 `json:"processed"`
	Dropped     uint64 `json:"dropped"`
	TimeSqueeze uint64 `json:"time_squeeze"`
	ReceivedRPS uint64 `json:"received_rps"`
	FlowLimit   uint64 `json:"flow_limit"`
	BacklogLen  uint64 `json:"backlog_len"`
	*softnetLensJSON
}

// softnetLensJSON is known since Linux 6.5.
type softnetLensJSON struct {
	InputLen   uint64 `json:"input_len"`
	ProcessLen uint64 `json:"process_len"`
}

func softnetOf(s *tracer.Softnet) softnetJSON {
	j := softnetJSON{s.Processed, s.Dropped, s.TimeSqueeze, s.ReceivedRPS, s.FlowLimit, s.BacklogLen, nil}
	if s.HasLens {
		j.softnetLensJSON = &softnetLensJSON{s.InputLen, s.ProcessLen}
	}
	return j
}
