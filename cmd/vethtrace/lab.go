// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/lab"
)

func newLab() *command {
	cmd := &command{
		Use:   "lab",
		Short: "Make container networks to try things on, change settings, and undo it completely",
		Long: `lab makes network namespaces and connects them as containers are: by a veth
pair, by a bridge with NAT, macvlan, ipvlan and others. It changes RPS, sysctls,
GRO and queueing disciplines, there or anywhere. All is written to a journal
under /run/vethtrace before it is done, so that lab down undoes all of it, also
after a crash. lab run shows a cause and its cure on a lab of its own.`,
		Example: `  vethtrace lab up
  ip netns exec vethtrace-demo-a ping 10.77.1.2
  vethtrace lab rps eth0 all --netns b
  vethtrace lab down`,
		RunE: onlySubcommands,
	}
	name := cmd.PersistentFlags().String("name", lab.DefaultName, "`name` of the lab")
	cmd.AddCommand(newLabUp(name), newLabDown(name), newLabUndo(name), newLabShow(name), newLabList(),
		newLabRPS(name), newLabRFS(name), newLabSysctl(name), newLabGRO(name), newLabQdisc(name), newLabForward(name),
		newLabTraffic(name), newLabStream(name), newLabRun(name), newLabBench(name))
	return cmd
}

func newLabList() *command {
	return &command{
		Use:     "list",
		Short:   "List the labs, also half made ones",
		Example: "  vethtrace lab list",
		Args:    noArgs,
		RunE: func(*command, []string) error {
			names, err := lab.List()
			if err != nil || len(names) == 0 {
				return err
			}
			_, err = fmt.Println(strings.Join(names, "\n"))
			return err
		},
	}
}
