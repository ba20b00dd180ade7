// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/vethtrace/vethtrace/tracer"
)

// pressed takes in a key: what is on top gets it first.
func (m model) pressed(msg tea.KeyMsg) (tea.Model, tea.Cmd) {
	switch {
	case msg.Type == tea.KeyCtrlC:
		return m, tea.Quit
	case m.editing:
		return m.pressedInFilter(msg), nil
	case key.Matches(msg, m.keys.quit):
		return m, tea.Quit
	}
	if next, done := m.pressedAnywhere(msg); done {
		return next, nil
	}
	switch {
	case m.overlay != noOverlay:
		if key.Matches(msg, m.keys.close) {
			m.overlay = noOverlay
		}
		return m, nil
	case m.detail.open:
		return m.pressedInDetail(msg), nil
	}
	return m.pressedInTable(msg), nil
}

// pressedAnywhere handles the keys that mean the same everywhere.
func (m model) pressedAnywhere(msg tea.KeyMsg) (next model, done bool) {
	switch {
	case key.Matches(msg, m.keys.help):
		m.overlay = m.overlay.toggle(helpOverlay)
	case key.Matches(msg, m.keys.findings):
		m.overlay = m.overlay.toggle(findingsOverlay)
	case key.Matches(msg, m.keys.pause):
		m = m.togglePause()
	case key.Matches(msg, m.keys.window):
		m.window = sinceStart - m.window
		m.detail = m.detail.follow(m.shown, m.window)
		m = m.arrange()
	case key.Matches(msg, m.keys.nextView):
		m = m.switchTo((m.view + 1) % numViews)
	case key.Matches(msg, m.keys.devices):
		m = m.switchTo(viewDevices)
	case key.Matches(msg, m.keys.cpus):
		m = m.switchTo(viewCPUs)
	case key.Matches(msg, m.keys.flows):
		m = m.switchTo(viewFlows)
	case key.Matches(msg, m.keys.reorder):
		m = m.switchTo(viewReorder)
	case key.Matches(msg, m.keys.retransmits):
		m = m.switchTo(viewRetransmits)
	default:
		return m, false
	}
	return m, true
}

func (o overlay) toggle(to overlay) overlay {
	if o == to {
		return noOverlay
	}
	return to
}

// switchTo leaves whatever covers the table.
func (m model) switchTo(v viewID) model {
	m.view, m.overlay, m.detail.open = v, noOverlay, false
	return m.arrange()
}

func (m model) pressedInTable(msg tea.KeyMsg) model {
	t, page := m.tables[m.view], m.tableRows()
	switch {
	case key.Matches(msg, m.keys.up):
		t.selection = t.to(t.at-1, t.rows, page)
	case key.Matches(msg, m.keys.down):
		t.selection = t.to(t.at+1, t.rows, page)
	case key.Matches(msg, m.keys.pageUp):
		t.selection = t.to(t.at-page, t.rows, page)
	case key.Matches(msg, m.keys.pageDown):
		t.selection = t.to(t.at+page, t.rows, page)
	case key.Matches(msg, m.keys.first):
		t.selection = t.home()
	case key.Matches(msg, m.keys.end):
		t.selection = t.to(len(t.rows)-1, t.rows, page)
	case key.Matches(msg, m.keys.sortNext):
		return m.sorted(t, 1)
	case key.Matches(msg, m.keys.sortBack):
		return m.sorted(t, -1)
	case key.Matches(msg, m.keys.reverse):
		t.reversed = !t.reversed
		m.tables[m.view] = t
		return m.arrange()
	case key.Matches(msg, m.keys.open):
		if len(t.rows) > 0 {
			m.detail = m.detail.show(t.rows[t.at], m.shown, m.window)
		}
	case key.Matches(msg, m.keys.filter):
		m.editing = true
		m.filter.Focus()
		m.filter.CursorEnd()
	case key.Matches(msg, m.keys.close):
		m.filter.Reset()
		return m.arrange()
	}
	m.tables[m.view] = t
	return m
}

func (m model) sorted(t table, step int) model {
	if len(t.columns) > 0 {
		m.tables[m.view] = t.sortBy(step)
	}
	return m.arrange()
}

// pressedInFilter filters while the user types.
func (m model) pressedInFilter(msg tea.KeyMsg) model {
	switch {
	case key.Matches(msg, m.keys.apply):
		m.editing = false
		m.filter.Blur()
	case key.Matches(msg, m.keys.abort):
		m.editing = false
		m.filter.Blur()
		m.filter.Reset()
	default:
		m.filter, _ = m.filter.Update(msg)
	}
	return m.arrange()
}

func (m model) pressedInDetail(msg tea.KeyMsg) model {
	d := m.detail
	switch {
	case key.Matches(msg, m.keys.close, m.keys.open):
		d.open = false
	case key.Matches(msg, m.keys.left):
		d.stage = (d.stage + tracer.NumStages - 1) % tracer.NumStages
		d = d.follow(m.shown, m.window)
	case key.Matches(msg, m.keys.right):
		d.stage = (d.stage + 1) % tracer.NumStages
		d = d.follow(m.shown, m.window)
	case key.Matches(msg, m.keys.up):
		d = d.scroll(-1)
	case key.Matches(msg, m.keys.down):
		d = d.scroll(1)
	case key.Matches(msg, m.keys.pageUp):
		d = d.scroll(-detailPage)
	case key.Matches(msg, m.keys.pageDown):
		d = d.scroll(detailPage)
	case key.Matches(msg, m.keys.first):
		d.scrolled = 0
	case key.Matches(msg, m.keys.end):
		d = d.scroll(d.length())
	}
	m.detail = d
	return m
}
