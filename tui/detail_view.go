// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// detailView draws the pane: the numbers on the left, the histogram of the
// chosen stage on the right.
func (m model) detailView(height int) []string {
	d := &m.detail
	lines := []string{m.look.heading.Render(cutEnd(d.title(), m.width))}
	if !d.goneSince.IsZero() {
		lines = append(lines, m.look.warn.Render(cutEnd(fmt.Sprintf(
			"GONE: this %s is not in the data since %s; these are its last numbers",
			d.row.id.view.singular(), clockText(d.goneSince)), m.width)))
	}
	const leftWidth = 39
	var left, right []string
	switch rightWidth, room := m.width-leftWidth-3, height-len(lines); d.row.id.view {
	case viewRetransmits:
		left = m.chainView(room)
	case viewReorder:
		left, right = m.orderNumbers(leftWidth), m.lateHistogram(rightWidth, room)
	default:
		left, right = m.detailNumbers(leftWidth), m.detailHistogram(rightWidth, room)
	}
	for i := range max(len(left), len(right)) {
		line := ""
		if i < len(left) {
			line = left[i]
		}
		if i < len(right) {
			line = padRight(line, leftWidth) + "   " + right[i]
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines[:min(len(lines), height)]
}

// title names the row in full, as the table may have shortened it.
func (d *detail) title() string {
	r := &d.row
	switch r.id.view {
	case viewDevices:
		return r.name + "  receives from its peer " + r.peer
	case viewFlows, viewReorder:
		return protoText(r.id.flow.Proto) + " " + r.name + "  received on " + r.device
	case viewRetransmits:
		return "tcp " + r.name + "  sent by " + r.device + ", received in " + receiverText(r.tcp.flow.Receiver)
	}
	return r.name + "  hops that its NET_RX softirq delivered"
}

// detailNumbers is the stages' table, and the counts under it.
func (m model) detailNumbers(width int) []string {
	d, r := &m.detail, &m.detail.row
	lines := []string{m.look.faint.Render("  stage      p50    p90    p99    max")}
	for _, s := range allStages() {
		mark := "  "
		if s == d.stage {
			mark = "> "
		}
		line := mark + padRight(s.String(), 7)
		l := &r.stages[s]
		for _, ns := range []uint64{l.p50, l.p90, l.p99, l.max} {
			text := unknown
			if l.count > 0 {
				text = latencyText(ns)
			}
			line += padLeft(text, 7)
		}
		if s == d.stage {
			line = m.look.strong.Render(line)
		}
		lines = append(lines, line)
	}
	lines = append(lines, "")
	for _, f := range m.detailFacts() {
		lines = append(lines, "  "+padRight(f[0], 9)+cutEnd(f[1], width-11))
	}
	return lines
}

// detailFacts are name and value of everything that is counted.
func (m model) detailFacts() [][2]string {
	r := &m.detail.row
	path := [2]string{"path", pathText(r.paths)}
	facts := [][2]string{
		{"rate", rateText(r.hopsPerSec) + " hops/s  " + mbitText(r.bytesPerSec) + " Mbit/s"},
		{"hops", countText(r.hops) + "  " + countText(r.segs) + " segs  " + bytesText(r.bytes)},
		{"crossCPU", countText(r.cross) + " hops  " + shareText(r.cross, r.hops)},
	}
	if r.id.view != viewCPUs {
		facts = append(facts, path)
	}
	facts = append(facts, runnerFacts(r)...)
	switch r.id.view {
	case viewDevices:
		facts = append(facts, steeringFacts(r)...)
		if r.kind != tracer.KindVeth {
			facts = append(facts, [2]string{"kind", r.kind.String()})
		}
		facts = append(facts, [2]string{"lost", countText(r.missed) + " missed"})
		facts = append(facts, dropFacts(r)...)
		facts = append(facts, reorderFacts(r)...)
	case viewCPUs:
		facts = append(facts, queueFacts(r)...)
		facts = append(facts, dropFacts(r)...)
		facts = append(facts, softnetFacts(&r.softnet)...)
		facts = append(facts, path)
	case viewFlows:
		facts = append(facts, steeringFacts(r)...)
		facts = append(facts, dropFacts(r)...)
		facts = append(facts, reorderFacts(r)...)
		if last, known := wallTime(m.shown.cur, r.lastNS); known {
			facts = append(facts, [2]string{"last hop", clockText(last)})
		}
	}
	return append(facts, [2]string{"since", clockText(m.detail.span.start)})
}

// wallTime is the wall-clock time of a ts_ns, if there is one and it is known.
func wallTime(s *tracer.Snapshot, ns uint64) (at time.Time, known bool) {
	if s.Run.WallOffsetNS == 0 || ns == 0 {
		return at, false
	}
	return time.Unix(0, int64(ns)+s.Run.WallOffsetNS).In(s.Taken.Location()), true
}

// detailHistogram draws the chosen stage, from where the user scrolled to.
func (m model) detailHistogram(width, height int) []string {
	d := &m.detail
	lines := []string{m.look.faint.Render(cutEnd("stage "+d.stage.String()+", "+d.span.text, width))}
	switch {
	case len(d.bars) > 0:
	case d.row.hops == 0 && d.span.window == lastInterval:
		return append(lines, wrap("no hops in the last interval; w shows those since the start", width)...)
	case d.row.hops == 0:
		return append(lines, "no hops yet")
	case d.stage == tracer.StageXmit && d.row.paths[tracer.PathBacklog] == 0:
		return append(lines, wrap("the napi and xdp paths have no xmit stage: their queue stage begins at veth_xmit", width)...)
	default:
		return append(lines, "not measured for these hops")
	}
	return append(lines, m.scrolledTo(barLines(d.bars, width), height-len(lines))...)
}

// scrolledTo cuts a list to height, from where the user scrolled to.
func (m model) scrolledTo(list []string, height int) []string {
	if len(list) <= height {
		return list
	}
	if height < 2 {
		return nil
	}
	from := min(m.detail.scrolled, len(list)-height+1)
	shown := slices.Clone(list[from : from+height-1])
	return append(shown, m.look.faint.Render(fmt.Sprintf("rows %d to %d of %d: up, down", from+1, from+len(shown), len(list))))
}
