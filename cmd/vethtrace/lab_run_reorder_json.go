// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"math"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// experimentJSON is the document of lab run, see docs/lab.md.
type experimentJSON struct {
	Type       string              `json:"type"`
	Schema     int                 `json:"schema"`
	Story      string              `json:"story"`
	Kernel     string              `json:"kernel"`
	Mode       string              `json:"mode"`
	DurationNS int64               `json:"duration_ns"`
	MigrateNS  int64               `json:"migrate_ns"`
	Runs       []experimentRunJSON `json:"runs"`
	Conclusion string              `json:"conclusion"`
	Cure       string              `json:"cure,omitempty"`
	Warnings   []string            `json:"warnings"`
}

type experimentRunJSON struct {
	RPSCPUs       string             `json:"rps_cpus"`
	Sender        endJSON            `json:"sender"`
	Receiver      endJSON            `json:"receiver"`
	Stream        streamJSON         `json:"stream"`
	Data          directionJSON      `json:"data"`
	ACKs          directionJSON      `json:"acks"`
	OutOfOrder    *uint64            `json:"out_of_order_segs,omitempty"`
	Retransmits   retransmitsJSON    `json:"retransmits"`
	SenderCount   map[string]uint64  `json:"sender_counters,omitempty"`
	ReceiverCount map[string]uint64  `json:"receiver_counters,omitempty"`
	Losses        experimentLossJSON `json:"losses"`
}

type endJSON struct {
	Netns     uint64 `json:"netns"`
	NetnsName string `json:"netns_name"`
	Ifindex   int    `json:"ifindex"`
	Ifname    string `json:"ifname"`
}

// streamJSON is what the sender knows.
type streamJSON struct {
	DurationNS     int64  `json:"duration_ns"`
	Bytes          uint64 `json:"bytes"`
	BitsPerSecond  uint64 `json:"bits_per_second"`
	Moves          uint64 `json:"moves"`
	RetransmitSegs uint64 `json:"retransmit_segs"`
}

// directionJSON is the hops to one end.
type directionJSON struct {
	Hops       uint64            `json:"hops"`
	Reordered  uint64            `json:"reordered_hops"`
	OrderPairs []orderPairJSON   `json:"order_pairs"`
	OtherPairs uint64            `json:"other_order_pairs"`
	Causes     map[string]uint64 `json:"causes"`
}

type orderPairJSON struct {
	LateCPU      int    `json:"late_cpu"`
	OvertakerCPU int    `json:"overtaker_cpu"`
	Hops         uint64 `json:"hops"`
}

type retransmitsJSON struct {
	Events   uint64            `json:"events"`
	Segs     uint64            `json:"segs"`
	Classes  map[string]uint64 `json:"classes"`
	Verdicts map[string]uint64 `json:"verdicts"`
	Pending  uint64            `json:"pending"`
	Spurious map[string]uint64 `json:"spurious"`
	Failed   uint64            `json:"failed"`
}

type experimentLossJSON struct {
	MissedSlots     uint64 `json:"missed_slots"`
	DroppedHops     uint64 `json:"dropped_hops"`
	OrderUnknown    uint64 `json:"order_unknown"`
	RareRingbuf     uint64 `json:"rare_ringbuf"`
	Recursion       uint64 `json:"recursion"`
	DeviceTableFull uint64 `json:"device_table_full"`
	FlowTableFull   uint64 `json:"flow_table_full"`
	ClockBackwards  uint64 `json:"clock_backwards"`
}

func writeReorderJSON(w io.Writer, s reorderStory, runs []reorderRun) error {
	doc := experimentJSON{
		Type: "experiment", Schema: report.SchemaVersion, Story: "reorder",
		Kernel: runs[0].seen.Run.Kernel, Mode: string(runs[0].seen.Run.Mode),
		DurationNS: s.duration.Nanoseconds(), MigrateNS: s.migrate.Nanoseconds(),
		Conclusion: reorderConclusion(runs), Cure: reorderCure(runs), Warnings: reorderWarnings(runs),
	}
	for i := range runs {
		doc.Runs = append(doc.Runs, runs[i].json())
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}

func (r *reorderRun) json() experimentRunJSON {
	l := &r.seen.Losses
	j := experimentRunJSON{
		RPSCPUs: r.rps, Sender: r.endJSON(sendingEnd), Receiver: r.endJSON(receivingEnd),
		Stream: streamJSON{
			DurationNS: r.sent.Duration.Nanoseconds(), Bytes: r.sent.Bytes,
			BitsPerSecond: uint64(math.Round(r.bitsPerSecond())),
			Moves:         r.sent.Moves, RetransmitSegs: r.sent.Retransmits,
		},
		Data: directionOf(r.hopsTo(receivingEnd)), ACKs: directionOf(r.hopsTo(sendingEnd)),
		Retransmits: retransmitsOf(&r.seen.Retransmits),
		SenderCount: r.counters(sendingEnd), ReceiverCount: r.counters(receivingEnd),
		Losses: experimentLossJSON{
			MissedSlots: l.MissedSlots, DroppedHops: l.DroppedHops,
			OrderUnknown: l.OrderUnknown, RareRingbuf: l.RareRingbuf, Recursion: l.Recursion,
			DeviceTableFull: l.DeviceTableFull, FlowTableFull: l.FlowTableFull, ClockBackwards: l.ClockBackwards,
		},
	}
	if n, known := r.outOfOrder(); known {
		j.OutOfOrder = &n
	}
	return j
}

func (r *reorderRun) endJSON(end int) endJSON {
	e := &r.lab.Ends[end]
	return endJSON{e.NetnsInode, e.Netns, e.Ifindex, e.Ifname}
}

func directionOf(d tracer.Device) directionJSON {
	var o tracer.Order
	if d.Order != nil {
		o = *d.Order
	}
	j := directionJSON{
		Hops: d.Hops, Reordered: d.Reordered, OtherPairs: o.OtherPairs,
		OrderPairs: []orderPairJSON{}, Causes: make(map[string]uint64),
	}
	for _, p := range o.Pairs {
		j.OrderPairs = append(j.OrderPairs, orderPairJSON(p))
	}
	for c, n := range o.Causes {
		j.Causes[tracer.ReorderCause(c).String()] = n
	}
	return j
}

func retransmitsOf(r *tracer.Retransmits) retransmitsJSON {
	j := retransmitsJSON{
		Events: r.Events, Segs: r.Segs, Pending: r.Pending, Failed: r.Failed,
		Classes: make(map[string]uint64), Verdicts: make(map[string]uint64), Spurious: make(map[string]uint64),
	}
	for c, n := range r.Classes {
		j.Classes[tracer.RetransmitClass(c).String()] = n
	}
	for v, n := range r.Verdicts {
		j.Verdicts[tracer.Verdict(v).String()] = n
	}
	for p := tracer.ProofDSACK; p < tracer.NumSpuriousProofs; p++ {
		j.Spurious[p.String()] = r.Spurious[p]
	}
	return j
}

// counters are the kernel's own of an end's namespace, by its names for them;
// nil if they were not read.
func (r *reorderRun) counters(end int) map[string]uint64 {
	all := make(map[string]uint64)
	for _, name := range tracer.TCPCounterNames {
		if n, known := kernel(end, name)(r); known {
			all[name] = n
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}
