// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"os"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// checksumErrors returns how many packets of the flow's protocol the thread's
// namespace has thrown away for their checksum, and the name of that counter;
// empty if there is none.
func checksumErrors(flow tracer.FlowKey) (name string, n uint64) {
	name = map[uint8]string{protoTCP: "Tcp", protoUDP: "Udp", 1: "Icmp", 58: "Icmp6"}[flow.Proto]
	file := "snmp"
	if flow.Dst.Addr().Is6() && flow.Proto != protoTCP {
		name, file = strings.TrimSuffix(name, "6")+"6", "snmp6"
	}
	text, err := os.ReadFile("/proc/thread-self/net/" + file)
	if err != nil {
		return "", 0
	}
	if file == "snmp6" {
		name += "InCsumErrors"
		return name, snmp6(string(text), name)
	}
	return name + "InCsumErrors", snmp(string(text), name+":", "InCsumErrors")
}

// snmp reads a counter of /proc/net/snmp, where a line of names is followed by
// one of values.
func snmp(text, group, name string) uint64 {
	var names []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != group {
			continue
		}
		for i := range names {
			if names[i] == name && i < len(words) {
				n, _ := strconv.ParseUint(words[i], 10, 64)
				return n
			}
		}
		names = words
	}
	return 0
}

// snmp6 reads a counter of /proc/net/snmp6.
func snmp6(text, name string) uint64 {
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) == 2 && words[0] == name {
			n, _ := strconv.ParseUint(words[1], 10, 64)
			return n
		}
	}
	return 0
}
