// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

// shownCounters are those of tracer.TCPCounterNames that people get to see.
var shownCounters = [...]struct {
	name, title string
	drop        int
}{
	{"TcpRetransSegs", "RetransSegs", 0},
	{"TCPFastRetrans", "FastRetrans", 1},
	{"TCPSlowStartRetrans", "SlowStart", 6},
	{"TCPLossProbes", "LossProbes", 5},
	{"TCPTimeouts", "Timeouts", 4},
	{"TCPSACKReorder", "SACKReorder", 3},
	{"TCPDSACKRecv", "DSACKRecv", 2},
	{"TCPOFOQueue", "OFOQueue", 0},
}

// netnsTable has what namespaces counted themselves since the start, beside the
// segments that were traced. It is empty when none counted anything of it.
func netnsTable(s *tracer.Snapshot) *table {
	t := &table{columns: []column{{title: "NAMESPACE COUNTERS", left: true, least: 12}, {title: "traced"}}}
	var at []int
	for _, c := range shownCounters {
		at = append(at, slices.Index(tracer.TCPCounterNames[:], c.name))
		t.columns = append(t.columns, column{title: c.title, drop: c.drop})
	}
	for i := range s.Netns {
		n := &s.Netns[i]
		cells := []string{string(appendNetnsText(nil, n.Netns, n.NetnsName)), fmt.Sprint(tracedSegs(s, n.Netns))}
		counted := false
		for _, c := range at {
			counted = counted || n.Counters[c] > 0
			cells = append(cells, counterText(n.Counters[c]))
		}
		if counted {
			t.row(cells...)
		}
	}
	return t
}

// tracedSegs are the segments that sockets of a namespace were seen to send
// again, by all that is known: compare with its RetransSegs.
func tracedSegs(s *tracer.Snapshot, netns uint32) (n uint64) {
	for i := range s.TCP {
		if snd := s.TCP[i].Sender; snd != nil && snd.Netns == netns {
			n += snd.Segs
		}
	}
	return n
}

// counterText is a counter's growth, "-" when this kernel does not have it.
func counterText(n int64) string {
	if n < 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
