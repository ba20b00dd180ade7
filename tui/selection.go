// SPDX-License-Identifier: Apache-2.0

package tui

// selection is the row the user is at, and the part of the table on the
// screen.
type selection struct {
	// id is the selected row once the user has moved: it is then followed
	// wherever it goes. Until then the first row is selected, whichever
	// that is, so that the worst stays in sight.
	id    rowID
	moved bool
	// at is its place among the rows, first the first row on the screen.
	at, first int
}

// find follows the selected row. One that is gone leaves its place to the row
// that is there now.
func (s selection) find(rows []*row, height int) selection {
	if !s.moved {
		s.at, s.first = 0, 0
		return s
	}
	for i, r := range rows {
		if r.id == s.id {
			s.at = i
			return s.scroll(len(rows), height)
		}
	}
	return s.to(s.at, rows, height)
}

// to selects the row at a place, or the nearest there is.
func (s selection) to(at int, rows []*row, height int) selection {
	if len(rows) == 0 {
		s.at, s.first = 0, 0
		return s
	}
	s.at = max(0, min(at, len(rows)-1))
	s.id, s.moved = rows[s.at].id, true
	return s.scroll(len(rows), height)
}

// home goes back to the first row and follows none.
func (s selection) home() selection { return selection{} }

func (s selection) scroll(rows, height int) selection {
	height = max(height, 1)
	s.first = min(s.first, s.at)
	s.first = max(s.first, s.at-height+1)
	s.first = max(0, min(s.first, rows-height))
	return s
}
