// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/lab"
)

func newLabSysctl(name *string) *command {
	s := labSet{name: name}
	return s.add(&command{
		Use:   "sysctl KEY=VALUE...",
		Short: "Set sysctls of a namespace",
		Long: `sysctl sets values under net in a namespace, and writes down what was there
before: lab undo puts it back. Where the kernel changes other values along with
one, as for ip_forward, those are put back, too. All are set, or none.`,
		Example: `  vethtrace lab sysctl net.ipv4.tcp_keepalive_time=600 --netns b
  vethtrace lab sysctl "net.ipv4.tcp_rmem=4096 131072 6291456" --netns 4711`,
		RunE: func(cmd *command, args []string) error {
			if len(args) == 0 {
				return usagef("%s needs KEY=VALUE: see '%s --help'", cmd.CommandPath(), cmd.CommandPath())
			}
			var settings []lab.Setting
			for _, arg := range args {
				key, value, ok := strings.Cut(arg, "=")
				if !ok || value == "" {
					return usagef("%q is not KEY=VALUE", arg)
				}
				settings = append(settings, lab.Setting{Kind: lab.SysctlKind, Netns: s.netns, Key: key, Value: value})
			}
			return s.set(settings...)
		},
	})
}

func newLabForward(name *string) *command {
	s := labSet{name: name}
	return s.add(&command{
		Use:   "forward on|off",
		Short: "Let a namespace forward packets, or not (ip_forward)",
		Long: `forward sets net.ipv4.ip_forward and net.ipv6.conf.all.forwarding, which change
the values of all devices along with them, and writes down what was there before:
lab undo puts all of it back.`,
		Example: "  vethtrace lab forward off --netns host",
		Args:    exactly("on|off"),
		RunE: func(cmd *command, args []string) error {
			if args[0] != "on" && args[0] != "off" {
				return usagef("%s %q: want on or off", cmd.CommandPath(), args[0])
			}
			return s.set(lab.ForwardSettings(s.netns, args[0] == "on")...)
		},
	})
}

// fewer says that a table is smaller than a number that was checked before.
func fewer(have int, flows string) bool {
	want, err := strconv.Atoi(flows)
	return err == nil && have < want
}
