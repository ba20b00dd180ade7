// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// trouble says what is wrong with the order of packets and with TCP, in one
// line, and in another what to do next where that is known. It has no line when
// nothing is.
func trouble(s *tracer.Snapshot) []string {
	var parts []string
	d := mostReordered(s)
	if d != nil {
		parts = append(parts, overtakenText(d)+othersText(s))
	}
	if text := sentAgainText(&s.Retransmits); text != "" {
		parts = append(parts, text)
	}
	if parts == nil {
		return nil
	}
	lines := []string{strings.Join(parts, "; ")}
	if d != nil && (d.Reordered*1000 >= d.Hops || s.Retransmits.Verdicts[tracer.VerdictReorderedAtHop] > 0) {
		if next := rpsAdvice(s, d); next != "" {
			lines = append(lines, "next: "+next)
		}
	}
	return lines
}

// mostReordered returns the device with the most overtaken packets, or nil.
func mostReordered(s *tracer.Snapshot) *tracer.Device {
	var most *tracer.Device
	for i := range s.Devices {
		if d := &s.Devices[i]; d.Reordered > 0 && (most == nil || d.Reordered > most.Reordered) {
			most = d
		}
	}
	return most
}

// othersText names how many more devices have overtaken packets.
func othersText(s *tracer.Snapshot) string {
	n := uint64(0)
	for i := range s.Devices {
		if s.Devices[i].Reordered > 0 {
			n++
		}
	}
	if n < 2 {
		return ""
	}
	return ", and some on " + count(n-1, "more device")
}

func overtakenText(d *tracer.Device) string {
	text := FormatPercent(d.Reordered, d.Hops) + " of hops overtaken on " + FormatDevice(d.Name)
	o := d.Order
	if o == nil {
		return text
	}
	if len(o.Pairs) > 0 {
		p := o.Pairs[0]
		text += " ("
		if p.Hops < allPairs(o) {
			text += "mostly "
		}
		text = string(appendPairText([]byte(text), p.LateCPU, p.OvertakerCPU)) + ")"
	}
	cause, n := topCause(o)
	text += ": " + causeSentence(cause)
	if all := total(o.Causes[:]); n < all {
		text += " (" + FormatPercent(n, all) + ")"
	}
	return text
}

// causeSentence says why packets were overtaken.
func causeSentence(c tracer.ReorderCause) string {
	return [...]string{
		tracer.CauseUnknown:        "no cause was seen",
		tracer.CauseSenderMoved:    "the sender moved between CPUs",
		tracer.CauseSoftirqSender:  "softirqs on several CPUs sent",
		tracer.CauseSeveralSenders: "several tasks sent, on several CPUs",
		tracer.CauseRPSChanged:     "RPS was changed",
		tracer.CauseRFSChanged:     "RFS followed the reader to another CPU",
		tracer.CauseSeveralQueues:  "they went through several receive queues",
		tracer.CauseThreaded:       "a NAPI thread delivered some",
	}[c]
}

// sentAgainText says what TCP sent again and why, empty if nothing.
func sentAgainText(r *tracer.Retransmits) string {
	if r.Events == 0 {
		return ""
	}
	text := count(r.Segs, "TCP segment") + " sent again"
	decided := total(r.Verdicts[:])
	if decided == 0 {
		return text + ", not known yet why"
	}
	top := tracer.VerdictUnknown
	for v, n := range r.Verdicts {
		if n > r.Verdicts[top] {
			top = tracer.Verdict(v)
		}
	}
	text += ", " + FormatPercent(r.Verdicts[top], decided) + " of the retransmits " + verdictSentence(top)
	if spurious := total(r.Spurious[:]); spurious > 0 {
		text += ", " + FormatPercent(spurious, decided) + " proven not needed"
	}
	return text
}

// verdictSentence goes on behind "of the retransmits".
func verdictSentence(v tracer.Verdict) string {
	return [...]string{
		tracer.VerdictUnknown:            "for a reason not seen",
		tracer.VerdictReorderedAtHop:     "because of overtaking at a traced hop",
		tracer.VerdictLostAtHop:          "because of drops at a traced hop",
		tracer.VerdictReorderedElsewhere: "not needed, though overtaken at no traced hop",
		tracer.VerdictLostElsewhere:      "because of losses at no traced hop",
		tracer.VerdictTimeout:            "because a timer fired before a late ACK",
	}[v]
}
