// SPDX-License-Identifier: Apache-2.0

package tui

import "github.com/vethtrace/vethtrace/tracer"

// The kinds of columns that several tables have.

func latencyColumn(group, title string, priority int, s tracer.Stage, of func(*latency) uint64) column {
	return column{
		group: group, title: title, width: max(6, len(group)), priority: priority,
		value: func(r *row) string {
			if r.stages[s].count == 0 {
				return unknown
			}
			return latencyText(of(&r.stages[s]))
		},
		compare: byNumber(func(r *row) float64 {
			if r.stages[s].count == 0 {
				return -1
			}
			return float64(of(&r.stages[s]))
		}),
	}
}

func p50(l *latency) uint64 { return l.p50 }
func p99(l *latency) uint64 { return l.p99 }
func top(l *latency) uint64 { return l.max }

func rateColumn(group, title string, priority int, text func(float64) string, of func(*row) float64) column {
	return column{
		group: group, title: title, width: max(7, len(group)), priority: priority,
		value:   func(r *row) string { return text(of(r)) },
		compare: byNumber(of),
	}
}

func countColumn(group, title string, priority int, of func(*row) uint64) column {
	return column{
		group: group, title: title, width: 8, priority: priority,
		alarm:   func(r *row) bool { return of(r) > 0 },
		value:   func(r *row) string { return countText(of(r)) },
		compare: byNumber(of),
	}
}

func shareColumn(group, title string, width, priority int, of func(*row) uint64) column {
	return column{
		group: group, title: title, width: width, priority: priority,
		value: func(r *row) string { return shareText(of(r), r.hops) },
		compare: byNumber(func(r *row) float64 {
			if r.hops == 0 {
				return -1
			}
			return float64(of(r)) / float64(r.hops)
		}),
	}
}

// reorderedColumn is the share of hops that were overtaken, shown first once
// there was one.
func reorderedColumn(group, title string, priority int) column {
	c := shareColumn(group, title, 6, priority, func(r *row) uint64 { return r.reordered })
	c.value = func(r *row) string { return fineShareText(r.reordered, r.hops) }
	c.alarm = func(r *row) bool { return r.reordered > 0 }
	c.urgent = func(r *row) bool { return r.counters.Reordered > 0 }
	return c
}

func textColumn(title string, width, wanted, priority int, of func(*row) string, shorten func(string, int) string) column {
	return column{
		title: title, width: width, wanted: wanted, priority: priority,
		value: of, shorten: shorten, compare: byNumber(of), ascending: true,
	}
}
