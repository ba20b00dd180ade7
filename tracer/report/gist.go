// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// gist says what was measured, how completely and at what cost.
func gist(s *tracer.Snapshot) string {
	return fmt.Sprintf("%s in %s, %s; %s mode, Linux %s; own cost %s",
		count(s.Hops(), "hop"), seconds(s.Elapsed), lossText(&s.Losses),
		plain(string(s.Run.Mode)), plain(s.Run.Kernel), costText(s))
}

// lossText names every loss there was, or says "no losses". Packets that the
// kernel dropped are no loss of the trace but belong beside them.
func lossText(l *tracer.Losses) string {
	var parts []string
	add := func(n uint64, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(l.MissedSlots, "missed")
	add(l.Ringbuf, "lost in the ring buffer")
	add(l.RareRingbuf, "order or TCP events lost in the ring buffer (verdicts may be wrong)")
	add(l.Recursion, "skipped by the kernel (recursion)")
	add(l.DeviceTableFull, "without device (table full)")
	add(l.FlowTableFull, "without flow (table full)")
	add(l.ClockBackwards, "stages with the clock going backwards")
	add(l.OrderUnknown, "hops of unknown order")
	add(l.FlowsExpired, "idle flows forgotten")
	text := "no losses"
	if len(parts) > 0 {
		text = "losses: " + strings.Join(parts, ", ")
	}
	if l.DroppedHops > 0 {
		text += fmt.Sprintf("; %s dropped by the kernel", count(l.DroppedHops, "packet"))
	}
	return text
}

func costText(s *tracer.Snapshot) string {
	var parts []string
	if ns, ok := bpfNSPerHop(s); ok {
		parts = append(parts, FormatNS(ns)+" a hop in BPF")
	}
	if s.Elapsed > 0 {
		parts = append(parts, cpuShare(s.Cost.UserCPU, s.Elapsed)+" of a CPU")
	}
	return strings.Join(append(parts, FormatBytes(s.Cost.RSSBytes)), ", ")
}

func cpuShare(used, elapsed time.Duration) string {
	used = max(used, 0)
	if used > elapsed {
		return fmt.Sprintf("%.0f%%", 100*used.Seconds()/elapsed.Seconds())
	}
	return FormatPercent(uint64(used), uint64(elapsed))
}

// seconds returns a duration for people: "10.0s".
func seconds(d time.Duration) string { return FormatNS(uint64(max(d, 0))) }

// count returns n and the thing counted, in the plural unless n is 1.
func count(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
