// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"
)

type command = cobra.Command

func newRoot() *command {
	root := &command{
		Use:   "vethtrace",
		Short: "Where a packet's time goes when it leaves a container",
		Long: `vethtrace measures the hop of packets over veth pairs, the devices that
connect containers: from the sender's veth_xmit over the backlog or NAPI queue
and the NET_RX softirq to delivery, split into stages, by device, CPU and flow.

It observes only. The one command that changes anything is lab, and it undoes
what it did.`,
		Example: `  vethtrace check     will it work here?
  vethtrace demo      see it on traffic of its own
  vethtrace top       what is slow right now
  vethtrace stat      the same as a table, or JSON
  vethtrace trace     every packet's hop
  vethtrace ns        whose network namespaces are these, and where do their veths go?
  vethtrace sysctl    why does the container not see what was set on the host?
  vethtrace path      where does a packet stop, and why?`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *command, err error) error { return usageError{err} })
	root.AddCommand(newTop(), newStat(), newTrace(), newPath(), newDemo(), newLab(), newNs(), newSysctl(), newCheck())
	return root
}

// version is the module's, as the Go tool recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
