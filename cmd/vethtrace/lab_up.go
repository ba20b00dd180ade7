// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"github.com/vethtrace/vethtrace/lab"
)

func newLabUp(name *string) *command {
	var shape lab.Shape
	var print labPrint
	var wire wireFlags
	cmd := &command{
		Use:   "up [TOPOLOGY]",
		Short: "Make the lab; do nothing if it is there",
		Long: `up makes the lab and prints it. The topologies:

  veth       two namespaces, a veth pair (the default)
  netkit     the same with a netkit pair (Linux 6.7)
  bridge     Docker's shape: containers on a bridge of a host, NAT to an uplink
  routed     the host routes between its containers and the uplink, without NAT
  macvlan    containers with macvlan devices on the host's eth0
  ipvlan-l2, ipvlan-l3, ipvlan-l3s
             containers with ipvlan devices on the host's eth0

The host and the uplink are namespaces, too: nothing in the one the command is
run in changes. --netns takes a namespace that is there for a container: it gets
an eth0, addresses and a default route, which lab down removes. --remote takes a
real host and a real wire: see docs/lab-topologies.md for what is added to them.`,
		Example: `  vethtrace lab up
  vethtrace lab up bridge --name shop --containers 3 --mtu 1400
  vethtrace lab up bridge --explain
  vethtrace lab up ipvlan-l2 --netns $(docker inspect -f '{{.State.Pid}}' web)`,
		Args: atMostOne,
		RunE: func(cmd *command, args []string) (err error) {
			if len(args) == 1 {
				shape.Topology = lab.Topology(args[0])
			}
			if shape.Wire, err = wire.wire(cmd.Flags()); err != nil {
				return err
			}
			if err := shape.Check(); err != nil {
				return usageError{err}
			}
			if err := findWire(shape.Wire); err != nil {
				return err
			}
			for i := range shape.Netns {
				if shape.Netns[i], err = labNetns(*name, shape.Netns[i]); err != nil {
					return err
				}
			}
			opts := lab.Options{Name: *name, Shape: shape}
			if print.asked() {
				lines, err := lab.UpCommands(opts)
				return print.commands(os.Stdout, lines, err)
			}
			l, err := lab.Up(opts)
			if err != nil {
				return err
			}
			return writeLab(os.Stdout, l)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&shape.Containers, "containers", 0, "how `many` (default 2)")
	flags.StringArrayVar(&shape.Netns, "netns", nil, "use this namespace (a `name` that vethtrace ns has, a path, a PID) as a container; may be repeated")
	flags.IntVar(&shape.MTU, "mtu", 0, "MTU of the devices in `bytes`")
	flags.IntVar(&shape.Queues, "queues", 0, "`number` of queues of the containers' devices")
	flags.StringVar(&shape.GRO, "gro", "", "turn GRO of the containers' devices `on|off`")
	wire.add(flags)
	print.add(cmd)
	return cmd
}
