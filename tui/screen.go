// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// View draws the screen from the model alone.
func (m model) View() string {
	if m.width < minWidth || m.height < minHeight {
		return m.tooSmall()
	}
	height := m.bodyHeight()
	lines := append(m.header(), fill(m.body(height), height)...)
	return strings.Join(append(lines, m.statusLine()), "\n")
}

// body is what stands between the header and the status line.
func (m model) body(height int) []string {
	t := &m.tables[m.view]
	switch {
	case m.overlay == helpOverlay:
		return m.helpView()
	case m.overlay == findingsOverlay:
		return m.findingsView(height)
	case m.shown == nil || m.shown.cur.Hops() == 0 && (m.view != viewRetransmits || len(m.shown.cur.TCP) == 0):
		return m.waitingView()
	case m.detail.open:
		return m.detailView(height)
	case len(t.rows) == 0:
		return m.emptyTable(t)
	}
	lines := m.tableView(t, height)
	switch m.view {
	case viewCPUs:
		lines = append(lines, m.matrixView(height-len(lines))...)
	case viewRetransmits:
		lines = append(lines, m.netnsView(height-len(lines))...)
	}
	return lines
}

// fill makes lines exactly height long.
func fill(lines []string, height int) []string {
	if len(lines) > height {
		return lines[:height]
	}
	return append(lines, make([]string, height-len(lines))...)
}

func (m model) tooSmall() string {
	text := fmt.Sprintf("terminal is %dx%d; vethtrace top needs %dx%d: enlarge it, or use vethtrace stat",
		m.width, m.height, minWidth, minHeight)
	lines := wrap(text, max(1, m.width))
	return strings.Join(lines[:min(len(lines), max(1, m.height))], "\n")
}

func (m model) emptyTable(t *table) []string {
	switch {
	case t.all > 0:
	case m.view == viewReorder && m.window == lastInterval:
		return []string{"", "  no packet was overtaken in the last interval; w shows those since the start"}
	case m.view == viewReorder:
		return []string{"", "  no packet has been overtaken at a hop yet"}
	case m.view == viewRetransmits:
		return []string{"", "  no TCP connection has sent anything again, or received out of order, yet"}
	default:
		return []string{"", "  no " + m.view.singular() + " has been seen yet"}
	}
	return []string{"", "  " + cutEnd(fmt.Sprintf("none of %d matches the filter %q; esc clears it",
		t.all, m.filter.Value()), m.width-2)}
}

// waitingView is the screen before the first hop: what to expect and what to
// try.
func (m model) waitingView() []string {
	if m.shown == nil {
		return []string{"", "  waiting for the first hop...", "  (no snapshot has been read yet)"}
	}
	kinds := kindsText(&m.shown.cur.Run)
	lines := []string{"", "  waiting for the first hop on a " + kinds + " device..."}
	if kinds == tracer.KindVeth.String() {
		lines = append(lines,
			"",
			"  Only packets that cross a veth pair are counted. To make some:",
			"    ping a container from this host or from another container, or",
			"    run: vethtrace demo",
		)
	}
	if m.shown.cur.Run.Filter != "" {
		lines = append(lines, "",
			"  A filter is on, packets outside it are not counted:",
			"    "+cutEnd(printable(m.shown.cur.Run.Filter), m.width-4))
	}
	return lines
}
