// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	packets "github.com/vethtrace/vethtrace/tracer/path"
)

// endText says how the journeys of a group ended.
func (g *pathGroup) endText() string {
	e := &g.journeys[0].End
	var text string
	switch e.Outcome {
	case packets.Answered:
		return "ANSWERED after " + g.answerTimes()
	case packets.Delivered:
		text = "DELIVERED in " + netnsText(e.Netns) + devicesText(e)
		if !e.Answer {
			text += "; no answer was sent"
		}
	case packets.Dropped:
		text = "DROPPED " + dropWhere(e)
	case packets.Refused:
		text = "REFUSED by TCP reset"
		if e.ICMP != nil {
			text = "REFUSED by " + e.ICMP.From.String() + ": " + icmpName(e.ICMP)
		}
		if e.Last != nil && e.Last.Drop != nil {
			text += "; dropped " + dropWhere(e)
		}
	case packets.Left:
		text = "LEFT this machine by " + FormatDevice(e.Last.Device) + "; no answer came"
	case packets.Vanished:
		text = "NEVER SEEN, no reason given"
		if e.Last != nil {
			text = "LAST SEEN at " + FormatDevice(e.Last.Device) + ", " + e.Last.Point.String() + ", no reason given"
		}
	case packets.NotSent:
		text = "NOT SENT from " + netnsText(e.Netns) + ": " + plain(fmt.Sprint(e.Error))
		if e.Last != nil && e.Last.Drop != nil {
			text += "; dropped " + dropWhere(e)
		}
	}
	if e.Answer {
		text = "THE ANSWER: " + text
	}
	return text + g.resentText()
}

func (g *pathGroup) resentText() string {
	n := 0
	for _, j := range g.journeys {
		n += j.Probe.Resent
	}
	switch n {
	case 0:
		return ""
	case 1:
		return " (the kernel sent it again once)"
	}
	return fmt.Sprintf(" (the kernel sent them again %d times)", n)
}

func (g *pathGroup) answerTimes() string {
	var all []uint64
	for _, j := range g.journeys {
		all = append(all, less(j.Probe.AnswerNS, j.Probe.SentNS))
	}
	low, high := FormatNS(slices.Min(all)), FormatNS(slices.Max(all))
	if low == high {
		return low
	}
	return low + ".." + high
}

// dropWhere says by what and where it was dropped.
func dropWhere(e *packets.End) string {
	return "by " + dropText(e.Last.Drop) + " in " + netnsText(e.Netns) + devicesText(e)
}

// devicesText says how it came into a namespace, and how it was to leave it.
func devicesText(e *packets.End) string {
	switch {
	case e.In != nil && e.Out != nil:
		return ", between " + plain(e.In.Ifname) + " and " + plain(e.Out.Ifname)
	case e.In != nil:
		return ", come in by " + plain(e.In.Ifname)
	case e.Out != nil:
		return ", on the way to " + plain(e.Out.Ifname)
	}
	return ""
}

// dropText is the kernel's own word for it, which kernels before 5.17 have not.
func dropText(d *packets.Drop) string {
	function := plain(d.Function)
	if function == "" {
		function = "an unknown function"
	}
	if d.Reason == "" {
		return function
	}
	return function + " (" + plain(d.Reason) + ")"
}

// flowText is the addressing at a step, without the ports that each probe has of
// its own when there are several.
func (g *pathGroup) flowText(step int) string {
	flow := g.steps[0][step].at.Flow
	src, dst := g.samePorts(step)
	return endpoint(flow.Src, src) + " > " + endpoint(flow.Dst, dst)
}

// samePorts says whether all journeys have the same ports at a step.
func (g *pathGroup) samePorts(step int) (src, dst bool) {
	flow := g.steps[0][step].at.Flow
	src, dst = true, true
	for _, steps := range g.steps[1:] {
		src = src && steps[step].at.Flow.Src.Port() == flow.Src.Port()
		dst = dst && steps[step].at.Flow.Dst.Port() == flow.Dst.Port()
	}
	return src, dst
}

func endpoint(a netip.AddrPort, port bool) string {
	if !port || a.Port() == 0 {
		return a.Addr().WithZone("").String()
	}
	return netip.AddrPortFrom(a.Addr().WithZone(""), a.Port()).String()
}

// writeCause appends why it ended so, and what cures it.
func writeCause(b *strings.Builder, c *Cause, width int) {
	word := "cause: "
	if !c.Sure {
		word = "likely cause: "
	}
	wrap(b, word+plain(c.Sentence), width)
	for _, e := range c.Evidence {
		wrap(b, "seen: "+plain(e), width)
	}
	// A command in two lines is two commands.
	for _, cure := range c.Cure {
		b.WriteString("cure: " + plain(cure) + "\n")
	}
}

// pathLosses says what was not seen, empty when everything was.
func pathLosses(l packets.Losses) string {
	var parts []string
	for _, c := range []struct {
		n    uint64
		text string
	}{
		{l.Ringbuf, "sightings found the ring buffer full"},
		{l.TableFull, "flows behind NAT found no place in the table"},
		{l.Recursion, "runs of programs were skipped by the kernel"},
	} {
		if c.n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.text))
		}
	}
	if parts == nil {
		return ""
	}
	return "NOT ALL WAS SEEN: " + strings.Join(parts, ", ")
}
