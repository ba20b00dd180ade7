// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// reorderConclusion says in a sentence what two runs, without RPS and with it,
// have shown.
func reorderConclusion(runs []reorderRun) string {
	without, with := &runs[0], &runs[1]
	return fmt.Sprintf("Without RPS %s; with rps_cpus=%s %s: %s.",
		without.inWords(), with.rps, with.inWords(), rpsWords(without.sent.Retransmits, with.sent.Retransmits))
}

// inWords says what was overtaken, what was sent again, and why.
func (r *reorderRun) inWords() string {
	return r.overtakenWords() + " and " + r.againWords()
}

func (r *reorderRun) overtakenWords() string {
	d := r.hopsTo(receivingEnd)
	var text string
	switch {
	case d.Hops == 0:
		text = "no hop was traced"
	case d.Reordered == 0:
		text = "no packet was overtaken at the hop"
	case d.Reordered == 1:
		text = fmt.Sprintf("1 of %d packets was overtaken at the hop", d.Hops)
	default:
		text = fmt.Sprintf("%d of %d packets were overtaken at the hop", d.Reordered, d.Hops)
	}
	if n := r.seen.Losses.DroppedHops; n > 0 {
		text += fmt.Sprintf(", %d dropped", n)
	}
	return text
}

func (r *reorderRun) againWords() string {
	var text string
	switch n := r.sent.Retransmits; n {
	case 0:
		return "nothing was sent again"
	case 1:
		text = "1 segment was sent again"
	default:
		text = fmt.Sprintf("%d segments were sent again", n)
	}
	seen := &r.seen.Retransmits
	if seen.Events == 0 {
		return text + ", which the trace has not seen"
	}
	verdict, n := most(seen)
	text += fmt.Sprintf(", %s of the retransmits %s", report.FormatPercent(n, seen.Events), verdictWords[verdict])
	var spurious uint64
	for p := tracer.ProofDSACK; p < tracer.NumSpuriousProofs; p++ {
		spurious += seen.Spurious[p]
	}
	if spurious > 0 {
		text += fmt.Sprintf(", and %s proven not to have been needed", report.FormatPercent(spurious, seen.Events))
	}
	return text
}

// most is the verdict on most of them; those without one yet are unknown.
func most(r *tracer.Retransmits) (tracer.Verdict, uint64) {
	verdicts := r.Verdicts
	verdicts[tracer.VerdictUnknown] += r.Pending
	n := slices.Max(verdicts[:])
	return tracer.Verdict(slices.Index(verdicts[:], n)), n
}

var verdictWords = [tracer.NumVerdicts]string{
	tracer.VerdictUnknown:            "for a reason that is not known",
	tracer.VerdictReorderedAtHop:     "because the packet was overtaken there",
	tracer.VerdictLostAtHop:          "because the packet was dropped there",
	tracer.VerdictReorderedElsewhere: "because the packet was overtaken elsewhere",
	tracer.VerdictLostElsewhere:      "because the packet was lost elsewhere",
	tracer.VerdictTimeout:            "because an ACK was late",
}

// rpsWords says what RPS has done about segments sent again.
func rpsWords(without, with uint64) string {
	switch {
	case without == 0:
		return "there was nothing to cure, try a longer -d or another --migrate"
	case with == 0:
		return "RPS cured it"
	case with < without:
		return fmt.Sprintf("RPS spared %s of them", report.FormatPercent(without-with, without))
	}
	return "RPS did not help"
}

// reorderCure is what to do on one's own device, empty if that did not help.
func reorderCure(runs []reorderRun) string {
	if runs[1].sent.Retransmits >= runs[0].sent.Retransmits {
		return ""
	}
	return fmt.Sprintf("echo %s > /sys/class/net/DEV/queues/rx-0/rps_cpus", runs[1].rps)
}

// reorderWarnings are what a reader of the numbers has to know, once each.
func reorderWarnings(runs []reorderRun) []string {
	all := []string{}
	for i := range runs {
		run := &runs[i].seen.Run
		texts := slices.Clone(run.Warnings)
		for _, h := range run.Hooks {
			if h.Missed != "" {
				texts = append(texts, fmt.Sprintf("hook %s (%s): %s", h.Name, h.Gives, h.Missed))
			}
		}
		for _, text := range texts {
			if !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all
}
