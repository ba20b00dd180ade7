// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// crossCPU says where hops change CPU. On the backlog path only RPS or RFS
// does that; with NAPI the poll runs where it was scheduled, or in its thread.
func crossCPU(e *evidence) []finding {
	d, others := worst(e.devices, func(r *row) uint64 { return r.cross })
	if d == nil {
		return nil
	}
	f := finding{
		label: "NOTE",
		key:   "cross " + d.name,
		where: d.name,
		what:  fmt.Sprintf(": %s of hops run on another CPU than enqueued", shareText(d.cross, d.hops)),
		more:  andMore(others, "device"),
	}
	switch {
	case d.paths[tracer.PathBacklog] == 0:
		f.advice = "why: the NAPI poll runs where it was scheduled, or in its thread"
	default:
		f.advice = "next: " + readRPS(e.names[d.id.device])
	}
	return []finding{f}
}

// readRPS is the command that shows a device's RPS mask. It is only given for
// names that a shell takes as they are, since a container chooses them.
func readRPS(d tracer.DeviceName) string {
	file := rpsFile(d) + " (RPS)"
	switch {
	case !shellSafe(d.Ifname):
		return "its rps_cpus (RPS)"
	case d.NetnsName == "host":
		return "cat " + file
	case shellSafe(d.NetnsName):
		return "ip netns exec " + d.NetnsName + " cat " + file
	}
	return "rps_cpus of " + d.Ifname + " in its namespace (RPS)"
}

// writeRPS is the command that makes RPS spread a device's flows over CPUs, and
// empty where none can be given.
func writeRPS(d tracer.DeviceName, mask string) string {
	write := "echo " + mask + " >" + rpsFile(d)
	switch {
	case !shellSafe(d.Ifname):
		return ""
	case d.NetnsName == "host":
		return write
	case shellSafe(d.NetnsName):
		return "ip netns exec " + d.NetnsName + " sh -c '" + write + "'"
	}
	return ""
}

func rpsFile(d tracer.DeviceName) string {
	return "/sys/class/net/" + d.Ifname + "/queues/rx-0/rps_cpus"
}

func shellSafe(name string) bool {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	return name != "" && name[0] != '-' && name != "." && name != ".." && strings.Trim(name, safe) == ""
}
