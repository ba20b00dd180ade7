// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/lab"
)

// readSysctls reads values in a namespace.
func readSysctls(netns string, keys ...string) (values []string, err error) {
	err = lab.InNetns(netns, func() error {
		for _, key := range keys {
			text, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(key, ".", "/"))
			if err != nil {
				return fmt.Errorf("reading %s: %w", key, err)
			}
			values = append(values, strings.TrimSpace(string(text)))
		}
		return nil
	})
	return values, err
}

// kernelCounter reads what the kernel itself has counted in a namespace, by the
// name that nstat has for it: IpInAddrErrors, Ip6InAddrErrors, TcpExtTCPKeepAlive.
func kernelCounter(netns, name string) (n uint64, err error) {
	err = lab.InNetns(netns, func() error {
		for _, file := range []string{"snmp", "netstat", "snmp6"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + file)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("reading counters: %w", err)
			}
			value, ok := findCounter(string(text), name)
			if !ok {
				continue
			}
			if n, err = strconv.ParseUint(value, 10, 64); err != nil {
				return fmt.Errorf("counter %s: %w", name, err)
			}
			return nil
		}
		return fmt.Errorf("this kernel has no counter %s", name)
	})
	return n, err
}

// findCounter finds a value in a file of names above values, each line with its
// group, or of a name and a value in each line.
func findCounter(text, name string) (value string, ok bool) {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[0] == name {
			return fields[1], true
		}
		if len(names) == len(fields) && len(names) > 0 && names[0] == fields[0] {
			for i, field := range names {
				if strings.TrimSuffix(names[0], ":")+field == name {
					return fields[i], true
				}
			}
		}
		names = fields
	}
	return "", false
}
