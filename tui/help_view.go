// SPDX-License-Identifier: Apache-2.0

package tui

import "github.com/charmbracelet/bubbles/key"

// helpView lists all keys, and what the numbers mean.
func (m model) helpView() []string {
	groups := m.keys.all()
	var lines []string
	for i := range max(len(groups[0]), len(groups[1])) {
		left, right := helpEntry(groups[0], i), helpEntry(groups[1], i)
		lines = append(lines, "  "+padRight(left, 38)+right)
	}
	lines = append(lines,
		m.look.heading.Render("stages of a hop: xmit, queue, softirq; total is all three"),
	)
	for _, text := range []string{
		"xmit: veth_xmit to netif_rx. queue: to the NET_RX softirq, which runs inline, at hardirq exit, in ksoftirqd or a NAPI thread. softirq: to delivery.",
		"Latencies are at most 12.5% too large; max of an interval is the upper bound of its bucket. hops/s and Mbit/s: last interval, whatever the window. qlen: packets found in the CPU's input queue. \"-\": not known.",
	} {
		for _, line := range wrap(text, m.width-2) {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

func helpEntry(bindings []key.Binding, i int) string {
	if i >= len(bindings) {
		return ""
	}
	h := bindings[i].Help()
	return padRight(h.Key, 9) + h.Desc
}
