// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/vethtrace/vethtrace/tracer/report"
	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// setWords say where sysctls are set.
var setWords = map[string]string{
	setNowhere: "as made", setOnHost: "set on the host", setInContainer: "set in the container",
}

// sysctlConclusion says in sentences what the runs have shown.
func sysctlConclusion(r *sysctlResult, idle time.Duration) string {
	made, host, cured := &r.runs[0], &r.runs[1], &r.runs[2]
	text := fmt.Sprintf("Set on the host (%s), the container's stayed %s and a new connection there sent %s in %s; "+
		"set in the container (%s), a new one sent %s: %s.",
		host.host, host.container, keepaliveWords(host.newest()), idle,
		cured.container, keepaliveWords(cured.newest()), sysctlVerdictWords(host, cured))
	if c := cured.conns[0]; c.running && c.keepalives == 0 && cured.newest() > 0 {
		text += fmt.Sprintf(" The connection of run 1 sent none: its timer was set when the container's were %s, and is due in %s.",
			made.container, report.FormatNS(uint64(c.due)))
	}
	if k := findKey(r.keys, keepaliveKeys[0]); k != nil {
		text += " " + originWords(k)
	}
	return text
}

// newest is what the connection that the run opened sent.
func (r *sysctlRun) newest() uint64 { return r.conns[len(r.conns)-1].keepalives }

func keepaliveWords(n uint64) string {
	switch n {
	case 0:
		return "no keepalive"
	case 1:
		return "1 keepalive"
	}
	return fmt.Sprintf("%d keepalives", n)
}

func sysctlVerdictWords(host, cured *sysctlRun) string {
	switch {
	case host.host == host.container || host.newest() > 0:
		return "here the host's reached the container"
	case cured.newest() > 0:
		return "only what is set in the container counts there"
	}
	return "no keepalive came there either"
}

// originWords say where the value of a container is from.
func originWords(k *sysctl.Key) string {
	text := fmt.Sprintf("%s is %s: %s", k.Name, k.Verdict, k.Why)
	switch k.Proof {
	case sysctl.Observed:
		text += ", as is seen here"
	case sysctl.Measured:
		text += ", as was measured"
	}
	return text + "."
}

// sysctlCured says whether the runs have shown that it helps.
func sysctlCured(r *sysctlResult) bool { return r.runs[1].newest() == 0 && r.runs[2].newest() > 0 }

// sysctlCures are what to do for a container of one's own.
func sysctlCures(r *sysctlResult) []string {
	if !sysctlCured(r) {
		return nil
	}
	return []string{
		"docker run --sysctl " + keepaliveKeys[0] + "=600 ...",
		"nsenter -t PID -n sysctl -w " + keepaliveKeys[0] + "=600",
	}
}
