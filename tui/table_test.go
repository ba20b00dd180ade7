// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
)

// TestSortOrders goes through all columns of all views, both ways.
func TestSortOrders(t *testing.T) {
	first, second := everything(8) // which needs all columns
	s := newScreen(t, 400, 50).feed(first, second)
	for v := range numViews {
		s.press(string(rune('1' + v)))
		columns := s.m.views[v].columns
		seen := map[int]bool{}
		for range columns {
			tbl := s.m.tables[v]
			c := columns[tbl.sort]
			seen[tbl.sort] = true
			for _, ascending := range []bool{c.ascending, !c.ascending} {
				rows := s.m.tables[v].rows
				inOrder := slices.IsSortedFunc(rows, func(a, b *row) int {
					if ascending {
						return c.compare(a, b)
					}
					return c.compare(b, a)
				})
				if !inOrder {
					t.Errorf("%s by %s, ascending %v: not in order", s.m.views[v].name, c.label(), ascending)
				}
				mark := c.title + "v"
				if ascending {
					mark = c.title + "^"
				}
				if !strings.Contains(s.drawn(), mark) {
					t.Errorf("%s by %s: no mark %q", s.m.views[v].name, c.label(), mark)
				}
				s.press("r")
			}
			s.press("s")
		}
		if len(seen) != len(columns) {
			t.Errorf("%s: s reaches %d of %d columns", s.m.views[v].name, len(seen), len(columns))
		}
		before := s.m.tables[v].sort
		if s.press("s", "S"); s.m.tables[v].sort != before {
			t.Error("S does not undo s")
		}
	}
}

// TestColumnsHold: no heading or number is wider than its column, with the
// mark of sorting.
func TestColumnsHold(t *testing.T) {
	first, second := everything(8)
	s := newScreen(t, 400, 50).feed(first, second)
	for v := range numViews {
		s.press(string(rune('1' + v)))
		for _, c := range s.m.views[v].columns {
			if len(c.title)+1 > c.width {
				t.Errorf("%s: heading is wider than %d", c.label(), c.width)
			}
			if len(c.group) > c.width {
				t.Errorf("%s: group is wider than %d", c.label(), c.width)
			}
			for _, r := range s.m.tables[v].rows {
				if text := c.value(r); c.wanted == 0 && len(text) > c.width {
					t.Errorf("%s: %q is wider than %d", c.label(), text, c.width)
				}
			}
		}
	}
}

// TestEveryWidth: whatever the size, the screen fits and keeps the most
// important columns.
func TestEveryWidth(t *testing.T) {
	for width := 80; width <= 220; width += 7 {
		for v, wanted := range map[string][]string{
			"1": {"hops/s", "p99"}, "2": {"hops/s", "p99"}, "3": {"hops/s", "p99"},
			"4": {"hops/s", "share", "late<-by", "cause"}, "5": {"segs/s", "hop", "else", "timeout"},
		} {
			first, second := recorded(8)
			if width%2 == 0 || v > "3" {
				first, second = everything(8)
			}
			s := newScreen(t, width, 24+width%17).feed(first, second).press(v)
			got := s.drawn()
			for _, want := range wanted {
				if !strings.Contains(got, want) {
					t.Errorf("view %s, width %d: no %s", v, width, want)
				}
			}
			s.press("down", "enter").drawn()
			s.press("?").drawn()
			s.press("i").drawn()
		}
	}
}

