// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// trafficJSON is the document of lab traffic, see docs/lab-traffic.md. What a
// kind of traffic does not know is absent.
type trafficJSON struct {
	Type   string  `json:"type"`
	Schema int     `json:"schema"`
	Kind   string  `json:"kind"`
	Lab    string  `json:"lab"`
	From   endJSON `json:"from"`
	To     endJSON `json:"to"`
	Family string  `json:"family"`

	SizeBytes   int   `json:"size_bytes"`
	Connections int   `json:"connections"`
	CPU         *int  `json:"cpu,omitempty"`
	MigrateNS   int64 `json:"migrate_ns"`
	// The rate asked for is one of these, 0 for none.
	WantPerSecond     *rate `json:"want_per_second,omitempty"`
	WantBitsPerSecond *rate `json:"want_bits_per_second,omitempty"`

	trafficResultJSON
}

// trafficResultJSON is what came of it.
type trafficResultJSON struct {
	DurationNS     int64        `json:"duration_ns"`
	Bytes          uint64       `json:"bytes"`
	BitsPerSecond  uint64       `json:"bits_per_second"`
	Transactions   *uint64      `json:"transactions,omitempty"`
	PerSecond      *float64     `json:"transactions_per_second,omitempty"`
	Sent           *uint64      `json:"sent_packets,omitempty"`
	Received       *uint64      `json:"received_packets,omitempty"`
	Lost           *uint64      `json:"lost_packets,omitempty"`
	RetransmitSegs *uint64      `json:"retransmit_segs,omitempty"`
	OutOfOrder     *uint64      `json:"out_of_order,omitempty"`
	Moves          uint64       `json:"moves"`
	Latency        *latencyJSON `json:"latency,omitempty"`
}

type latencyJSON struct {
	Count  uint64 `json:"count"`
	MinNS  int64  `json:"min_ns"`
	MeanNS int64  `json:"mean_ns"`
	P50NS  int64  `json:"p50_ns"`
	P90NS  int64  `json:"p90_ns"`
	P99NS  int64  `json:"p99_ns"`
	MaxNS  int64  `json:"max_ns"`
}

func writeTrafficJSON(w io.Writer, k *trafficKind, f trafficFlags, l *lab.Lab, r lab.Result) error {
	doc := trafficJSON{
		Type: "traffic", Schema: report.SchemaVersion, Kind: k.name, Lab: l.Name,
		From: endJSONOf(&l.Ends[0]), To: endJSONOf(&l.Ends[1]), Family: "ipv4",
		SizeBytes: f.size, Connections: r.Connections, MigrateNS: f.migrate.Nanoseconds(),
		trafficResultJSON: trafficResultOf(k.name, &r),
	}
	if k.bits {
		doc.WantBitsPerSecond = &f.rate
	} else {
		doc.WantPerSecond = &f.rate
	}
	if f.ipv6 {
		doc.Family = "ipv6"
	}
	if f.cpu != anyCPU {
		doc.CPU = &f.cpu
	}
	return json.NewEncoder(w).Encode(doc)
}

func trafficResultOf(kind string, r *lab.Result) trafficResultJSON {
	j := trafficResultJSON{
		DurationNS: r.Duration.Nanoseconds(), Bytes: r.Bytes,
		BitsPerSecond: uint64(math.Round(r.BitsPerSecond())), Moves: r.Moves,
	}
	if kind == "rr" {
		perSecond := hundredths(r.TransactionsPerSecond())
		j.Transactions, j.PerSecond = &r.Transactions, &perSecond
	}
	if kind == "udp" || kind == "ping" {
		lost := r.Lost()
		j.Sent, j.Received, j.Lost = &r.Packets, &r.Received, &lost
	} else {
		j.RetransmitSegs = &r.Retransmits
	}
	if kind == "udp" || kind == "stream" {
		j.OutOfOrder = &r.OutOfOrder
	}
	if r.Latency.Count > 0 {
		j.Latency = latencyJSONOf(r.Latency)
	}
	return j
}

// hundredths is as precise as rates are.
func hundredths(v float64) float64 { return math.Round(100*v) / 100 }

func latencyJSONOf(l lab.Latency) *latencyJSON {
	ns := time.Duration.Nanoseconds
	return &latencyJSON{l.Count, ns(l.Min), ns(l.Mean), ns(l.P50), ns(l.P90), ns(l.P99), ns(l.Max)}
}

func endJSONOf(e *lab.End) endJSON { return endJSON{e.NetnsInode, e.Netns, e.Ifindex, e.Ifname} }
