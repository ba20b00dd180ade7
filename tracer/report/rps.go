// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// rpsAdvice says how to have RPS keep each flow to d on one CPU, empty when that
// is not what its packets lack: these causes are told only of packets on the
// backlog path that nothing steered. A command is given only where it is sure to
// work as it stands: a container chooses its names, and a namespace's name may be
// one that `ip netns` does not know.
func rpsAdvice(s *tracer.Snapshot, d *tracer.Device) string {
	if d.Order == nil {
		return ""
	}
	switch cause, _ := topCause(d.Order); cause {
	case tracer.CauseSenderMoved, tracer.CauseSoftirqSender, tracer.CauseSeveralSenders:
	default:
		return ""
	}
	mask := cpuMask(s.CPUs)
	switch {
	case mask == "":
		return ""
	case !shellSafe(d.Name.Ifname):
		return "RPS: write " + mask + " to rps_cpus of that device"
	}
	file := "/sys/class/net/" + d.Name.Ifname + "/queues/rx-0/rps_cpus"
	if d.Name.NetnsName == "host" {
		return "`echo " + mask + " >" + file + "` (RPS)"
	}
	return "RPS: write " + mask + " to " + file + " in that namespace"
}

// cpuMask has a bit for each CPU, as files in /sys understand it: hexadecimal,
// a comma before every 32 bits. It is empty without CPUs.
func cpuMask(cpus []tracer.CPU) string {
	var words []uint32
	for i := range cpus {
		n := cpus[i].CPU
		for n/32 >= len(words) {
			words = append(words, 0)
		}
		words[n/32] |= 1 << (n % 32)
	}
	if words == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%x", words[len(words)-1])
	for i := len(words) - 2; i >= 0; i-- {
		fmt.Fprintf(&b, ",%08x", words[i])
	}
	return b.String()
}

func shellSafe(name string) bool {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	return name != "" && name[0] != '-' && name != "." && name != ".." && strings.Trim(name, safe) == ""
}
