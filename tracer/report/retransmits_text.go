// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer"
)

// topTCP returns the connections that are listed for people.
func topTCP(s *tracer.Snapshot) []*tracer.TCPFlow {
	flows := make([]*tracer.TCPFlow, min(len(s.TCP), maxFlows))
	for i := range flows {
		flows[i] = &s.TCP[i]
	}
	return flows
}

// shownClasses are in the order of the table, with what goes first when it is
// too wide.
var shownClasses = [...]struct {
	class tracer.RetransmitClass
	drop  int
}{
	{tracer.ClassFast, 1}, {tracer.ClassSlowStart, 5}, {tracer.ClassRTO, 2}, {tracer.ClassTLP, 3},
	{tracer.ClassSYN, 7}, {tracer.ClassSYNACK, 8}, {tracer.ClassMTU, 9}, {tracer.ClassOther, 6},
}

// retransmitsTable has what connections sent again: segments, and retransmits by
// class where there are any; and what arrived out of order.
func retransmitsTable(flows []*tracer.TCPFlow) *table {
	var sum tracer.Retransmits
	for _, f := range flows {
		if f.Sender != nil {
			addRetransmits(&sum, &f.Sender.Retransmits)
		}
	}
	t := &table{columns: []column{{title: "RETRANSMITS", left: true, least: 37}, {title: "segs"}}}
	for _, c := range shownClasses {
		if sum.Classes[c.class] > 0 {
			t.columns = append(t.columns, column{group: "retransmits", title: c.class.String(), drop: c.drop})
		}
	}
	if sum.Failed > 0 {
		t.columns = append(t.columns, column{title: "not sent", drop: 4})
	}
	t.columns = append(t.columns,
		column{title: "spurious"},
		column{group: "receiver", title: "out of order"},
		column{group: "receiver", title: "twice", drop: 10})
	for _, f := range flows {
		cells := []string{FormatFlow(f.Key)}
		known := f.Sender != nil
		var r tracer.Retransmits
		if known {
			r = f.Sender.Retransmits
		}
		cells = append(cells, knownCount(r.Segs, known))
		for _, c := range shownClasses {
			if sum.Classes[c.class] > 0 {
				cells = append(cells, knownCount(r.Classes[c.class], known))
			}
		}
		if sum.Failed > 0 {
			cells = append(cells, knownCount(r.Failed, known))
		}
		var rcv tracer.TCPReceiver
		if f.Receiver != nil {
			rcv = *f.Receiver
		}
		t.row(append(cells, FormatPercent(total(r.Spurious[:]), r.Events),
			knownCount(rcv.OutOfOrder, f.Receiver != nil), knownCount(rcv.Duplicates, f.Receiver != nil))...)
	}
	return t
}

// shownVerdicts are in the order of the table. Its groups make one name of two.
var shownVerdicts = [...]struct {
	verdict      tracer.Verdict
	group, title string
}{
	{tracer.VerdictReorderedAtHop, "reordered", "at hop"},
	{tracer.VerdictReorderedElsewhere, "reordered", "elsewhere"},
	{tracer.VerdictLostAtHop, "lost", "at hop"},
	{tracer.VerdictLostElsewhere, "lost", "elsewhere"},
	{tracer.VerdictTimeout, "", "timeout"},
	{tracer.VerdictUnknown, "", "unknown"},
}

// verdictsTable has why connections sent again: retransmits by verdict, where
// there are any.
func verdictsTable(flows []*tracer.TCPFlow) *table {
	var sum tracer.Retransmits
	for _, f := range flows {
		if f.Sender != nil {
			addRetransmits(&sum, &f.Sender.Retransmits)
		}
	}
	t := &table{columns: []column{{title: "VERDICTS", left: true, least: 20}}}
	for _, v := range shownVerdicts {
		if sum.Verdicts[v.verdict] > 0 {
			t.columns = append(t.columns, column{group: v.group, title: v.title})
		}
	}
	if sum.Pending > 0 {
		t.columns = append(t.columns, column{title: "pending", drop: 1})
	}
	for _, f := range flows {
		if f.Sender == nil || f.Sender.Events == 0 {
			continue
		}
		cells := []string{FormatFlow(f.Key)}
		for _, v := range shownVerdicts {
			if sum.Verdicts[v.verdict] > 0 {
				cells = append(cells, fmt.Sprint(f.Sender.Verdicts[v.verdict]))
			}
		}
		if sum.Pending > 0 {
			cells = append(cells, fmt.Sprint(f.Sender.Pending))
		}
		t.row(cells...)
	}
	return t
}

// addRetransmits adds what says which columns are needed.
func addRetransmits(sum, r *tracer.Retransmits) {
	for i, n := range r.Classes {
		sum.Classes[i] += n
	}
	for i, n := range r.Verdicts {
		sum.Verdicts[i] += n
	}
	sum.Pending += r.Pending
	sum.Failed += r.Failed
}

// knownCount is a number, or "-".
func knownCount(n uint64, known bool) string {
	if !known {
		return "-"
	}
	return fmt.Sprint(n)
}
