// SPDX-License-Identifier: Apache-2.0

package path

import (
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer"
)

// machine is the world by netlink. What cannot be asked is not so.
type machine struct{ names *tracer.Names }

func (m machine) netns(inode uint32) tracer.Netns { return m.names.Netns(inode) }

// isLocal asks for the route, which also knows of addresses that were routed to
// the machine.
func (m machine) isLocal(inode uint32, addr netip.Addr) (local bool) {
	m.ask(inode, func(h *netlink.Handle) {
		routes, err := h.RouteGet(addr.AsSlice())
		local = err == nil && len(routes) > 0 && routes[0].Type == unix.RTN_LOCAL
	})
	return local
}

// leaves goes by the kind of device: those that pass packets on to others of the
// machine are known, what is left is hardware, a tunnel, or a virtual machine.
func (m machine) leaves(d tracer.DeviceID) (leaves bool) {
	m.ask(d.Netns, func(h *netlink.Handle) {
		l, err := h.LinkByIndex(int(d.Ifindex))
		if err != nil || l.Attrs().RawFlags&unix.IFF_LOOPBACK != 0 {
			return
		}
		switch l.Type() {
		case "veth", "netkit", "bridge", "bond", "team", "vlan", "macvlan", "ipvlan", "vrf", "dummy", "ifb":
		default:
			leaves = true
		}
	})
	return leaves
}

func (m machine) ask(inode uint32, fn func(*netlink.Handle)) {
	ns, err := netns.GetFromPath(m.names.Netns(inode).Path)
	if err != nil {
		return
	}
	defer ns.Close()
	h, err := netlink.NewHandleAt(ns, unix.NETLINK_ROUTE)
	if err != nil {
		return
	}
	defer h.Close()
	fn(h)
}
