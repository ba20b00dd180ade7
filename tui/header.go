// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/charmbracelet/lipgloss"
)

// header draws everything above the table. Its height changes only with what
// is fixed for a run, so the table does not jump.
func (m model) header() []string {
	lines := []string{m.identityLine()}
	if m.shown == nil {
		return append(lines, m.tabLine())
	}
	lines = append(lines, m.truthLine())
	run := &m.shown.cur.Run
	if run.Filter != "" {
		lines = append(lines, cutEnd("only   "+printable(run.Filter), m.width))
	}
	if notices := noticesOf(run); len(notices) > 0 {
		n := len(notices)
		text := "WARN   " + printable(notices[0])
		more := ""
		if n > 1 {
			more = fmt.Sprintf("  (%d more: i)", n-1)
		}
		lines = append(lines, m.look.warn.Render(cutEnd(text, m.width-len(more))+more))
	}
	lines = append(lines, m.hintLines()...)
	return append(lines, m.tabLine())
}

// identityLine says what runs, how, since when, and how much it sees.
func (m model) identityLine() string {
	plain := lipgloss.Style{}
	title := part{m.title, m.look.strong, 0}
	if m.shown == nil {
		return partsLine([]part{title}, m.width)
	}
	f := m.shown
	parts := []part{
		title,
		{modeText(&f.cur.Run), plain, 2},
		{"linux " + printable(f.cur.Run.Kernel), plain, 4},
		{"up " + ageText(f.cur.Elapsed), plain, 3},
		{rateText(perSecond(f.hops(), f.interval)) + " hops/s", m.look.strong, 1},
		{countText(f.cur.Hops()) + " hops", plain, 6},
	}
	if f.cur.Run.Clocksource != "" {
		parts = append(parts, part{"clock " + printable(f.cur.Run.Clocksource), plain, 5})
	}
	clock := f.cur.Taken.Format("15:04:05 MST")
	line := partsLine(parts, m.width-partGap-len(clock))
	return line + padLeft(clock, m.width-textWidth(line))
}

// truthLine says what was not measured, and what measuring costs.
func (m model) truthLine() string {
	text, style := m.lossText()
	parts := []part{{text, style, 0}}
	for i, cost := range m.costTexts() {
		parts = append(parts, part{cost, m.look.faint, i + 1})
	}
	return partsLine(parts, m.width)
}

// tabLine names the views, and how the rows of this one came about.
func (m model) tabLine() string {
	t := &m.tables[m.view]
	plain := lipgloss.Style{}
	var parts []part
	if m.paused {
		parts = append(parts, part{m.pauseText(), m.look.selected, 0})
	}
	if m.shown != nil {
		parts = append(parts, part{m.shown.span(m.window).text, plain, 1})
	}
	if text := m.filter.Value(); text != "" && !m.editing {
		parts = append(parts, part{cutEnd("filter "+printable(text), 24), m.look.warn, 2})
	}
	if m.shown != nil {
		count := countText(uint64(t.all))
		if len(t.rows) != t.all {
			count = countText(uint64(len(t.rows))) + " of " + count
		}
		count += " " + m.view.singular() + "s"
		if n := m.shown.cur.Losses.FlowsExpired; n > 0 && m.view == viewFlows {
			count += ", " + countText(n) + " expired"
		}
		parts = append(parts, part{count, m.look.faint, 4})
		parts = append(parts, part{"by " + m.views[m.view].columns[t.sort].label(), m.look.faint, 3})
	}
	line := m.tabs(true)
	needed := slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.priority > mostNeeded })
	if textWidth(line)+1+partsWidth(needed) > m.width {
		line = m.tabs(false)
	}
	right := partsLine(parts, m.width-textWidth(line)-1)
	return line + padLeft(right, m.width-textWidth(line))
}

// mostNeeded is the last priority of what goes before the names of the views.
const mostNeeded = 2

// tabs are the views' keys and names, or without names but for the one on the
// screen. "!" says that one has a trouble to show.
func (m model) tabs(named bool) string {
	line := ""
	for v := range numViews {
		text := strconv.Itoa(int(v) + 1)
		if named || v == m.view {
			text += " " + m.views[v].name
		}
		trouble := m.troubleIn(v)
		if trouble {
			text += "!"
		}
		switch {
		case v == m.view:
			line += m.look.strong.Render("[" + text + "]")
		case trouble:
			line += " " + m.look.bad.Render(text) + " "
		default:
			line += " " + text + " "
		}
	}
	return line
}

func (m model) troubleIn(v viewID) bool {
	label := map[viewID]string{viewReorder: labelReorder, viewRetransmits: labelRetrans}[v]
	return m.shown != nil && slices.ContainsFunc(m.shown.findings, func(f finding) bool { return f.label == label })
}

func (m model) pauseText() string {
	if m.shown == nil {
		return "PAUSED"
	}
	return "PAUSED since " + clockText(m.shown.cur.Taken)
}
