// SPDX-License-Identifier: Apache-2.0

package tui

import "github.com/charmbracelet/bubbles/key"

// meanings is what the numbers of a view mean: a heading and sentences under
// it.
type meanings struct {
	heading   string
	sentences []string
}

func meaningsOf(v viewID) meanings {
	switch v {
	case viewReorder:
		return meanings{"order of a flow's packets at a hop", []string{
			"reord: overtaken by packets that were queued after them and delivered before. late: behind the first of these.",
			"displaced: by how many at most, since the start. late<-by 0<-1: delivered on CPU 0 after others on CPU 1.",
			"hops/s: last interval, whatever the window. \"-\": not known.",
		}}
	case viewRetransmits:
		return meanings{"why TCP sent segments again, of those that are decided", []string{
			"reord hop: overtaken at a traced hop; lost hop: dropped there. else: at no traced hop; reord else was not needed, lost else was. timeout: a timer fired before a late ACK.",
			"spurious: proven not needed (DSACK, undo). segs: what TcpRetransSegs counts. segs/s: last interval, whatever the window.",
		}}
	}
	return meanings{"stages of a hop: xmit, queue, softirq; total is all three", []string{
		"xmit: veth_xmit to netif_rx. queue: to the NET_RX softirq, which runs inline, at hardirq exit, in ksoftirqd or a NAPI thread. softirq: to delivery.",
		"Latencies are at most 12.5% too large; max of an interval is the upper bound of its bucket. hops/s and Mbit/s: last interval, whatever the window. qlen: packets found in the CPU's input queue. \"-\": not known.",
	}}
}

// helpView lists all keys, and what the numbers of the view mean.
func (m model) helpView() []string {
	groups := m.keys.all()
	var lines []string
	for i := range max(len(groups[0]), len(groups[1])) {
		left, right := helpEntry(groups[0], i), helpEntry(groups[1], i)
		lines = append(lines, "  "+padRight(left, 38)+right)
	}
	about := meaningsOf(m.view)
	lines = append(lines, m.look.heading.Render(about.heading))
	for _, text := range about.sentences {
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
