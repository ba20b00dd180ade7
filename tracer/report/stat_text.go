// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteStat writes the snapshot for people, in ASCII, as tables at most width
// columns wide; 0 means no limit, and what was changed meanwhile. What there was
// no room for is named in the last line. The error is the writer's.
func WriteStat(w io.Writer, s *tracer.Snapshot, width int, marks ...Mark) error {
	var b strings.Builder
	wrap(&b, gist(s), width)
	for _, line := range trouble(s) {
		wrap(&b, line, width)
	}
	if s.Run.Filter != "" {
		wrap(&b, "filter: "+plain(s.Run.Filter), width)
	}
	for _, warning := range s.Run.Warnings {
		wrap(&b, "warning: "+plain(warning), width)
	}
	for _, hook := range hookTexts(&s.Run) {
		wrap(&b, hook, width)
	}
	for i := range marks {
		wrap(&b, "changed at "+MarkTime(&s.Run, &marks[i]).Format("15:04:05.000")+": "+marks[i].String(), width)
	}
	if s.Hops() == 0 {
		wrap(&b, noHops(s), width)
	}
	if s.Hops() > 0 || begun(&s.Losses) || len(s.TCP) > 0 {
		writeTables(&b, s, width)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing stat: %w", err)
	}
	return nil
}

func writeTables(b *strings.Builder, s *tracer.Snapshot, width int) {
	var left []string
	show := func(name string, t *table, note string) {
		if len(t.columns) == 0 || len(t.columns[0].cells) == 0 {
			return
		}
		for _, c := range t.fit(width) {
			left = append(left, name+" "+c)
		}
		b.WriteByte('\n')
		t.print(b)
		if note != "" {
			wrap(b, note, width)
		}
	}
	devices := busyDevices(s)
	show("device", devicesTable(s, devices), idleNote(len(s.Devices)-len(devices), "device"))
	show("stage", stagesTable(devices), "")
	show("drop", dropsTable(devices), "")
	show("steering", steeringTable(devices), "")
	show("reorder", orderTable(devices), "")
	cpus := busyCPUs(s)
	show("cpu", cpusTable(cpus), idleNote(len(s.CPUs)-len(cpus), "CPU"))
	show("backlog", backlogTable(cpus), "")
	show("cpu pair", pairsTable(s, width), "")
	flows := topFlows(s)
	show("flow", flowsTable(s, flows), moreFlows(len(s.Flows)-len(flows), "hops"))
	late := reorderedFlows(s)
	shown := late[:min(len(late), maxFlows)]
	show("reordered flow", flowOrderTable(shown), moreFlows(len(late)-len(shown), "reordered hops"))
	tcp := topTCP(s)
	show("retransmit", retransmitsTable(tcp), moreFlows(len(s.TCP)-len(tcp), "retransmits"))
	show("verdict", verdictsTable(tcp), "")
	show("namespace", netnsTable(s), "")
	if len(left) > 0 {
		b.WriteByte('\n')
		wrap(b, fmt.Sprintf("No room at %d columns for: %s.", width, strings.Join(left, ", ")), width)
	}
}

// begun says whether packets are known of that are not among the hops.
func begun(l *tracer.Losses) bool {
	return l.MissedSlots > 0 || l.DroppedHops > 0 || l.Recursion > 0 || l.DeviceTableFull > 0
}

func noHops(s *tracer.Snapshot) string {
	if begun(&s.Losses) {
		return "No hops: packets entered a veth pair, but none was measured to its delivery, see the losses above; " +
			"try `vethtrace check` for what can be traced here, `vethtrace path` for where packets stop."
	}
	what := "no " + kindText(&s.Run) + " traffic"
	if s.Run.Filter != "" {
		what += " that the filter lets pass"
	}
	return fmt.Sprintf("No hops: there was %s in these %s; "+
		"try `vethtrace check` for what can be traced here, `vethtrace demo` for traffic to look at.",
		what, seconds(s.Elapsed))
}

// kindText names the kinds of device that are traced.
func kindText(run *tracer.Run) string {
	if onlyVeth(run) {
		return tracer.KindVeth.String()
	}
	return strings.Join(kindsOf(run), ", ")
}

func moreFlows(n int, what string) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("and %s with fewer %s", count(uint64(n), "more flow"), what)
}

func idleNote(n int, what string) string {
	if n <= 0 {
		return ""
	}
	return "and " + count(uint64(n), what) + " without hops"
}
