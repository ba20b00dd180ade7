// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/inventory"
	"github.com/vethtrace/vethtrace/tracer/report"
)

func newNs() *command {
	var asJSON bool
	cmd := &command{
		Use:   "ns [NAME...]",
		Short: "List network namespaces: whose they are, their devices, and the other end of each veth",
		Long: `ns lists the network namespaces of the machine, or those named: who is in each
and holds it, its container, pod or systemd unit, its devices with addresses,
and where each veth's other end is. A NAME is what the list shows, an inode, a
path, a PID, or the name or ID of a container, pod or unit; --netns of the other
commands takes the same. No container daemon is asked.`,
		Example: `  vethtrace ns
  vethtrace ns web
  vethtrace ns --json | jq -r '.netns[].devices[]?.peer | select(.) | .netns_name + "/" + .ifname'`,
		RunE: func(_ *command, args []string) error { return listNs(args, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func listNs(names []string, asJSON bool) error {
	var only []uint32
	for _, name := range names {
		if name == "" {
			return usagef("a name is empty")
		}
		ns, err := tracer.FindNetns(name)
		if err != nil {
			return err
		}
		only = append(only, ns.Inode)
	}
	inv := inventory.Read()
	if len(only) > 0 {
		inv.Netns = slices.DeleteFunc(inv.Netns, func(n *inventory.Namespace) bool { return !slices.Contains(only, n.Inode) })
	}
	if asJSON {
		return report.WriteNsJSON(os.Stdout, inv, tracer.KernelRelease())
	}
	return report.WriteNs(os.Stdout, inv, terminalWidth())
}
