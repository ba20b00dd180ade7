// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/vethtrace/vethtrace/tracer"
)

// series are successive snapshots of one device, one a second.
func series(n int) []*tracer.Snapshot {
	t := newTrace(2)
	var all []*tracer.Snapshot
	for i := range n {
		t.add(time.Second, burst{0, 0, uint64(100 * (i + 1)), 0, 0, tracer.PathBacklog, tracer.RunnerInline, 1500})
		all = append(all, t.snapshot())
	}
	return all
}

func TestPause(t *testing.T) {
	all := series(5)
	s := newScreen(t, 80, 24).feed(all[0], all[1]).press(" ")
	frozen := s.drawn()
	if !strings.Contains(frozen, "PAUSED since 03:00:18") {
		t.Errorf("no mark of the pause:\n%s", frozen)
	}
	if s.feed(all[2], all[3]); s.drawn() != frozen {
		t.Errorf("the paused screen changed:\n%s\nwas:\n%s", s.drawn(), frozen)
	}
	// The window and the view can be changed in the frozen data.
	s.press("w", "3")
	if got := s.drawn(); !strings.Contains(got, "since start, 2.0s") {
		t.Errorf("window in a paused screen:\n%s", got)
	}
	s.press("w", "1", "p")
	got := s.drawn()
	if strings.Contains(got, "PAUSED") || !strings.Contains(got, "03:00:20") {
		t.Errorf("after the pause:\n%s", got)
	}
	if r := s.m.tables[viewDevices].rows[0]; r.hopsPerSec != 400 || r.hops != 400 {
		t.Errorf("after the pause: %v hops/s, %d hops, want those of the last second", r.hopsPerSec, r.hops)
	}
}

func TestSourceErrors(t *testing.T) {
	all := series(3)
	s := newScreen(t, 80, 24)
	s.m.pull = func() tea.Msg { return nil }
	s.m.pace = func() tea.Msg { return pullMsg{} }
	if s.send(pulledMsg{err: errors.New("reading the map: operation not permitted")}) == nil {
		t.Error("not asked again after an error")
	}
	s.golden("error_first")
	s.feed(all[0], all[1])
	s.send(pulledMsg{err: fmt.Errorf("reading the map:\n%s", strings.Repeat("long ", 30))})
	s.golden("error")
	if s.feed(all[2]); strings.Contains(s.drawn(), "ERROR") {
		t.Error("the error stays after it is over")
	}
	if s.send(pulledMsg{err: fmt.Errorf("reading: %w", io.EOF)}) != nil {
		t.Error("asked again after the end")
	}
	s.golden("ended")
	if cmd := s.send(pullMsg{}); cmd == nil {
		t.Error("pullMsg does not pull")
	}
	cmd := s.send(pulledMsg{err: fmt.Errorf("reading: %w", ErrFatal)})
	if _, quits := cmd().(tea.QuitMsg); !quits || !errors.Is(s.m.fatal, ErrFatal) {
		t.Error("ErrFatal does not end the program")
	}
}

func TestDetailOfGoneRow(t *testing.T) {
	first, second := recorded(8)
	s := newScreen(t, 80, 24).feed(first, second).press("3", "down", "enter", "left")
	without := *second
	without.Elapsed += time.Second
	without.Taken = without.Taken.Add(time.Second)
	without.Flows = slices.DeleteFunc(slices.Clone(second.Flows), func(f tracer.Flow) bool {
		return flowID(&f) == s.m.detail.row.id
	})
	s.feed(&without).press("w")
	s.golden("detail_gone")
	back := *second
	back.Elapsed += 2 * time.Second
	if s.feed(&back); strings.Contains(s.drawn(), "GONE") {
		t.Error("still said to be gone after it came back")
	}
	if s.press("esc"); s.m.detail.open {
		t.Error("esc does not close the details")
	}
}

// TestDetailBars: the rows of the histogram add up, and are powers of two.
func TestDetailBars(t *testing.T) {
	_, second := recorded(8)
	for s := range tracer.NumStages {
		h := &second.Devices[3].Stages[s]
		var sum uint64
		bars := barsOf(h)
		for i, b := range bars {
			sum += b.count
			if i > 0 && b.low != 2*bars[i-1].low {
				t.Errorf("%v: bar at %d after %d", s, b.low, bars[i-1].low)
			}
		}
		if sum != h.Count() || bars[0].count == 0 || bars[len(bars)-1].count == 0 {
			t.Errorf("%v: %d in bars, want %d from first to last not empty", s, sum, h.Count())
		}
	}
}

func TestResize(t *testing.T) {
	first, second := recorded(8)
	s := newScreen(t, 200, 50).feed(first, second).press("end")
	for _, size := range [][2]int{{80, 24}, {79, 24}, {120, 40}, {20, 5}, {200, 50}} {
		s.send(teaSize(size[0], size[1]))
		s.drawn()
	}
	want := newScreen(t, 200, 50).feed(first, second).press("end").drawn()
	if got := s.drawn(); got != want {
		t.Errorf("after resizing there and back:\n%s\nwant:\n%s", got, want)
	}
}

// TestUpdateIsPure: Update leaves the model it was called on as it was.
func TestUpdateIsPure(t *testing.T) {
	first, second := recorded(8)
	s := newScreen(t, 120, 40).feed(first, second)
	before, view := s.m, s.m.View()
	s.press("s", "r", "down", "/", "x", "enter", "esc", "w", "2", "down", "enter", "left", "esc", "p", "?")
	s.feed(first)
	if before.View() != view {
		t.Error("a later Update changed an earlier model")
	}
}

// TestEveryKeyHasHelp: keys in the help are distinct within their place.
func TestEveryKeyHasHelp(t *testing.T) {
	taken := map[string]string{}
	for _, group := range newKeyMap().all() {
		for _, b := range group {
			for _, k := range b.Keys() {
				if other, twice := taken[k]; twice {
					t.Errorf("%q is both %q and %q", k, other, b.Help().Desc)
				}
				taken[k] = b.Help().Desc
			}
			if b.Help().Desc == "" {
				t.Errorf("%v has no help", b.Keys())
			}
		}
	}
}

// TestAllLosses: what the header has no room for is in the findings.
func TestAllLosses(t *testing.T) {
	first, second := recorded(2)
	const n = 123_456
	second.Losses = tracer.Losses{
		MissedSlots: n, Ringbuf: n, Recursion: n, DeviceTableFull: n, FlowTableFull: n, ClockBackwards: n,
		RareRingbuf: n, OrderUnknown: n,
	}
	second.Run.Warnings = []string{"kfree_skb could not be attached: \x1b[31mdrops are not counted"}
	s := newScreen(t, 80, 40).feed(first, second)
	if got := s.drawn(); !strings.Contains(got, "LOST 123k missed, 123k ringbuf, 123k order/TCP events, 123k recursion") {
		t.Errorf("losses in the header:\n%s", got)
	}
	s.press("i").golden("findings_losses")

	first.Losses = tracer.Losses{FlowsExpired: 3}
	s = newScreen(t, 80, 24).feed(first)
	if got := s.press("i").drawn(); !strings.Contains(got, "no losses") || strings.Contains(got, "not measured since") {
		t.Errorf("expired flows are shown as losses:\n%s", got)
	}
}
