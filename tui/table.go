// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"
	"strings"
)

// table is what the user has chosen in one view, and the rows that follow
// from it.
type table struct {
	// rows are those that pass the filter, sorted; all is how many there
	// are without it.
	rows []*row
	all  int
	// columns and gap are the layout for the terminal's width.
	columns []placed
	gap     int

	sort     int
	reversed bool
	selection
}

// arrange filters, sorts and lays out the rows, and finds the selected one
// again.
func (t table) arrange(v *view, rows []row, filter string, width, height int) table {
	filter = strings.ToLower(filter)
	urgent := make([]bool, len(v.columns))
	t.all = len(rows)
	t.rows = make([]*row, 0, len(rows))
	for i := range rows {
		if strings.Contains(rows[i].search, filter) {
			t.rows = append(t.rows, &rows[i])
		}
	}
	for i := range v.columns {
		if u := v.columns[i].urgent; u != nil {
			urgent[i] = slices.ContainsFunc(t.rows, u)
		}
	}
	slices.SortFunc(t.rows, t.order(v))
	t.columns, t.gap = fit(v.columns, t.rows, urgent, width)
	t.selection = t.selection.find(t.rows, height)
	return t
}

// order is the order of the chosen column. Rows that are equal there keep a
// fixed order, so that the screen is at rest when nothing changes.
func (t table) order(v *view) func(a, b *row) int {
	c := &v.columns[t.sort]
	sign := -1
	if c.ascending != t.reversed {
		sign = 1
	}
	return func(a, b *row) int {
		return cmp.Or(
			sign*c.compare(a, b),
			cmp.Compare(a.name, b.name),
			cmp.Compare(a.id.cpu, b.id.cpu),
			cmp.Compare(a.id.device.Netns, b.id.device.Netns),
			cmp.Compare(a.id.device.Ifindex, b.id.device.Ifindex),
			cmp.Compare(a.id.flow.Proto, b.id.flow.Proto),
			cmp.Compare(a.id.flow.ID, b.id.flow.ID),
		)
	}
}

// sortBy moves on to the next (1) or previous (-1) of the columns on the
// screen, in the direction that a reader wants first.
func (t table) sortBy(step int) table {
	at := slices.IndexFunc(t.columns, func(p placed) bool { return p.index == t.sort })
	if at < 0 && step < 0 {
		at = 0
	}
	n := len(t.columns)
	t.sort, t.reversed = t.columns[(at+step+n)%n].index, false
	return t
}
