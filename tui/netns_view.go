// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
)

// netnsView draws what namespaces counted themselves beside what was traced,
// under the table of retransmits.
func (m model) netnsView(height int) []string {
	s := m.shown.cur
	var shown []*tracer.NetnsTCP
	for i := range s.Netns {
		if n := &s.Netns[i]; n.Counters[retransSegs] > 0 || tracedSegs(s, n.Netns) > 0 {
			shown = append(shown, n)
		}
	}
	if len(shown) == 0 || height < 3 {
		return nil
	}
	slices.SortStableFunc(shown, func(a, b *tracer.NetnsTCP) int {
		return cmp.Compare(b.Counters[retransSegs], a.Counters[retransSegs])
	})
	others := otherCounters(shown, m.width-netnsWidth)
	heading := netnsLine("since the start, netns", "traced", "TcpRetransSegs", "", others, func(c int) string {
		return tracer.TCPCounterNames[c]
	})
	lines := []string{"", m.look.heading.Render(heading)}
	forgotten := forgottenSegs(s)
	for _, n := range shown[:min(len(shown), height-len(lines))] {
		counted, traced := n.Counters[retransSegs], tracedSegs(s, n.Netns)
		lines = append(lines, netnsLine(netnsText(n.Netns, n.NetnsName), strconv.FormatUint(traced, 10), counterText(counted),
			compareText(counted, traced, forgotten), others, func(c int) string { return counterText(n.Counters[c]) }))
	}
	return lines
}

// netnsWidth is that of a line without other counters.
const netnsWidth = markWidth + 24 + 10 + 16 + 2 + 26

func netnsLine(name, traced, counted, agreement string, others []int, text func(int) string) string {
	line := padRight("", markWidth) + padRight(cutMiddle(name, 24), 24) + padLeft(traced, 10) + padLeft(counted, 16) +
		"  " + padRight(agreement, 26)
	for _, c := range others {
		line += padLeft(text(c), counterWidth(c))
	}
	return line
}

func counterWidth(c int) int { return 2 + max(8, len(tracer.TCPCounterNames[c])) }

// otherCounters are those that are not 0 and fit in width.
func otherCounters(shown []*tracer.NetnsTCP, width int) []int {
	var all []int
	for c := range tracer.TCPCounterNames {
		counts := func(n *tracer.NetnsTCP) bool { return n.Counters[c] > 0 }
		if c == retransSegs || !slices.ContainsFunc(shown, counts) || counterWidth(c) > width {
			continue
		}
		width -= counterWidth(c)
		all = append(all, c)
	}
	return all
}
