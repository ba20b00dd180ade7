// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// chainLine is a line of the timeline of retransmits. Device is a name that
// stands in its middle and may be shortened; extra is left out where there is
// no room for it.
type chainLine struct {
	heading                          bool
	at, before, device, after, extra string
}

// text fits in width.
func (l *chainLine) text(width int) string {
	start := "  " + padLeft(l.at, 8) + "  "
	if l.heading {
		start = ""
	}
	room := width - textWidth(start+l.before+l.after)
	line := start + l.before + shortDevice(l.device, max(12, room)) + l.after
	if textWidth(line+l.extra) <= width {
		line += l.extra
	}
	return cutEnd(line, width)
}

// chainLines are the newest retransmits of a flow, the newest first, each with
// what led to it and what became of it; and then what their namespaces have
// counted themselves.
func chainLines(fl *tracer.TCPFlow, s *tracer.Snapshot) []chainLine {
	var all []chainLine
	for _, r := range slices.Backward(fl.Recent) {
		all = append(all, chainOf(&r, s)...)
	}
	switch {
	case all != nil:
	case fl.Sender == nil || fl.Sender.Events == 0:
		all = append(all, chainLine{before: "it was not seen to send anything again"})
	default:
		all = append(all, chainLine{before: "none of its retransmits has its verdict yet"})
	}
	return append(all, counterLines(fl, s)...)
}

// chainStep is one thing that happened, at CLOCK_MONOTONIC; 0 is not seen.
type chainStep struct {
	ns    uint64
	lines []chainLine
}

func chainOf(r *tracer.Retransmit, s *tracer.Snapshot) []chainLine {
	c := &r.Chain
	one := func(ns uint64, text string) chainStep { return chainStep{ns, []chainLine{{before: text}}} }
	steps := []chainStep{
		overtakenStep(c.Overtaken),
		droppedStep(c.Dropped),
		one(c.HoleNS, "hole at the receiver: data from behind it came first"),
		one(c.SACKNS, "SACK: the sender learns of the hole"),
		sentStep(r),
		one(c.AckedNS, "ACK: the receiver has it"),
		one(c.DSACKNS, "DSACK: the receiver got it twice"),
		one(c.UndoNS, "undo: the sender takes its slowing down back"),
	}
	steps = slices.DeleteFunc(steps, func(s chainStep) bool { return s.ns == 0 })
	slices.SortStableFunc(steps, func(a, b chainStep) int { return cmp.Compare(a.ns, b.ns) })

	heading := chainLine{heading: true, before: r.Verdict.String()}
	if len(steps) > 0 {
		if at, known := wallTime(s, steps[0].ns); known {
			heading.before = at.Format("15:04:05.000000") + "  " + heading.before
		}
	}
	if r.Spurious != tracer.NotSpurious {
		heading.before += ", spurious (" + r.Spurious.String() + ")"
	}
	lines := []chainLine{heading}
	for _, step := range steps {
		step.lines[0].at = "+" + latencyText(step.ns-steps[0].ns)
		lines = append(lines, step.lines...)
	}
	return lines
}

// overtakenStep begins when the first packet that overtook was delivered.
func overtakenStep(o *tracer.Reorder) chainStep {
	if o == nil {
		return chainStep{}
	}
	by := "by " + strconv.FormatUint(uint64(o.Displacement), 10)
	if o.AtLeast {
		by += " or more"
	}
	cause := pairText(o.Late.RunCPU, o.Overtaker.RunCPU) + ": " + reorderCauseText(o.Cause)
	if m := o.Move; m != nil && o.Cause == tracer.CauseSenderMoved {
		cause += " (" + moveText(m) + ")"
	}
	return chainStep{o.TSNS - min(o.TSNS, o.LateNS), []chainLine{
		{before: "overtaken at ", device: deviceText(o.Rx), after: " " + by + ", " + latencyText(o.LateNS) + " late"},
		{before: cause},
	}}
}

// moveText is the task that moved and its CPUs.
func moveText(m *tracer.Move) string {
	text := strconv.FormatUint(uint64(m.PID), 10) + ": CPU " + strconv.Itoa(m.From) + " to " + strconv.Itoa(m.To)
	if m.Comm != "" {
		text = printable(m.Comm) + "/" + text
	}
	return text
}

func droppedStep(d *tracer.Drop) chainStep {
	if d == nil {
		return chainStep{}
	}
	why := ": " + strings.ReplaceAll(d.Cause.String(), "_", " ")
	if d.TargetCPU >= 0 {
		why += ", CPU " + strconv.Itoa(d.TargetCPU)
	}
	extra := ""
	if d.Reason != "" {
		extra = " (" + printable(d.Reason) + ")"
	}
	line := chainLine{before: "dropped at ", device: deviceText(d.Rx), after: why, extra: extra}
	if d.Rx.DeviceID == (tracer.DeviceID{}) {
		line.before, line.device = "dropped", ""
	}
	return chainStep{cmp.Or(d.DropNS, d.TSNS), []chainLine{line}}
}

func sentStep(r *tracer.Retransmit) chainStep {
	text := "sent again: "
	if r.Failed {
		text = "not sent again: "
		if r.Errno != 0 {
			text = fmt.Sprintf("not sent again (errno %d): ", r.Errno)
		}
	}
	text += strings.ReplaceAll(r.Class.String(), "_", " ") + ", " + countedText(uint64(r.Segs), "segment")
	if r.Seq != r.EndSeq {
		text += fmt.Sprintf(", seq %d..%d", r.Seq, r.EndSeq)
	}
	extra := ""
	if r.Cwnd > 0 {
		extra = fmt.Sprintf(", %s, cwnd %d, rtt %s", r.CAState, r.Cwnd, latencyText(1000*uint64(r.SRTTUs)))
	}
	return chainStep{r.TSNS, []chainLine{{before: text, extra: extra}}}
}

// countedText is a number with its noun.
func countedText(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return countText(n) + " " + noun + "s"
}
