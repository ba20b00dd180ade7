// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

func reorderColumns() []column {
	hops := countColumn("reord", "hops", 8, func(r *row) uint64 { return r.reordered })
	hops.alarm = nil // all rows have some
	share := reorderedColumn("reord", "share", 3)
	share.urgent, share.alarm = nil, nil
	return []column{
		textColumn("proto", 6, 6, 9, func(r *row) string { return protoText(r.id.flow.Proto) }, nil),
		textColumn("flow: source -> destination", 31, 31, 0, func(r *row) string { return r.name }, shortFlow),
		textColumn("receiving device", 17, 17, 6, func(r *row) string { return r.device }, shortDevice),
		rateColumn("reord", "hops/s", 1, rateText, func(r *row) float64 { return r.reorderedPerSec }),
		hops,
		share,
		lateColumn("p50", 10, p50),
		lateColumn("p99", 5, p99),
		lateColumn("max", 7, top),
		orderColumn("", "displaced", 10, 11, displacedText, func(o *overtaking) uint64 { return o.cur.MaxDisplacement }),
		orderColumn("CPUs", "late<-by", 9, 4, pairCell, func(o *overtaking) uint64 {
			p, _, _ := o.pair()
			return p.Hops
		}),
		textColumn("cause", 14, 14, 2, func(r *row) string {
			if r.order == nil {
				return unknown
			}
			most, _, _ := r.order.cause()
			return reorderCauseText(most)
		}, nil),
	}
}

// lateColumn is about how late packets were. Nothing is known of flows that
// there was no room to remember the order of.
func lateColumn(title string, priority int, of func(*latency) uint64) column {
	return column{
		group: "late", title: title, width: 6, priority: priority,
		value: func(r *row) string {
			if r.order == nil || r.order.late.count == 0 {
				return unknown
			}
			return latencyText(of(&r.order.late))
		},
		compare: byNumber(func(r *row) float64 {
			if r.order == nil || r.order.late.count == 0 {
				return -1
			}
			return float64(of(&r.order.late))
		}),
	}
}

func orderColumn(group, title string, width, priority int, text func(*overtaking) string, of func(*overtaking) uint64) column {
	return column{
		group: group, title: title, width: width, priority: priority,
		value: func(r *row) string {
			if r.order == nil {
				return unknown
			}
			return text(r.order)
		},
		compare: byNumber(func(r *row) float64 {
			if r.order == nil {
				return -1
			}
			return float64(of(r.order))
		}),
	}
}

// displacedText is by how many packets at most one was overtaken since the
// start: a maximum cannot be subtracted.
func displacedText(o *overtaking) string {
	text := countText(o.cur.MaxDisplacement)
	if o.cur.MaxDisplacement >= tracer.MaxRemembered {
		text += "+"
	}
	return text
}

func pairCell(o *overtaking) string {
	p, _, known := o.pair()
	if !known {
		return unknown
	}
	return fmt.Sprintf("%d<-%d", p.LateCPU, p.OvertakerCPU)
}

// pairText says which CPU delivered a packet after which other.
func pairText(late, overtaker int) string {
	if late == overtaker {
		return fmt.Sprintf("both on CPU %d", late)
	}
	return fmt.Sprintf("CPU %d after CPU %d", late, overtaker)
}

// pairBrief is the same in fewer words.
func pairBrief(late, overtaker int) string {
	return strings.Replace(pairText(late, overtaker), "after CPU", "after", 1)
}

// reorderCauseText is a cause's name as words.
func reorderCauseText(c tracer.ReorderCause) string {
	return strings.ReplaceAll(c.String(), "_", " ")
}
