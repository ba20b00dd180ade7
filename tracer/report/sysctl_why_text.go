// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// writeSysctlWhy explains the keys together that have one reason.
func writeSysctlWhy(b *strings.Builder, c *sysctl.Comparison, keys []sysctl.Key, width int) {
	var reasons []string
	with := map[string][]sysctl.Key{}
	for _, k := range keys {
		reason := sysctlReason(&k)
		if _, ok := with[reason]; !ok {
			reasons = append(reasons, reason)
		}
		with[reason] = append(with[reason], k)
	}
	for _, reason := range reasons {
		same := with[reason]
		b.WriteByte('\n')
		hang(b, "", strings.Fields(reason), 2, width)
		hang(b, "  ", strings.Fields(strings.Join(sysctlNames(same), " ")), 4, width)
		writeSysctlAdvice(b, c, same, width)
	}
}

// sysctlReason is a verdict in a sentence, with what it rests on.
func sysctlReason(k *sysctl.Key) string {
	proof := ""
	switch k.Proof {
	case sysctl.Observed:
		proof = ", as is seen here"
	case sysctl.Measured:
		proof = ", as was measured"
	case sysctl.Contradicted:
		proof = ", as is seen here, although another kernel that was measured did otherwise"
	}
	since := ""
	if k.Since != "" && k.Proof != sysctl.Contradicted {
		since = "; since Linux " + k.Since
	}
	return fmt.Sprintf("%s: %s%s%s.", sysctlVerdict(k), k.Why, proof, since)
}

func sysctlNames(keys []sysctl.Key) (names []string) {
	for i := range keys {
		names = append(names, plain(keys[i].Name))
	}
	return names
}

// mostAdvised is how many keys commands are written out for.
const mostAdvised = 4

// writeSysctlAdvice says where keys of one reason are set: those that differ, or
// the only one.
func writeSysctlAdvice(b *strings.Builder, c *sysctl.Comparison, keys []sysctl.Key, width int) {
	wanted := slices.DeleteFunc(slices.Clone(keys), func(k sysctl.Key) bool { return len(keys) > 1 && !k.Differs() && !k.Changed })
	more := len(wanted) - mostAdvised
	if more > 0 {
		wanted = wanted[:mostAdvised]
	}
	for i := range wanted {
		k := &wanted[i]
		for _, line := range sysctlAdvice(c, k) {
			// Commands are not broken: they are to be copied.
			b.WriteString("    " + plain(line) + "\n")
		}
		if keeps := k.Keeps(); keeps != "" {
			hang(b, "    ", strings.Fields(fmt.Sprintf("Keeping the old value: %s.", keeps)), 4, width)
		}
	}
	if more > 0 {
		fmt.Fprintf(b, "    and %d more likewise\n", more)
	}
}

func sysctlAdvice(c *sysctl.Comparison, k *sysctl.Key) []string {
	value := "VALUE"
	if k.Host != nil && k.Differs() {
		value = *k.Host
	}
	set := fmt.Sprintf("%s='%s'", k.Name, value)
	switch {
	case k.Verdict == sysctl.Shared, k.Verdict == sysctl.HostOnly:
		return []string{fmt.Sprintf("on the host, for all: sysctl -w %s='VALUE'", k.Name)}
	case !k.Settable():
		return nil
	}
	kubernetes := "Kubernetes, spec.securityContext.sysctls: unsafe, the kubelet has to allow it: --allowed-unsafe-sysctls=" + k.Name
	if safe := k.KubernetesSafe(); safe != "" {
		kubernetes = "Kubernetes, spec.securityContext.sysctls: " + k.Name + " is safe since " + safe
	}
	var lines []string
	if k.Verdict != sysctl.OfDevice {
		lines = append(lines, "at the start: docker run --sysctl "+set+" ...", kubernetes)
	}
	path := "/proc/PID/ns/net"
	if c.Netns != nil && c.Netns.Path != "" {
		path = c.Netns.Path
	}
	return append(lines, fmt.Sprintf("now: nsenter --net=%s sysctl -w %s", path, set))
}
