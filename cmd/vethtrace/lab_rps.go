// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"

	"github.com/vethtrace/vethtrace/lab"
)

func newLabRPS(name *string) *command {
	s := labSet{name: name}
	return s.add(&command{
		Use:   "rps DEV CPUS",
		Short: "Set the CPUs that share the flows a device receives (rps_cpus)",
		Long: `rps sets rps_cpus of each receive queue of a device, and writes down what was
there before: lab undo puts it back. A veth receives what its peer sends, so the
mask belongs on the end that receives.

CPUS is a mask in hexadecimal, as in sysfs (3, ff, 1,00000000), a list with a
range or a prefix (0-3, 0,2-5, cpus:2), all, or none.`,
		Example: `  vethtrace lab rps eth0 all --netns b
  vethtrace lab rps veth57703b6 0-3`,
		Args: exactly("DEV", "CPUS"),
		RunE: func(_ *command, args []string) error {
			return s.set(lab.Setting{Kind: lab.RPSKind, Netns: s.netns, Device: args[0], Value: args[1]})
		},
	})
}

func newLabRFS(name *string) *command {
	s := labSet{name: name}
	global := false
	cmd := s.add(&command{
		Use:   "rfs DEV FLOWS",
		Short: "Set how many flows a device steers to the CPU of their reader (rps_flow_cnt)",
		Long: `rfs sets rps_flow_cnt of each receive queue of a device, and writes down what
was there before: lab undo puts it back. FLOWS is rounded up to a power of two; 0
turns it off. RFS also needs a table of the whole machine,
net.core.rps_sock_flow_entries: --global makes room in it for FLOWS.`,
		Example: "  vethtrace lab rfs eth0 4096 --netns b --global",
		Args:    exactly("DEV", "FLOWS"),
		RunE: func(_ *command, args []string) error {
			settings := []lab.Setting{{Kind: lab.RFSKind, Netns: s.netns, Device: args[0], Value: args[1]}}
			if err := settings[0].Check(); err != nil {
				return usageError{err}
			}
			have, err := lab.FlowTable()
			if err != nil && global {
				return err
			}
			if global && fewer(have, args[1]) {
				settings = append(settings, lab.FlowTableSetting(args[1]))
			}
			if err := s.set(settings...); err != nil {
				return err
			}
			if err == nil && !global && have == 0 && args[1] != "0" {
				fmt.Fprintln(os.Stderr, "vethtrace: RFS does nothing yet: net.core.rps_sock_flow_entries is 0; "+
					"--global sets it, for the whole machine")
			}
			return nil
		},
	})
	cmd.Flags().BoolVar(&global, "global", false, "set net.core.rps_sock_flow_entries of the whole machine, too, if it is lower")
	return cmd
}
