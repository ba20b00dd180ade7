// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"
	"strings"
)

// column says all there is to say about one column of a table.
type column struct {
	// title is the heading; group stands above the titles of neighbours
	// that share it.
	group, title string
	// width is that of numbers; a text column is at least so wide, and as
	// wide as its texts where there is room.
	width int
	// wanted is the width up to which a text column is preferred to
	// further columns. 0 says that the column is a number, aligned right.
	wanted int
	// priority says which columns stay when not all fit: low ones first.
	priority int
	// urgent is whether a row is a reason to show this column before others:
	// by its counts since the start, so that the layout does not flicker.
	// alarm is whether its value calls for attention now.
	urgent, alarm func(*row) bool
	// only is which rows this column is for: without such a row it is left
	// out. Nil is all.
	only  func(*row) bool
	value func(*row) string
	// shorten cuts a text that is too long, cutMiddle when nil.
	shorten func(string, int) string
	// compare sorts; ascending is the direction a reader wants first.
	compare   func(a, b *row) int
	ascending bool
}

// label names the column outside its table.
func (c *column) label() string {
	return strings.TrimSpace(c.group + " " + c.title)
}

func byNumber[N cmp.Ordered](of func(*row) N) func(a, b *row) int {
	return func(a, b *row) int { return cmp.Compare(of(a), of(b)) }
}

// placed is a column with the width it got.
type placed struct {
	*column
	index, width int
}

// markWidth is what stands before each row: the mark of the selected one.
const markWidth = 2

// fit chooses the columns for a width and lays them out. What does not fit
// is left out by priority, except the first, most important one.
func fit(columns []column, rows []*row, urgent []bool, width int) (layout []placed, gap int) {
	natural := make([]int, len(columns))
	var order []int
	for i := range columns {
		if only := columns[i].only; only == nil || slices.ContainsFunc(rows, func(r *row) bool { return only(r) }) {
			natural[i] = naturalWidth(&columns[i], rows)
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(rank(&columns[a], urgent[a]), rank(&columns[b], urgent[b]))
	})
	left := width - markWidth + 1
	for n, i := range order {
		c := &columns[i]
		p := placed{column: c, index: i, width: c.width}
		if c.wanted > 0 {
			p.width = max(c.width, min(c.wanted, natural[i]))
		}
		if p.width+1 > left && n > 0 {
			continue
		}
		left -= p.width + 1
		layout = append(layout, p)
	}
	slices.SortFunc(layout, func(a, b placed) int { return cmp.Compare(a.index, b.index) })
	for i := range layout {
		p := &layout[i]
		if more := min(natural[p.index]-p.width, left); p.wanted > 0 && more > 0 {
			p.width += more
			left -= more
		}
	}
	gap = 1
	if spaces := len(layout) - 1; spaces > 0 {
		gap += min(2, max(0, left)/spaces)
	}
	return layout, gap
}

func rank(c *column, urgent bool) int {
	if urgent {
		return min(c.priority, 1)
	}
	return c.priority
}

func naturalWidth(c *column, rows []*row) int {
	if c.wanted == 0 {
		return c.width
	}
	n := c.width
	for _, r := range rows {
		n = max(n, textWidth(c.value(r)))
	}
	return n
}
