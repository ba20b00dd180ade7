// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// writeNsDevices appends a line for each device: its name, kind and state in
// columns, then its addresses and what it is connected to.
func writeNsDevices(b *strings.Builder, n *inventory.Namespace, width int) {
	names, kinds, states := 0, 0, 0
	for i := range n.Devices {
		d := &n.Devices[i]
		names = max(names, len(plain(d.Ifname)))
		kinds = max(kinds, len(nsKind(d)))
		states = max(states, len(nsState(d)))
	}
	for i := range n.Devices {
		d := &n.Devices[i]
		start := fmt.Sprintf("  %-*s  %-*s  %-*s  ", names, plain(d.Ifname), kinds, nsKind(d), states, nsState(d))
		if rest := nsConnections(d); len(rest) > 0 {
			hang(b, start, rest, len(start), width)
			continue
		}
		b.WriteString(strings.TrimRight(start, " ") + "\n")
	}
}

func nsKind(d *inventory.Device) string {
	if d.Kind == "" {
		return "device"
	}
	return plain(d.Kind)
}

// nsState is the operational state, or that the device was set up or not where
// its driver does not tell.
func nsState(d *inventory.Device) string {
	switch {
	case !d.Up:
		return "down"
	case d.State == "unknown":
		return "up"
	}
	return d.State
}

// nsConnections are its addresses and what it is connected to, in parts that
// stay on one line.
func nsConnections(d *inventory.Device) []string {
	var parts []string
	for _, a := range d.Addresses {
		parts = append(parts, a.String())
	}
	switch {
	case d.Peer != nil:
		parts = append(parts, "-> "+nsEnd(d.Peer))
	case d.Parent != nil:
		parts = append(parts, "on "+nsEnd(d.Parent))
	case d.PeerUnseen:
		parts = append(parts, "-> a namespace that was not found")
	}
	if d.Master != "" {
		kind := d.MasterKind
		if kind == "" {
			kind = "master"
		}
		if d.Peer != nil || d.Parent != nil || d.PeerUnseen {
			parts[len(parts)-1] += ","
		}
		parts = append(parts, "in "+plain(kind+" "+d.Master))
	}
	return parts
}

// nsEnd names a device elsewhere: NETNS/NAME (bridge BRIDGE).
func nsEnd(e *inventory.End) string {
	text := FormatDevice(tracer.DeviceName{
		DeviceID:  tracer.DeviceID{Netns: e.Netns, Ifindex: e.Ifindex},
		NetnsName: e.NetnsName, Ifname: e.Ifname,
	})
	if e.Bridge != "" {
		text += " (bridge " + plain(e.Bridge) + ")"
	}
	return text
}
