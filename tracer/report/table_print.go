// SPDX-License-Identifier: Apache-2.0

package report

import "strings"

// print appends the table to b, with its groups if it has any.
func (t *table) print(b *strings.Builder) {
	var line strings.Builder
	grouped := false
	t.groups(func(first, _, width int) {
		name := t.columns[first].group
		grouped = grouped || name != ""
		line.WriteString(overline(name, width))
		line.WriteString(strings.Repeat(" ", columnGap))
	})
	if grouped {
		endLine(b, &line)
	}
	line.Reset()
	for i := range t.columns {
		t.columns[i].put(&line, t.columns[i].title)
	}
	endLine(b, &line)
	for row := range t.columns[0].cells {
		for i := range t.columns {
			t.columns[i].put(&line, t.columns[i].cells[row])
		}
		endLine(b, &line)
	}
}

// put appends one cell and the gap after it.
func (c *column) put(b *strings.Builder, cell string) {
	cell = elide(cell, c.width)
	fill := strings.Repeat(" ", max(c.width-len(cell), 0))
	if c.left {
		b.WriteString(cell + fill)
	} else {
		b.WriteString(fill + cell)
	}
	b.WriteString(strings.Repeat(" ", columnGap))
}

// overline is a group's name over its columns: "--- total ---".
func overline(name string, width int) string {
	if name == "" {
		return strings.Repeat(" ", width)
	}
	if len(name)+4 > width {
		return strings.Repeat(" ", max(width-len(name), 0)) + name
	}
	dashes := width - len(name) - 2
	return strings.Repeat("-", dashes/2) + " " + name + " " + strings.Repeat("-", dashes-dashes/2)
}

// endLine moves line to b without trailing blanks.
func endLine(b, line *strings.Builder) {
	b.WriteString(strings.TrimRight(line.String(), " "))
	b.WriteByte('\n')
	line.Reset()
}

// wrap appends words to b, broken at width; further lines are indented. What is
// in backquotes is one word: a command in two lines is two commands.
func wrap(b *strings.Builder, text string, width int) {
	column := 0
	for i, word := range words(text) {
		switch {
		case i == 0:
		case width > 0 && column+1+len(word) > width:
			b.WriteString("\n  ")
			column = 2
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
}

// words splits text at blanks, except behind a backquote that begins a word, up
// to the next one.
func words(text string) []string {
	var all []string
	for text = strings.TrimLeft(text, " "); text != ""; text = strings.TrimLeft(text, " ") {
		quoted := 0
		if text[0] == '`' {
			quoted = strings.IndexByte(text[1:], '`') + 1
		}
		end := len(text)
		if blank := strings.IndexByte(text[quoted:], ' '); blank >= 0 {
			end = quoted + blank
		}
		all = append(all, text[:end])
		text = text[end:]
	}
	return all
}
