// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// latencyConclusion says in sentences what the host, the container and the cures
// have shown.
func latencyConclusion(rows []benchRow) string {
	host, before := measuredRow(rows, latencyUsual), measuredRow(rows, latencyBefore)
	if before == nil {
		return "There is no container to compare with."
	}
	text := fmt.Sprintf("From the container over veth, bridge and NAT a packet makes %.2f softirq hops, from the host %.2f; "+
		"a transaction takes %s, from the host %s (p50), %+.1f%%.",
		before.hopsEach(), host.hopsEach(), report.FormatNS(uint64(before.took(p50))),
		report.FormatNS(uint64(host.took(p50))), 100*change(before.took(p50), host.took(p50)))
	if slower := before.took(p50) - host.took(p50); slower > 0 && before.extraHops(host) > 0.5 {
		text += fmt.Sprintf(" The hops it makes more, %s each, are about %s of these %s; the rest is bridge, forwarding, NAT and so on.",
			report.FormatNS(before.hops.latency(tracer.StageTotal, 0.5)), report.FormatNS(before.extraNS(host)), report.FormatNS(uint64(slower)))
	}
	for _, cure := range latencyCures(rows) {
		text += " " + cureWords(host, before, cure)
	}
	return text
}

// cureWords says what another device instead of the veth changes.
func cureWords(host, before, cure *benchRow) string {
	text := fmt.Sprintf("Over %s it makes %.2f, and a transaction takes %s",
		cure.variant.Name, cure.hopsEach(), report.FormatNS(uint64(cure.took(p50))))
	slower, spared := before.took(p50)-host.took(p50), before.took(p50)-cure.took(p50)
	switch {
	case slower <= 0:
		return text + ": there was nothing to cure."
	case !cured(before, cure):
		return text + ": that did not help."
	case spared >= slower:
		return text + ": no longer than the host's."
	}
	return text + fmt.Sprintf(": %.0f%% of the difference is gone.", 100*spared/slower)
}

// cured says whether both the hop and time are gone.
func cured(before, cure *benchRow) bool {
	return cure.extraHops(before) < -0.5 && cure.took(p50) < before.took(p50)
}

// hopsEach is the softirq hops of a packet.
func (r *benchRow) hopsEach() float64 { return r.hops.perPacket(r.hops.total()) }

// latencyCommands are what to do for a container of one's own, as far as it
// helped here.
func latencyCommands(rows []benchRow) []string {
	commands := []string{}
	for _, cure := range latencyCures(rows) {
		if !cured(measuredRow(rows, latencyBefore), cure) {
			continue
		}
		kind, mode, _ := strings.Cut(cure.variant.Name, "-")
		if kind == "macvlan" {
			mode = "bridge"
		}
		commands = append(commands, fmt.Sprintf("ip link add link DEV name eth1 netns PID type %s mode %s", kind, mode))
	}
	return commands
}
