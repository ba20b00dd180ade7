// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/report"
	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// writeSysctlPlan says what will be done, after where values come from.
func writeSysctlPlan(w io.Writer, s sysctlStory, l *lab.Lab, keys []sysctl.Key) error {
	var text strings.Builder
	writeSentences(&text, fmt.Sprintf(
		"sysctl: where container %s has its values from, beside this machine's host (the initial namespace, which is only read) "+
			"and a namespace made now:", l.Containers[0].Netns))
	text.WriteByte('\n')
	text.WriteString(keysTable(keys))
	text.WriteByte('\n')
	writeSentences(&text, fmt.Sprintf(
		"Then 3 runs of a connection from the container to %s that is idle for %v: with tcp_keepalive_time/intvl/probes as they are, "+
			"set to %s on host %s, and set to that in the container. A namespace that is there has values of its own, "+
			"so that this host is as good for that as the initial namespace.", l.Uplink.Netns, s.duration, storyKeepalives, l.Host.Netns))
	_, err := io.WriteString(w, text.String())
	return err
}

// keysTable is what evidence there is of keys, in columns.
func keysTable(keys []sysctl.Key) string {
	table := [][]string{{"SYSCTL", "host", "container", "new", "verdict"}}
	for i := range keys {
		k := &keys[i]
		verdict := k.Verdict.String()
		if k.Effect != k.Verdict {
			verdict += ": " + k.Effect.String()
		}
		table = append(table, []string{k.Name, valueCell(k.Host), valueCell(k.Value), valueCell(k.New), verdict})
	}
	var b strings.Builder
	printColumns(&b, table)
	return b.String()
}

// valueCell is a value, which the kernel separates with tabs.
func valueCell(v *string) string {
	if v == nil {
		return "-"
	}
	return strings.Join(strings.Fields(*v), " ")
}

// writeSysctlStory writes what the runs have shown, side by side, and what
// follows.
func writeSysctlStory(w io.Writer, s sysctlStory, r *sysctlResult) error {
	var text strings.Builder
	text.WriteByte('\n')
	printColumns(&text, sysctlTable(r))
	text.WriteByte('\n')
	writeSentences(&text, sysctlConclusion(r, s.duration))
	if cures := sysctlCures(r); len(cures) > 0 {
		safe := ""
		if k := findKey(r.keys, keepaliveKeys[0]); k != nil && k.KubernetesSafe() != "" {
			safe = " (Kubernetes: securityContext.sysctls of the pod, safe since " + k.KubernetesSafe() + ")"
		}
		writeSentences(&text, "For a container of your own, at its start"+safe+", or now, from the host, where PID is one of its processes:")
		text.WriteString("  " + strings.Join(cures, "\n  ") + "\n")
		writeSentences(&text, "In the container itself /proc/sys is mounted read-only as a rule. 'vethtrace sysctl' has all other keys.")
	}
	for _, warning := range sysctlWarnings(r) {
		writeSentences(&text, "warning: "+warning)
	}
	writeSentences(&text, fmt.Sprintf("Everything is undone: there is no lab %s any more.", s.name))
	_, err := io.WriteString(w, text.String())
	return err
}

// sysctlTable has a column for each run.
func sysctlTable(r *sysctlResult) [][]string {
	var table [][]string
	row := func(label string, cell func(*sysctlRun) string) {
		cells := []string{label}
		for i := range r.runs {
			cells = append(cells, cell(&r.runs[i]))
		}
		table = append(table, cells)
	}
	row("tcp_keepalive_time/intvl/probes", func(r *sysctlRun) string { return setWords[r.set] })
	row("  of the host", func(r *sysctlRun) string { return r.host.String() })
	row("  of the container", func(r *sysctlRun) string { return r.container.String() })
	for i := range r.runs {
		of := func(cell func(*idleConn) string) func(*sysctlRun) string {
			return func(r *sysctlRun) string {
				if i >= len(r.conns) {
					return "-"
				}
				return cell(&r.conns[i])
			}
		}
		row(fmt.Sprintf("connection of run %d: keepalive due in", i+1), of((*idleConn).dueCell))
		row("  keepalives that crossed the veth", of(func(c *idleConn) string { return strconv.FormatUint(c.keepalives, 10) }))
	}
	row("TCPKeepAlive of the container's kernel", func(r *sysctlRun) string { return strconv.FormatUint(r.counted, 10) })
	return table
}

func (c *idleConn) dueCell() string {
	if !c.running {
		return "no timer"
	}
	return report.FormatNS(uint64(c.due))
}

// sysctlWarnings are those of the trace, and what it has not seen.
func sysctlWarnings(r *sysctlResult) []string {
	warnings := append([]string{}, r.seen.Run.Warnings...)
	if n := r.seen.Losses.MissedSlots + r.seen.Losses.FlowTableFull + r.seen.Losses.Recursion; n > 0 {
		warnings = append(warnings, fmt.Sprintf("%d packets may be missing in the trace", n))
	}
	return warnings
}
