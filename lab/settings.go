// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"os"
	"strconv"
)

// ForwardSettings turn a namespace into a router, for IPv4 and, where the kernel
// has it, IPv6, or back.
func ForwardSettings(netns string, on bool) []Setting {
	value := "0"
	if on {
		value = "1"
	}
	settings := []Setting{{Kind: SysctlKind, Netns: netns, Key: "net/ipv4/ip_forward", Value: value}}
	if _, err := os.Stat("/proc/sys/net/ipv6"); err == nil {
		settings = append(settings, Setting{Kind: SysctlKind, Netns: netns, Key: "net/ipv6/conf/all/forwarding", Value: value})
	}
	return settings
}

// flowTable is the table that RFS looks sockets' CPUs up in: one for the whole
// machine, which is seen in the initial namespace only.
var flowTable = Setting{Kind: SysctlKind, Netns: "/proc/1/ns/net", Key: "net/core/rps_sock_flow_entries"}

// FlowTable returns how many flows of the whole machine RFS can steer: with 0 it
// does nothing, whatever its queues say.
func FlowTable() (flows int, err error) {
	err = withNetns(flowTable.Netns, func(ns *os.File) error {
		text, err := sysctlKnob{}.read(ns, flowTable)
		if err != nil {
			return err
		}
		flows, err = strconv.Atoi(text)
		if err != nil {
			return errors.New(flowTable.Key + " is not a number: " + text)
		}
		return nil
	})
	return flows, err
}

// FlowTableSetting is what makes that table have room for so many.
func FlowTableSetting(flows string) Setting {
	s := flowTable
	s.Value = flows
	return s
}
