// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/vethtrace/vethtrace/lab"
)

func newLabGRO(name *string) *command {
	s := labSet{name: name}
	return s.add(&command{
		Use:   "gro DEV on|off",
		Short: "Turn generic receive offload of a device on or off",
		Long: `gro turns generic receive offload on or off, and writes down what was there
before: lab undo puts it back. On a veth it chooses the path of packets: on gives
the end a NAPI of its own, off sends them through the CPU's backlog (Linux 5.13).`,
		Example: "  vethtrace lab gro eth0 on --netns b",
		Args:    exactly("DEV", "on|off"),
		RunE: func(_ *command, args []string) error {
			return s.set(lab.Setting{Kind: lab.GROKind, Netns: s.netns, Device: args[0], Value: args[1]})
		},
	})
}

func newLabQdisc(name *string) *command {
	s := labSet{name: name}
	return s.add(&command{
		Use:   "qdisc DEV KIND [OPTION...]",
		Short: "Put a queueing discipline at the root of a device",
		Long: `qdisc replaces the queueing discipline at the root of a device, if that is the
kernel's default one or the lab's own: lab undo puts it back. KIND and OPTIONs are
in the words of tc:

  fq | fq_codel | pfifo_fast
  tbf rate RATE burst SIZE limit SIZE
  netem [delay TIME [JITTER]] [loss N%] [duplicate N%] [reorder N%] [limit PACKETS] [rate RATE]`,
		Example: `  vethtrace lab qdisc eth0 netem delay 10ms 2ms loss 1% --netns a
  vethtrace lab qdisc eth0 tbf rate 100mbit burst 32kb limit 1mb --netns a`,
		RunE: func(cmd *command, args []string) error {
			if len(args) < 2 {
				return usagef("%s needs DEV KIND: see '%s --help'", cmd.CommandPath(), cmd.CommandPath())
			}
			return s.set(lab.Setting{
				Kind: lab.QdiscKind, Netns: s.netns, Device: args[0], Value: strings.Join(args[1:], " "),
			})
		},
	})
}

// exactly wants one argument for each name.
func exactly(names ...string) func(*command, []string) error {
	return func(cmd *command, args []string) error {
		if len(args) != len(names) {
			return usagef("%s takes %s, not %d arguments: see '%s --help'",
				cmd.CommandPath(), strings.Join(names, " "), len(args), cmd.CommandPath())
		}
		return nil
	}
}
