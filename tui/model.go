// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"time"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
)

// The smallest terminal that the screen is drawn on.
const (
	minWidth  = 80
	minHeight = 24
)

// overlay is what covers the table.
type overlay int

const (
	noOverlay overlay = iota
	helpOverlay
	findingsOverlay
)

// model is all state of the screen. It is a value: Update returns a new one,
// and never changes the slices and maps of the old.
type model struct {
	title    string
	interval time.Duration
	look     palette
	keys     keyMap
	views    [numViews]view

	// pull calls the Source, pace waits for the next time to do so.
	pull, pace tea.Cmd

	width, height int

	// live is the newest frame, shown the one on the screen: an older one
	// while paused.
	live, shown *frame
	paused      bool
	// failure is the last error of the Source, until it works again.
	failure string
	ended   bool
	fatal   error
	// marks are what was changed since the start, the last one last.
	marks    []Mark
	episodes map[string]episode

	view    viewID
	window  window
	tables  [numViews]table
	overlay overlay
	detail  detail

	filter  textinput.Model
	editing bool
}

func newModel(opts Options, look palette) model {
	m := model{
		title:    printable(opts.Title),
		interval: opts.Interval,
		look:     look,
		keys:     newKeyMap(),
		views:    views(),
		width:    minWidth,
		height:   minHeight,
		filter:   textinput.New(),
		detail:   newDetail(),
	}
	if m.title == "" {
		m.title = "vethtrace top"
	}
	if m.interval <= 0 {
		m.interval = time.Second
	}
	for i := range m.tables {
		m.tables[i].sort = m.views[i].sort
	}
	m.filter.CharLimit = 100
	m.filter.SetValue(opts.Filter)
	return m
}

// Init asks for the first snapshot.
func (m model) Init() tea.Cmd { return m.pull }

// Update takes in one message.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		return m.arrange(), nil
	case pullMsg:
		return m, m.pull
	case pulledMsg:
		return m.pulled(msg)
	case tea.KeyMsg:
		return m.pressed(msg)
	}
	return m, nil
}

// show puts a frame on the screen.
func (m model) show(f *frame) model {
	m.shown = f
	m.detail = m.detail.follow(f, m.window)
	return m.arrange()
}

// arrange works out the rows of the current view after anything they depend
// on has changed.
func (m model) arrange() model {
	if m.shown == nil {
		return m
	}
	t := m.tables[m.view]
	m.tables[m.view] = t.arrange(&m.views[m.view], m.shown.rows(m.view, m.window),
		m.filter.Value(), m.width, m.tableRows())
	return m
}

// bodyHeight is the number of lines between the header and the status line.
func (m model) bodyHeight() int { return m.height - len(m.header()) - 1 }

// tableRows is the number of rows that a table has room for.
func (m model) tableRows() int { return max(1, m.bodyHeight()-headingLines) }

// togglePause freezes the screen, or shows the newest data: snapshots are
// pulled all the time, so rates are right at once.
func (m model) togglePause() model {
	m.paused = !m.paused
	if !m.paused && m.live != nil {
		return m.show(m.live)
	}
	return m
}
