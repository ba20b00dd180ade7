// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/vt"

	"github.com/vethtrace/vethtrace/tracer"
)

var sizes = [][2]int{{80, 24}, {120, 40}, {200, 50}}

// TestGolden draws every screen at three sizes.
func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		name string
		cpus int
		keys []string
	}{
		{"devices", 8, nil},
		{"devices_start", 8, []string{"w"}},
		{"cpus2", 2, []string{"2"}},
		{"cpus8", 8, []string{"2"}},
		{"flows", 8, []string{"3"}},
		{"detail_device", 8, []string{"down", "enter"}},
		{"detail_queue", 8, []string{"down", "d", "left", "left"}},
		{"detail_cpu", 8, []string{"2", "down", "enter"}},
		{"detail_flow", 8, []string{"3", "enter"}},
		{"detail_idle", 8, []string{"end", "enter"}},
		{"help", 8, []string{"?"}},
		{"findings", 8, []string{"i"}},
		{"filter_typing", 8, []string{"/", "w", "e", "b"}},
		{"filter", 8, []string{"3", "/", "f", "d", "0", "0", "enter"}},
		{"filter_nothing", 8, []string{"/", "x", "y", "z", "enter"}},
		{"paused", 8, []string{"p"}},
		{"sorted", 8, []string{"S", "S", "r"}},
	} {
		for _, size := range sizes {
			first, second := recorded(tt.cpus)
			s := newScreen(t, size[0], size[1])
			s.feed(first, second).press(tt.keys...)
			s.golden(tt.name)
		}
	}
}

// TestGoldenDrops draws what is only there when packets are dropped.
func TestGoldenDrops(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
	}{
		{"drops_devices", nil},
		{"drops_cpus", []string{"2"}},
		{"drops_flows", []string{"3"}},
		{"drops_detail_device", []string{"/", "veth57703b6", "enter", "w", "enter"}},
		{"drops_detail_cpu", []string{"2", "down", "enter"}},
		{"drops_detail_flow", []string{"3", "enter"}},
		{"drops_findings", []string{"i"}},
	} {
		for _, size := range sizes {
			first, second := dropping(8)
			s := newScreen(t, size[0], size[1])
			s.feed(first, second).press(tt.keys...)
			s.golden(tt.name)
		}
	}
}

// TestGoldenReorder draws packets that were overtaken, and what TCP sent again
// for it.
func TestGoldenReorder(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
	}{
		{"reorder_devices", nil},
		{"reorder_device", []string{"/", "h", "o", "s", "t", "/", "v", "e", "t", "h", "5", "enter", "enter"}},
		{"reorder_flows", []string{"3"}},
		{"reorder", []string{"4"}},
		{"reorder_start", []string{"4", "w"}},
		{"reorder_detail", []string{"4", "enter"}},
		{"reorder_detail_few", []string{"4", "down", "enter"}},
		{"reorder_help", []string{"4", "?"}},
		{"retransmits", []string{"5"}},
		{"retransmits_start", []string{"5", "w"}},
		{"retransmits_detail", []string{"5", "enter"}},
		{"retransmits_detail_end", []string{"5", "enter", "end"}},
		{"retransmits_received", []string{"5", "end", "enter"}},
		{"retransmits_help", []string{"5", "?"}},
		{"reorder_findings", []string{"i"}},
	} {
		for _, size := range sizes {
			s := newScreen(t, size[0], size[1])
			s.feed(reordering(8)...).press(tt.keys...)
			s.golden(tt.name)
		}
	}
}

// TestGoldenReorderEverything draws every verdict and class.
func TestGoldenReorderEverything(t *testing.T) {
	for _, keys := range [][]string{{"4"}, {"5"}, {"i"}} {
		for _, size := range sizes {
			first, second := everything(8)
			s := newScreen(t, size[0], size[1])
			s.feed(first, second).press(keys...)
			s.golden("everything_" + keys[0])
		}
	}
}

func TestGoldenWithoutData(t *testing.T) {
	for _, size := range sizes {
		s := newScreen(t, size[0], size[1])
		s.golden("no_snapshot")
		empty := newTrace(2)
		empty.s.Run.Filter = "host 10.9.0.1 and tcp"
		empty.s.Run.Warnings = []string{"the hook on skb:kfree_skb could not be attached: drops are not counted", "second"}
		empty.add(2_000_000_000)
		s.feed(empty.snapshot())
		s.golden("no_data")
	}
}

