// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

func writeReorderPlan(w io.Writer, s reorderStory, masks []string) error {
	return writeSentences(w, fmt.Sprintf(
		"reorder: %d runs of a TCP stream over a veth pair, whose sender is moved to the next CPU every %s: "+
			"first without RPS (rps_cpus=%s), when packets are processed on the CPU that they were sent from, "+
			"then with it (rps_cpus=%s), which keeps those of a flow on one CPU.",
		len(masks), report.FormatNS(uint64(s.migrate)), masks[0], masks[1]))
}

// writeReorder writes what the runs measured, side by side, and what follows.
func writeReorder(w io.Writer, s reorderStory, runs []reorderRun) error {
	var text strings.Builder
	text.WriteByte('\n')
	reorderTable(runs).print(&text)
	text.WriteByte('\n')
	writeSentences(&text, reorderConclusion(runs))
	if cure := reorderCure(runs); cure != "" {
		writeSentences(&text, "For a device DEV of your own, at its end that receives, in the namespace that this is in:")
		text.WriteString("  " + cure + "\n")
	}
	for _, warning := range reorderWarnings(runs) {
		writeSentences(&text, "warning: "+warning)
	}
	writeSentences(&text, fmt.Sprintf("Everything is undone: there is no lab %s any more.", s.name))
	_, err := io.WriteString(w, text.String())
	return err
}

// reorderTable has what the runs measured.
func reorderTable(runs []reorderRun) *sideBySide {
	t := &sideBySide{runs: runs}
	t.row("rps_cpus", func(r *reorderRun) string { return r.rps })
	t.row("throughput", func(r *reorderRun) string { return report.FormatCount(r.bitsPerSecond()) + "bit/s" })
	t.count("moves of the sender", func(r *reorderRun) uint64 { return r.sent.Moves })
	t.count("hops to the receiver", func(r *reorderRun) uint64 { return r.hopsTo(receivingEnd).Hops })
	t.share("  overtaken", func(r *reorderRun) (uint64, uint64) {
		d := r.hopsTo(receivingEnd)
		return d.Reordered, d.Hops
	})
	for _, p := range t.pairs() {
		t.count(fmt.Sprintf("    on cpu%d, by others on cpu%d", p.LateCPU, p.OvertakerCPU), func(r *reorderRun) uint64 {
			return pairHops(r.order(), p)
		})
	}
	t.optional("    on other CPUs", func(r *reorderRun) uint64 { return r.order().OtherPairs })
	for c := range tracer.NumReorderCauses {
		t.optional("    cause "+c.String(), func(r *reorderRun) uint64 { return r.order().Causes[c] })
	}
	t.optional("  dropped", func(r *reorderRun) uint64 { return r.seen.Losses.DroppedHops })
	t.share("ACKs overtaken on the way back", func(r *reorderRun) (uint64, uint64) {
		d := r.hopsTo(sendingEnd)
		return d.Reordered, d.Hops
	})
	t.known("segments received out of order", (*reorderRun).outOfOrder)
	t.known("  packets, TCPOFOQueue of the kernel", kernel(receivingEnd, "TCPOFOQueue"))
	t.count("segments sent again, as traced", func(r *reorderRun) uint64 { return r.seen.Retransmits.Segs })
	t.known("  TcpRetransSegs of the kernel", kernel(sendingEnd, "TcpRetransSegs"))
	t.count("  tcpi_total_retrans of the socket", func(r *reorderRun) uint64 { return r.sent.Retransmits })
	t.retransmits()
	t.known("DSACKs received, TCPDSACKRecv", kernel(sendingEnd, "TCPDSACKRecv"))
	t.losses()
	return t
}

// retransmits adds the events, by class, verdict and proof.
func (t *sideBySide) retransmits() {
	t.count("retransmits", func(r *reorderRun) uint64 { return r.seen.Retransmits.Events })
	share := func(label string, n func(*tracer.Retransmits) uint64) {
		if t.any(func(r *reorderRun) uint64 { return n(&r.seen.Retransmits) }) {
			t.share(label, func(r *reorderRun) (uint64, uint64) {
				return n(&r.seen.Retransmits), r.seen.Retransmits.Events
			})
		}
	}
	for c := range tracer.NumRetransmitClasses {
		share("  class "+c.String(), func(r *tracer.Retransmits) uint64 { return r.Classes[c] })
	}
	for v := range tracer.NumVerdicts {
		share("  verdict "+v.String(), func(r *tracer.Retransmits) uint64 { return r.Verdicts[v] })
	}
	share("  verdict pending", func(r *tracer.Retransmits) uint64 { return r.Pending })
	for p := tracer.ProofDSACK; p < tracer.NumSpuriousProofs; p++ {
		share("  not needed, by "+p.String(), func(r *tracer.Retransmits) uint64 { return r.Spurious[p] })
	}
	t.optional("  failed attempts besides", func(r *reorderRun) uint64 { return r.seen.Retransmits.Failed })
}

// losses adds what the trace did not see; all of it in one row if that is
// nothing.
func (t *sideBySide) losses() {
	before := len(t.rows)
	for i, l := range t.runs[0].losses() {
		t.optional("lost by the trace: "+l.what, func(r *reorderRun) uint64 { return r.losses()[i].n })
	}
	if len(t.rows) == before {
		t.row("lost by the trace", func(*reorderRun) string { return "0" })
	}
}

// pairs are the CPU pairs of all runs, those of the first one first.
func (t *sideBySide) pairs() (all []tracer.OrderPair) {
	seen := make(map[[2]int]bool)
	for i := range t.runs {
		for _, p := range t.runs[i].order().Pairs {
			if k := [2]int{p.LateCPU, p.OvertakerCPU}; !seen[k] {
				seen[k] = true
				all = append(all, p)
			}
		}
	}
	return all
}

func pairHops(o tracer.Order, of tracer.OrderPair) uint64 {
	for _, p := range o.Pairs {
		if p.LateCPU == of.LateCPU && p.OvertakerCPU == of.OvertakerCPU {
			return p.Hops
		}
	}
	return 0
}
