// SPDX-License-Identifier: Apache-2.0

package tui

import "github.com/vethtrace/vethtrace/tracer"

func retransmitColumns() []column {
	segs := countColumn("", "segs", 7, func(r *row) uint64 { return r.tcp.segs })
	rate := rateColumn("", "segs/s", 1, rateText, func(r *row) float64 { return r.tcp.segsPerSec })
	segs.alarm = nil
	rate.alarm = func(r *row) bool { return r.tcp.segsPerSec >= manySegs }
	segs.ofSender()
	rate.ofSender()
	return []column{
		textColumn("flow: source -> destination", 31, 31, 0, func(r *row) string { return r.name }, shortFlow),
		textColumn("sent by", 10, 17, 5, func(r *row) string { return r.device }, shortDevice),
		rate,
		segs,
		verdictColumn("reord", "hop", 6, 2, tracer.VerdictReorderedAtHop),
		verdictColumn("reord", "else", 6, 2, tracer.VerdictReorderedElsewhere),
		verdictColumn("lost", "hop", 6, 2, tracer.VerdictLostAtHop),
		verdictColumn("lost", "else", 6, 2, tracer.VerdictLostElsewhere),
		verdictColumn("", "timeout", 8, 2, tracer.VerdictTimeout),
		verdictColumn("", "unknown", 8, 4, tracer.VerdictUnknown),
		pendingColumn(),
		spuriousColumn(),
		classColumn("fast", 6, tracer.ClassFast),
		classColumn("slow-st", 8, tracer.ClassSlowStart),
		classColumn("rto", 6, tracer.ClassRTO),
		classColumn("tlp", 6, tracer.ClassTLP),
		classColumn("syn", 6, tracer.ClassSYN),
		classColumn("syn-ack", 8, tracer.ClassSYNACK),
		classColumn("mtu", 6, tracer.ClassMTU),
		classColumn("other", 6, tracer.ClassOther),
		receiverColumn("out of order", 13, 8, func(r *row) uint64 { return r.tcp.outOfOrder }),
		receiverColumn("twice", 8, 11, func(r *row) uint64 { return r.tcp.twice }),
	}
}

// ofSender has the column say that of a flow whose sender was not seen nothing
// is known.
func (c *column) ofSender() {
	value, compare := c.value, c.compare
	c.value = func(r *row) string {
		if r.tcp.flow.Sender == nil {
			return unknown
		}
		return value(r)
	}
	c.compare = func(a, b *row) int {
		if a, b := a.tcp.flow.Sender != nil, b.tcp.flow.Sender != nil; a != b {
			if a {
				return 1
			}
			return -1
		}
		return compare(a, b)
	}
}

// partColumn is the share that some of the retransmits have, left out while no
// row has ever had one.
func partColumn(group, title string, width, priority int, part, whole func(*sentAgain) uint64, ever func(*tracer.Retransmits) uint64) column {
	return column{
		group: group, title: title, width: width, priority: priority,
		only: func(r *row) bool {
			s := r.tcp.flow.Sender
			return s != nil && ever(&s.Retransmits) > 0
		},
		value: func(r *row) string { return shareText(part(r.tcp), whole(r.tcp)) },
		compare: byNumber(func(r *row) float64 {
			if whole(r.tcp) == 0 {
				return -1
			}
			return float64(part(r.tcp)) / float64(whole(r.tcp))
		}),
	}
}

func verdictColumn(group, title string, width, priority int, v tracer.Verdict) column {
	return partColumn(group, title, width, priority,
		func(a *sentAgain) uint64 { return a.verdicts[v] },
		func(a *sentAgain) uint64 { return a.decided },
		func(r *tracer.Retransmits) uint64 { return r.Verdicts[v] })
}

func classColumn(title string, width int, k tracer.RetransmitClass) column {
	priority := 9
	if k == tracer.ClassFast {
		priority = 6
	}
	return partColumn("class", title, width, priority,
		func(a *sentAgain) uint64 { return a.classes[k] },
		func(a *sentAgain) uint64 { return a.events },
		func(r *tracer.Retransmits) uint64 { return r.Classes[k] })
}

func spuriousColumn() column {
	return partColumn("", "spurious", 9, 3,
		(*sentAgain).spurious,
		func(a *sentAgain) uint64 { return max(a.decided, a.spurious()) },
		func(r *tracer.Retransmits) uint64 { return r.Events })
}

func pendingColumn() column {
	c := countColumn("", "pending", 10, func(r *row) uint64 { return r.tcp.pending })
	c.alarm = nil
	c.ofSender()
	return c
}

// receiverColumn is of the receiving socket, if that is on this machine.
func receiverColumn(title string, width, priority int, of func(*row) uint64) column {
	return column{
		group: "receiver", title: title, width: max(width, len("receiver")), priority: priority,
		value: func(r *row) string {
			if r.tcp.flow.Receiver == nil {
				return unknown
			}
			return countText(of(r))
		},
		compare: byNumber(func(r *row) float64 {
			if r.tcp.flow.Receiver == nil {
				return -1
			}
			return float64(of(r))
		}),
	}
}
