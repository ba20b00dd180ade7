// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// hintLines are the two lines for the worst finding: what and where, then
// since when and what to type next.
func (m model) hintLines() []string {
	found := m.shown.findings
	switch last := "the last " + ageText(m.shown.interval); {
	case len(found) == 0 && m.shown.hops() == 0:
		return []string{"IDLE   no hops in " + last, ""}
	case len(found) == 0:
		return []string{m.look.good.Render("OK     nothing stands out in " + last), ""}
	}
	f := found[0]
	advice := part{f.advice, lipgloss.Style{}, 1}
	more := part{"", m.look.faint, 2}
	if n := len(found) - 1; n > 0 {
		more.text = fmt.Sprintf("%d more: i", n)
	}
	since := part{strings.Repeat(" ", labelWidth) + "since " + m.sinceText(&f), m.look.faint, 0}
	fits := func() bool { return partsWidth([]part{since, advice}) <= m.width }
	if !fits() { // rather no age than no command
		since.text = "  since " + clockText(f.since)
	}
	if !fits() {
		since.text = strings.Repeat(" ", labelWidth) + "since " + m.sinceText(&f)
		advice.text = "next: i" // a command is never cut
		more.text = ""
	}
	label := labelText(f.label)
	return []string{
		m.labelStyle(f.label).Render(label + f.sentence(m.width-textWidth(label))),
		partsLine([]part{since, advice, more}, m.width),
	}
}

const labelWidth = 7

func labelText(label string) string { return padRight(label+" ", labelWidth) }

// sentence fits in width: first it leaves out where else, then it takes fewer
// words, then it shortens the name.
func (f *finding) sentence(width int) string {
	if text := f.where + f.what + f.more; textWidth(text) <= width {
		return text
	}
	what := f.what
	if f.brief != "" && textWidth(f.where+what) > width {
		what = f.brief
	}
	room := max(12, width-textWidth(what))
	where := shortDevice(f.where, room)
	if strings.Contains(f.where, flowArrow) {
		where = shortFlow(f.where, room)
	}
	return cutEnd(where+what, width)
}

func (m model) sinceText(f *finding) string {
	text := clockText(f.since)
	if age := m.shown.cur.Taken.Sub(f.since); age > 0 {
		text += " (" + ageText(age) + ")"
	}
	return text
}

func (m model) labelStyle(label string) lipgloss.Style {
	switch label {
	case "DROPS", "LOST", labelReorder, labelRetrans:
		return m.look.bad
	case "NOTE":
		return m.look.strong
	}
	return m.look.warn
}

// listed are sentences under a heading, or nothing.
func (m model) listed(heading string, texts []string) []string {
	if len(texts) == 0 {
		return nil
	}
	lines := []string{"", m.look.heading.Render(heading)}
	for _, text := range texts {
		for _, line := range wrap(printable(text), m.width-2) {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

// findingsView lists all findings and warnings in full.
func (m model) findingsView(height int) []string {
	lines := []string{m.look.heading.Render("findings, the worst first")}
	if m.shown == nil {
		return append(lines, "  no snapshot has been read yet")
	}
	if len(m.shown.findings) == 0 {
		lines = append(lines, "  nothing stands out in the last "+ageText(m.shown.interval))
	}
	for _, f := range m.shown.findings {
		for i, line := range wrap(f.where+f.what+f.more, m.width-10) {
			label := strings.Repeat(" ", labelWidth)
			if i == 0 {
				label = labelText(f.label)
			}
			lines = append(lines, "  "+m.labelStyle(f.label).Render(label+line))
		}
		for _, line := range wrap("since "+m.sinceText(&f)+"; "+f.advice, m.width-9) {
			lines = append(lines, "         "+line)
		}
	}
	if lost(&m.shown.cur.Losses) != nil {
		text, style := m.lossText()
		lines = append(lines, "", m.look.heading.Render("not measured since the start"))
		for _, line := range wrap(text, m.width-2) {
			lines = append(lines, "  "+style.Render(line))
		}
	}
	run := &m.shown.cur.Run
	lines = append(lines, m.listed("changed by vethtrace lab since the start", m.markTexts())...)
	lines = append(lines, m.listed("warnings of this run", run.Warnings)...)
	lines = append(lines, m.listed("hooks that are not as this mode wants them", missedHooks(run))...)
	if len(lines) > height {
		lines = append(lines[:height-1], "  ... the terminal is too low for the rest")
	}
	return lines
}
