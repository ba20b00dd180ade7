// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/report"
)

// textWidth is what sentences are broken at.
const textWidth = 80

// sideBySide is a table with a column for each run.
type sideBySide struct {
	runs []reorderRun
	rows [][]string // the label, then a cell for each run
}

func (t *sideBySide) row(label string, cell func(*reorderRun) string) {
	row := []string{label}
	for i := range t.runs {
		row = append(row, cell(&t.runs[i]))
	}
	t.rows = append(t.rows, row)
}

func (t *sideBySide) count(label string, n func(*reorderRun) uint64) {
	t.row(label, func(r *reorderRun) string { return strconv.FormatUint(n(r), 10) })
}

// known is count for what may not be known.
func (t *sideBySide) known(label string, n func(*reorderRun) (uint64, bool)) {
	t.row(label, func(r *reorderRun) string {
		if n, ok := n(r); ok {
			return strconv.FormatUint(n, 10)
		}
		return "-"
	})
}

// share is count with what part of a whole that is.
func (t *sideBySide) share(label string, of func(*reorderRun) (part, whole uint64)) {
	t.row(label, func(r *reorderRun) string {
		part, whole := of(r)
		if part == 0 {
			return "0"
		}
		return fmt.Sprintf("%d (%s)", part, report.FormatPercent(part, whole))
	})
}

// any says whether there is any in any run.
func (t *sideBySide) any(n func(*reorderRun) uint64) bool {
	for i := range t.runs {
		if n(&t.runs[i]) > 0 {
			return true
		}
	}
	return false
}

// optional is count unless it is 0 in all runs.
func (t *sideBySide) optional(label string, n func(*reorderRun) uint64) {
	if t.any(n) {
		t.count(label, n)
	}
}

func (t *sideBySide) print(b *strings.Builder) {
	widths := make([]int, len(t.runs)+1)
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range t.rows {
		fmt.Fprintf(b, "%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprintf(b, "  %*s", widths[i+1], cell)
		}
		b.WriteByte('\n')
	}
}

// writeSentences writes text, broken into lines.
func writeSentences(w io.Writer, text string) error {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > textWidth:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}
