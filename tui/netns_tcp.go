// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
)

// The counter of tracer.TCPCounterNames that is compared with what was traced.
const retransSegs = 0

// tracedSegs are the segments that sockets of a namespace were seen to send
// again, since the start.
func tracedSegs(s *tracer.Snapshot, netns uint32) (n uint64) {
	for i := range s.TCP {
		if sender := s.TCP[i].Sender; sender != nil && sender.Netns == netns {
			n += sender.Segs
		}
	}
	return n
}

// forgottenSegs are those of flows that are not in the snapshot any more, of all
// namespaces.
func forgottenSegs(s *tracer.Snapshot) uint64 {
	all := s.Retransmits.Segs
	for i := range s.TCP {
		if sender := s.TCP[i].Sender; sender != nil {
			all -= min(all, sender.Segs)
		}
	}
	return all
}

// compareText says whether the kernel counted as many segments as were traced.
func compareText(counted int64, traced, forgotten uint64) string {
	switch kernel := uint64(max(0, counted)); {
	case counted < 0:
		return "not counted by this kernel"
	case kernel == traced:
		return "equal"
	case kernel < traced:
		return strconv.FormatUint(traced-kernel, 10) + " fewer than traced"
	case kernel-traced <= forgotten:
		return strconv.FormatUint(kernel-traced, 10) + " of flows forgotten"
	default:
		return strconv.FormatUint(kernel-traced, 10) + " not traced"
	}
}

// agreementTexts compare the two of one namespace, in exact numbers.
func agreementTexts(s *tracer.Snapshot, netns uint32) []string {
	at := slices.IndexFunc(s.Netns, func(n tracer.NetnsTCP) bool { return n.Netns == netns })
	if at < 0 {
		return nil
	}
	n := &s.Netns[at]
	traced := tracedSegs(s, netns)
	agreement := compareText(n.Counters[retransSegs], traced, forgottenSegs(s))
	return []string{
		"TcpRetransSegs " + counterText(n.Counters[retransSegs]) + ", traced " + strconv.FormatUint(traced, 10) + ": " + agreement,
		"(" + netnsText(n.Netns, n.NetnsName) + ", since start)",
	}
}

// counterText is a counter's growth, exact, or "-" when this kernel does not
// have it.
func counterText(n int64) string {
	if n < 0 {
		return unknown
	}
	return strconv.FormatInt(n, 10)
}

// counterLines are all counters of the namespaces of a flow's two ends.
func counterLines(fl *tracer.TCPFlow, s *tracer.Snapshot) []chainLine {
	var lines []chainLine
	for i := range s.Netns {
		n := &s.Netns[i]
		sends := fl.Sender != nil && fl.Sender.Netns == n.Netns
		receives := fl.Receiver != nil && fl.Receiver.Netns == n.Netns
		if !sends && !receives {
			continue
		}
		lines = append(lines, chainLine{heading: true, before: "counted by namespace ", device: netnsText(n.Netns, n.NetnsName),
			after: " itself since the start, all connections"})
		for c := 0; c < len(n.Counters); c += 2 {
			text := ""
			for at := c; at < min(c+2, len(n.Counters)); at++ {
				text += padRight(tracer.TCPCounterNames[at], 20) + padLeft(counterText(n.Counters[at]), 10) + "    "
			}
			lines = append(lines, chainLine{before: text})
		}
	}
	return lines
}