func TestTooSmall(t *testing.T) {
	first, second := recorded(2)
	for _, size := range [][2]int{{60, 20}, {80, 23}, {79, 24}, {20, 3}, {1, 1}, {200, 5}} {
		s := newScreen(t, size[0], size[1])
		s.feed(first, second)
		s.golden("too_small")
		s.press("2", "down", "enter", "esc", "?", "?", "/", "x", "esc")
		s.drawn()
		s.press("1").send(teaSize(80, 24))
		if got := s.drawn(); !strings.Contains(got, "receiving device") {
			t.Errorf("after the terminal grew:\n%s", got)
		}
	}
}

// TestColour draws the same screen with colours: without its escape codes it
// is the one without.
func TestColour(t *testing.T) {
	first, second := recorded(8)
	for _, keys := range [][]string{
		nil, {"2"}, {"3"}, {"4"}, {"5"}, {"enter"}, {"?"}, {"i"}, {"p"}, {"4", "enter"}, {"5", "enter"}, {"5", "enter", "down"},
	} {
		feed := reordering(8)
		if keys == nil || keys[0] > "5" {
			feed = []*tracer.Snapshot{first, second}
		}
		plain := newScreen(t, 120, 40).feed(feed...).press(keys...)
		coloured := newScreen(t, 120, 40).feed(feed...).coloured().press(keys...)
		if got, want := coloured.drawn(), plain.drawn(); got != want {
			t.Errorf("keys %v: colours change the text:\n%s\nwant:\n%s", keys, got, want)
		}
		if view := plain.m.View(); strings.Contains(view, "\x1b") {
			t.Errorf("keys %v: escape codes without colours: %q", keys, view)
		}
		if view := coloured.m.View(); !strings.Contains(view, "\x1b[") {
			t.Errorf("keys %v: no escape codes with colours", keys)
		}
	}
	s := newScreen(t, 80, 24).feed(first, second).coloured()
	term := vt.NewEmulator(80, 24)
	defer term.Close()
	if _, err := term.WriteString(strings.ReplaceAll(s.m.View(), "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "devices_colour_80x24", term.Render()+"\n")
}

func teaSize(width, height int) tea.WindowSizeMsg {
	return tea.WindowSizeMsg{Width: width, Height: height}
}

// TestGoldenMarks draws the last line and the findings when something was
// changed.
func TestGoldenMarks(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
	}{{"marks", nil}, {"marks_listed", []string{"i"}}} {
		for _, size := range sizes {
			first, second := recorded(8)
			s := newScreen(t, size[0], size[1])
			s.feed(first)
			s.send(pulledMsg{snapshot: second, marks: []Mark{
				{second.Taken.Add(-time.Minute), "net/ipv4/ip_forward of shop-host: 0 -> 1 (set by lab shop)"},
				{second.Taken.Add(-3 * time.Second), "rps of vethtrace-demo-b/eth0: 0 -> 3 (set by lab demo)"},
			}})
			s.press(tt.keys...)
			s.golden(tt.name)
		}
	}
}

// A mark is news for some seconds.
func TestMarkGrowsOld(t *testing.T) {
	first, second := recorded(8)
	s := newScreen(t, 80, 24)
	s.send(pulledMsg{snapshot: first, marks: []Mark{{first.Taken, "something"}}})
	if got := s.drawn(); !strings.Contains(got, "MARK   ") || !strings.Contains(got, "something") {
		t.Errorf("got no mark in\n%s", got)
	}
	later := *second
	later.Taken = first.Taken.Add(markShown + time.Second)
	s.feed(&later)
	if got := s.drawn(); strings.Contains(got, "something") || !strings.Contains(got, "q quit") {
		t.Errorf("got an old mark in\n%s", got)
	}
	for range 2 * maxMarks {
		s.send(pulledMsg{snapshot: &later, marks: []Mark{{first.Taken, "more"}}})
	}
	if n := len(s.m.marks); n != maxMarks {
		t.Errorf("%d marks are kept, want %d", n, maxMarks)
	}
}