func TestFilter(t *testing.T) {
	first, second := everything(8)
	for _, tt := range []struct {
		view, text string
		want       int
	}{
		{"1", "", 6},
		{"1", "HOST/", 6},
		{"1", "web-1", 1},
		{"1", "veth57703b6", 2},
		{"1", "4026532999", 1},
		{"1", "nosuch", 0},
		{"3", "icmp", 2},
		{"3", "5201", 2},
		{"3", "db/eth0", 2},
		{"3", "-> 10.9.0.2:53", 1},
		{"2", "cpu 3", 1},
		{"4", "tcp", 2},
		{"4", "db/eth0", 1},
		{"5", "5201", 1},
		{"5", "2001:db8", 1},
	} {
		s := newScreen(t, 120, 40).feed(first, second).press(tt.view, "/")
		for _, r := range tt.text {
			s.press(string(r))
		}
		s.press("enter")
		if got := len(s.m.tables[s.m.view].rows); got != tt.want {
			t.Errorf("view %s, filter %q: %d rows, want %d", tt.view, tt.text, got, tt.want)
		}
		s.drawn()
		all := len(s.press("esc").m.tables[s.m.view].rows)
		if all != len(second.Devices) && all != 3 && all != len(second.TCP) && all != len(second.Flows) && all != len(second.CPUs) {
			t.Errorf("esc leaves %d rows", all)
		}
	}
	// Keys are text while a filter is typed.
	s := newScreen(t, 80, 24).feed(first, second).press("/", "q", "p", "?", " ", "1")
	if got := s.m.filter.Value(); got != "qp? 1" || s.m.paused {
		t.Errorf("typed %q", got)
	}
	if s.press("esc"); s.m.filter.Value() != "" || s.m.editing {
		t.Error("esc does not clear the filter")
	}
	m := newModel(Options{Filter: "db"}, s.m.look)
	s.m = m
	if s.feed(first, second); len(s.m.tables[viewDevices].rows) != 1 {
		t.Errorf("Options.Filter leaves %d rows, want 1", len(s.m.tables[viewDevices].rows))
	}
}

// TestSelectionFollows: a row that was chosen is followed through refreshes,
// sorting and filters; a row that is gone leaves its place.
func TestSelectionFollows(t *testing.T) {
	first, second := recorded(8)
	s := newScreen(t, 80, 24).feed(first)
	at := func() string {
		tbl := s.m.tables[s.m.view]
		return tbl.rows[tbl.at].name
	}
	if s.m.tables[viewDevices].moved {
		t.Error("a row is followed before any was chosen")
	}
	s.press("down")
	chosen := at()
	s.feed(second)
	for _, key := range []string{"s", "s", "r", "S", "w", "tab", "1"} {
		if s.press(key); s.m.view == viewDevices && at() != chosen {
			t.Errorf("after %s: at %s, want %s", key, at(), chosen)
		}
	}
	without := *second
	without.Elapsed++
	without.Devices = slices.DeleteFunc(slices.Clone(second.Devices), func(d tracer.Device) bool { return deviceText(d.Name) == chosen })
	place := s.m.tables[viewDevices].at
	s.feed(&without)
	if got := s.m.tables[viewDevices].at; got != min(place, len(without.Devices)-1) || at() == chosen {
		t.Errorf("at %d %s after %s at %d is gone", got, at(), chosen, place)
	}
	s.press("home", "up")
	s.press("end", "down", "pgdown")
	if tbl := s.m.tables[viewDevices]; tbl.at != len(tbl.rows)-1 {
		t.Errorf("end: at %d of %d", tbl.at, len(tbl.rows))
	}
	if s.press("home"); s.m.tables[viewDevices].at != 0 || s.m.tables[viewDevices].moved {
		t.Error("home does not go back to the first row")
	}
}

// TestScrolling walks through more rows than fit.
func TestScrolling(t *testing.T) {
	s := newScreen(t, 80, 24).feed(crowd(60, 10, 1)).press("j")
	for i := range 58 {
		tbl := &s.m.tables[viewDevices]
		if want := "> " + cutMiddle(tbl.rows[tbl.at].name, 20)[:6]; !strings.Contains(s.drawn(), want) {
			t.Fatalf("after %d steps the selected row is not on the screen", i)
		}
		s.press("j")
	}
	for range 5 {
		s.press("pgup")
		s.drawn()
	}
	if tbl := s.m.tables[viewDevices]; tbl.at != 0 || tbl.first != 0 {
		t.Errorf("pgup ends at %d, first %d", tbl.at, tbl.first)
	}
}
