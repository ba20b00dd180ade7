// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/vethtrace/vethtrace/tracer"
)

// lost lists everything that was not measured, so that no number looks more
// complete than it is. Dropped packets and expired flows were measured.
func lost(l *tracer.Losses) []string {
	var all []string
	add := func(n uint64, what string) {
		if n > 0 {
			all = append(all, countText(n)+" "+what)
		}
	}
	add(l.MissedSlots, "missed")
	add(l.Ringbuf, "ringbuf")
	add(l.RareRingbuf, "order/TCP events")
	add(l.Recursion, "recursion")
	add(l.DeviceTableFull, "no device slot")
	add(l.FlowTableFull, "no flow slot")
	add(l.ClockBackwards, "clock back")
	add(l.OrderUnknown, "order unknown")
	return all
}

// lossText is what was lost since the start.
func (m model) lossText() (string, lipgloss.Style) {
	f := m.shown
	all := lost(&f.cur.Losses)
	if all == nil {
		return "no losses", m.look.good
	}
	return "LOST " + strings.Join(all, ", ") + " of " + countText(f.cur.Hops()) + " hops", m.look.bad
}

// costTexts are what the trace itself used in the interval, the most important
// first.
func (m model) costTexts() []string {
	f := m.shown
	c := f.cur.Cost
	cpu, spent, known := c.UserCPU, c.BPFTime, c.BPFStats
	if e := f.earlier; e != nil {
		cpu = max(0, cpu-e.Cost.UserCPU)
		spent = max(0, spent-e.Cost.BPFTime)
		known = known && e.Cost.BPFStats
	}
	var texts []string
	if f.interval > 0 {
		texts = append(texts, fmt.Sprintf("cost %.1f%% CPU", 100*cpu.Seconds()/f.interval.Seconds()))
	}
	if hops := f.hops(); known && hops > 0 {
		texts = append(texts, fmt.Sprintf("BPF %dns/hop", uint64(spent)/hops))
	}
	return append(texts, "RSS "+bytesText(c.RSSBytes))
}
