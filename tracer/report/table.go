// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"strings"
)

// table is text in columns, the first of them with the table's name as title.
type table struct{ columns []column }

// column is one column of a table.
type column struct {
	// group is printed above columns that are side by side and share it.
	group, title string
	// left aligns the cells to the left; numbers are aligned to the right.
	left bool
	// drop says which column goes first when the table is too wide: the one
	// with the largest number. 0 stays.
	drop int
	// least is the width below which cells are not shortened, 0 if never.
	least int
	cells []string
	width int
}

const columnGap = 2

// fit drops and shortens columns until the table is at most width wide, if it
// can. It returns the names of the dropped ones.
func (t *table) fit(width int) (dropped []string) {
	for i := range t.columns {
		c := &t.columns[i]
		c.width = c.natural()
		if c.least > 0 {
			c.width = min(c.width, max(c.least, len(c.title)))
		}
	}
	t.widenForGroups()
	for width > 0 && t.total() > width {
		i := t.nextToDrop()
		if i < 0 {
			break
		}
		dropped = append(dropped, t.columns[i].name())
		t.columns = slices.Delete(t.columns, i, i+1)
		t.widenForGroups()
	}
	t.grow(width)
	return dropped
}

// grow gives the room that is left to the shortened columns, first to those
// that lack the least.
func (t *table) grow(width int) {
	lacking := make([]*column, len(t.columns))
	for i := range t.columns {
		lacking[i] = &t.columns[i]
	}
	slices.SortStableFunc(lacking, func(a, b *column) int {
		return cmp.Compare(a.natural()-a.width, b.natural()-b.width)
	})
	for _, c := range lacking {
		room := c.natural()
		if width > 0 {
			room = width - t.total() + c.width
		}
		c.width = max(c.width, min(c.natural(), room))
	}
}

func (c *column) natural() int {
	n := len(c.title)
	for _, cell := range c.cells {
		n = max(n, len(cell))
	}
	return n
}

func (c *column) name() string { return strings.TrimSpace(c.group + " " + c.title) }

// blank says whether the column tells nothing.
func (c *column) blank() bool {
	return !slices.ContainsFunc(c.cells, func(s string) bool { return s != "0" && s != "0%" && s != "-" })
}

// nextToDrop returns the column to leave out next, blank ones first, or -1.
func (t *table) nextToDrop() int {
	best := -1
	rank := func(i int) (int, int) {
		c := &t.columns[i]
		if c.blank() {
			return 1, c.drop
		}
		return 0, c.drop
	}
	for i := range t.columns {
		if t.columns[i].drop == 0 {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		blank, drop := rank(i)
		bestBlank, bestDrop := rank(best)
		if cmp.Or(cmp.Compare(blank, bestBlank), cmp.Compare(drop, bestDrop)) > 0 {
			best = i
		}
	}
	return best
}

func (t *table) total() int {
	n := -columnGap
	for i := range t.columns {
		n += t.columns[i].width + columnGap
	}
	return max(n, 0)
}

// groups calls fn with each run of columns that share a group.
func (t *table) groups(fn func(first, last, width int)) {
	for i := 0; i < len(t.columns); {
		last, width := i, t.columns[i].width
		for last+1 < len(t.columns) && t.columns[i].group != "" && t.columns[last+1].group == t.columns[i].group {
			last++
			width += columnGap + t.columns[last].width
		}
		fn(i, last, width)
		i = last + 1
	}
}

// widenForGroups makes room for the names of the groups.
func (t *table) widenForGroups() {
	t.groups(func(first, last, width int) {
		if short := len(t.columns[first].group) - width; short > 0 {
			t.columns[last].width += short
		}
	})
}
