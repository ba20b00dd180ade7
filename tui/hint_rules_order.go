// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

// The labels of troubles that have a view of their own.
const (
	labelReorder = "REORDER"
	labelRetrans = "RETRANS"
)

// sentAgainOrOvertaken is about TCP first, whose users notice; but what packets
// were overtaken by comes before what TCP sent again for that reason, since that
// is where it is cured.
func sentAgainOrOvertaken(e *evidence) []finding {
	all, at := sentAgainMuch(e)
	return slices.Insert(all, at, overtakenMuch(e)...)
}

// manyReordered is from how many packets in an interval on a device may be in
// trouble.
const manyReordered = 10

// overtakenMuch: one of a thousand hops, or as many as made TCP send again.
func overtakenMuch(e *evidence) []finding {
	d, others := worst(e.devices, func(r *row) uint64 {
		if manyOvertaken(e, r) {
			return r.reordered
		}
		return 0
	})
	if d == nil {
		return nil
	}
	return []finding{overtaken(e, d, others, labelReorder)}
}

func fewOvertaken(e *evidence) []finding {
	d, others := worst(e.devices, func(r *row) uint64 {
		if manyOvertaken(e, r) {
			return 0
		}
		return r.reordered
	})
	if d == nil {
		return nil
	}
	return []finding{overtaken(e, d, others, "NOTE")}
}

func manyOvertaken(e *evidence, d *row) bool {
	if d.reordered == 0 {
		return false
	}
	return d.reordered >= manyReordered && 1000*d.reordered >= d.hops || slices.ContainsFunc(e.tcp, func(r row) bool {
		if !isMuch(&r) || r.tcp.verdicts[tracer.VerdictReorderedAtHop] == 0 {
			return false
		}
		newest := r.tcp.newest(tracer.VerdictReorderedAtHop)
		return newest == nil || newest.Chain.Overtaken == nil || newest.Chain.Overtaken.Rx.DeviceID == d.id.device
	})
}

func overtaken(e *evidence, d *row, others int, label string) finding {
	share := fineShareText(d.reordered, d.hops)
	f := finding{
		label: label,
		key:   "reorder " + d.name,
		where: d.name,
		what:  ": " + share + " of hops overtaken",
		brief: ": " + share + " overtaken",
		more:  andMore(others, "device"),
	}
	cause := tracer.CauseUnknown
	if o := d.order; o != nil {
		if p, of, known := o.pair(); known {
			mostly := ""
			if p.Hops < of {
				mostly = "mostly "
			}
			f.what += " (" + mostly + pairText(p.LateCPU, p.OvertakerCPU) + ")"
			f.brief += ", " + pairBrief(p.LateCPU, p.OvertakerCPU)
		}
		cause, _, _ = o.cause()
	}
	w := causeWords[cause]
	f.what += ": " + w.text
	f.brief += ": " + cmp.Or(w.brief, w.text)
	f.advice = w.advice
	if w.byRPS {
		f.advice = steer(e, d)
	}
	return f
}

// causeWords are what to say about a cause and what to do. ByRPS is told only of
// packets that nothing steered.
var causeWords = [tracer.NumReorderCauses]struct {
	text, brief, advice string
	byRPS               bool
}{
	tracer.CauseUnknown:        {text: "no cause was seen", advice: "next: 4, then enter on its row"},
	tracer.CauseSenderMoved:    {text: "the sender moves between CPUs", brief: "sender changes CPU", byRPS: true},
	tracer.CauseSoftirqSender:  {text: "softirqs on several CPUs send", brief: "softirqs send", byRPS: true},
	tracer.CauseSeveralSenders: {text: "several tasks send, on several CPUs", brief: "several senders", byRPS: true},
	tracer.CauseRPSChanged:     {text: "RPS was changed", advice: "so: ends when rps_cpus stays as it is"},
	tracer.CauseRFSChanged: {
		text: "RFS followed the reader to another CPU", brief: "RFS moved it",
		advice: "so: ends when its reader stays on one CPU",
	},
	tracer.CauseSeveralQueues: {
		text: "they went through several receive queues", brief: "several queues",
		advice: "so: ends when each flow keeps to one receive queue",
	},
	tracer.CauseThreaded: {
		text: "a NAPI thread delivered some", brief: "NAPI thread",
		advice: "next: 4, then enter on its row",
	},
}

// steer has RPS keep each flow on one CPU.
func steer(e *evidence, d *row) string {
	name, mask := e.names[d.id.device], cpuMask(e.cpus)
	if command := writeRPS(name, mask); command != "" {
		return "next: " + command
	}
	if shellSafe(name.Ifname) {
		return "next: write " + mask + " to rps_cpus of " + name.Ifname + " in its namespace (RPS)"
	}
	return "next: write " + mask + " to its rps_cpus (RPS)"
}
