// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"
)

// statusLine is the last line: the filter being typed, else an error, else
// the keys.
func (m model) statusLine() string {
	switch {
	case m.editing:
		return m.filterLine()
	case m.failure != "":
		text := "ERROR " + m.failure
		note := "; trying again"
		if m.live != nil {
			note = "; last data " + clockText(m.live.cur.Taken) + ", trying again"
		}
		return m.look.bad.Render(cutEnd(text, m.width-len(note)) + note)
	case m.recentMark() != nil:
		return m.markLine(m.recentMark())
	case m.ended:
		return m.look.warn.Render("END of the recording: q quits, the last data stays")
	case m.overlay != noOverlay:
		return m.look.faint.Render("esc back  q quit")
	case m.detail.open:
		return m.keysLine(m.keys.shortDetail(m.view))
	}
	return m.keysLine(m.keys.short())
}

// filterLine shows the cursor as "_", which needs no colour.
func (m model) filterLine() string {
	text := []rune(m.filter.Value())
	at := min(m.filter.Position(), len(text))
	line := "filter: " + string(text[:at]) + "_" + string(text[at:])
	const help = "   enter keep  esc clear"
	return cutEnd(line, m.width-len(help)) + m.look.faint.Render(help)
}

func (m model) keysLine(bindings []key.Binding) string {
	parts := make([]part, len(bindings))
	for i, b := range bindings {
		parts[i] = part{b.Help().Key + " " + b.Help().Desc, lipgloss.Style{}, i}
	}
	return m.look.faint.Render(partsLine(parts, m.width))
}
