// SPDX-License-Identifier: Apache-2.0

package tui

import "strings"

// headingLines is the height of a table's headings.
const headingLines = 2

// tableView draws the headings and as many rows as height allows.
func (m model) tableView(t *table, height int) []string {
	lines := []string{
		m.look.faint.Render(t.groupLine()),
		m.look.heading.Render(t.titleLine()),
	}
	for i := t.first; i < len(t.rows) && len(lines) < height; i++ {
		lines = append(lines, m.rowLine(t, t.rows[i], i == t.at))
	}
	return lines
}

// titleLine marks the sorted column with v (largest first) or ^.
func (t *table) titleLine() string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", markWidth))
	for i, p := range t.columns {
		title := p.title
		if p.index == t.sort {
			if p.ascending != t.reversed {
				title += "^"
			} else {
				title += "v"
			}
		}
		t.cell(&b, i, title)
	}
	return strings.TrimRight(b.String(), " ")
}

// groupLine draws each group's name over its columns: --total--.
func (t *table) groupLine() string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", markWidth))
	for i := 0; i < len(t.columns); {
		p, width, n := t.columns[i], t.columns[i].width, 1
		for i+n < len(t.columns) && p.group != "" && t.columns[i+n].group == p.group {
			width += t.gap + t.columns[i+n].width
			n++
		}
		if i > 0 {
			b.WriteString(strings.Repeat(" ", t.gap))
		}
		switch {
		case n > 1:
			// The first column's number starts further right.
			indent := 1
			room := width - indent - textWidth(p.group)
			b.WriteString(strings.Repeat(" ", indent) + strings.Repeat("-", room/2) +
				p.group + strings.Repeat("-", room-room/2))
		case p.wanted > 0:
			b.WriteString(padRight(p.group, width))
		default:
			b.WriteString(padLeft(p.group, width))
		}
		i += n
	}
	return strings.TrimRight(b.String(), " ")
}

// cell writes one aligned cell of plain text.
func (t *table) cell(b *strings.Builder, i int, text string) {
	if i > 0 {
		b.WriteString(strings.Repeat(" ", t.gap))
	}
	p := t.columns[i]
	if p.wanted == 0 {
		b.WriteString(padLeft(text, p.width))
		return
	}
	if textWidth(text) > p.width {
		shorten := p.shorten
		if shorten == nil {
			shorten = cutMiddle
		}
		text = shorten(text, p.width)
	}
	b.WriteString(padRight(text, p.width))
}

// rowLine draws a row. The selected one has a mark besides its colour, and a
// number that calls for attention is red.
func (m model) rowLine(t *table, r *row, selected bool) string {
	var b strings.Builder
	if selected {
		b.WriteString("> ")
	} else {
		b.WriteString("  ")
	}
	for i, p := range t.columns {
		if !selected && p.alarm != nil && p.alarm(r) {
			var c strings.Builder
			t.cell(&c, i, p.value(r))
			b.WriteString(m.look.bad.Render(c.String()))
			continue
		}
		t.cell(&b, i, p.value(r))
	}
	if selected {
		return m.look.selected.Render(padRight(b.String(), m.width))
	}
	return b.String()
}
