// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/vt"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"github.com/vethtrace/vethtrace/tracer"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// screen is a model under test on a terminal of some size.
type screen struct {
	t *testing.T
	m model
}

func newScreen(t *testing.T, width, height int) *screen {
	t.Helper()
	s := &screen{t, newModel(Options{}, newPalette(io.Discard, true))}
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	return s
}

func (s *screen) send(msg tea.Msg) tea.Cmd {
	next, cmd := s.m.Update(msg)
	s.m = next.(model)
	return cmd
}

func (s *screen) feed(snapshots ...*tracer.Snapshot) *screen {
	for _, sn := range snapshots {
		s.send(pulledMsg{snapshot: sn})
	}
	return s
}

// press sends keys: names as bubbletea has them, or single characters.
func (s *screen) press(keys ...string) *screen {
	named := map[string]tea.KeyType{
		"tab": tea.KeyTab, "enter": tea.KeyEnter, "esc": tea.KeyEsc, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "ctrl+c": tea.KeyCtrlC,
	}
	for _, k := range keys {
		if typ, ok := named[k]; ok {
			s.send(tea.KeyMsg{Type: typ})
			continue
		}
		s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})
	}
	return s
}

// drawn is the view as a terminal shows it, and checks that it fits.
func (s *screen) drawn() string {
	s.t.Helper()
	view := s.m.View()
	lines := strings.Split(view, "\n")
	if len(lines) > s.m.height {
		s.t.Errorf("%d lines on a terminal of %d", len(lines), s.m.height)
	}
	for _, line := range lines {
		if w := lipgloss.Width(line); w > s.m.width {
			s.t.Errorf("line is %d wide on a terminal of %d: %q", w, s.m.width, line)
		}
	}
	term := vt.NewEmulator(s.m.width, s.m.height)
	defer term.Close()
	if _, err := term.WriteString(strings.Join(lines, "\r\n")); err != nil {
		s.t.Fatal(err)
	}
	shown := strings.Split(term.String(), "\n")
	for i := range shown {
		shown[i] = strings.TrimRight(shown[i], " \r")
	}
	return strings.TrimRight(strings.Join(shown, "\n"), "\n") + "\n"
}

func (s *screen) golden(name string) {
	s.t.Helper()
	compareGolden(s.t, fmt.Sprintf("%s_%dx%d", name, s.m.width, s.m.height), s.drawn())
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// coloured has the palette of a terminal with 16 colours.
func (s *screen) coloured() *screen {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.ANSI)
	s.m.look = paletteOf(r)
	return s
}
