// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"os"

	"github.com/vishvananda/netlink"
)

// place is a namespace while its devices are looked at.
type place struct {
	*Namespace
	ns    *os.File
	links []netlink.Link
}

// link returns the place's link of that ifindex.
func (p *place) link(index int) netlink.Link {
	for _, l := range p.links {
		if l.Attrs().Index == index {
			return l
		}
	}
	return nil
}

// isPair says whether a device of this kind is one of two that name each other.
func isPair(kind string) bool { return kind == "veth" || kind == "netkit" }

// connect finds the peers and parents of the devices of one place among all.
//
// A device says its peer's ifindex (IFLA_LINK) and, if that is in another
// namespace, the number by which its own namespace knows the other
// (IFLA_LINK_NETNSID). The same ifindexes are in many namespaces, so that the
// number decides, which the kernel gives for an open namespace (RTM_GETNSID).
func connect(p *place, all []*place) {
	var h *netlink.Handle
	defer func() {
		if h != nil {
			h.Close()
		}
	}()
	ids := make(map[*place]int)
	numberOf := func(other *place) int {
		id, ok := ids[other]
		if ok {
			return id
		}
		ids[other] = -1
		var err error
		if h == nil {
			if h, err = handleIn(p.ns); err != nil {
				return -1
			}
		}
		if id, err = h.GetNetNsIdByFd(int(other.ns.Fd())); err == nil {
			ids[other] = id
		}
		return ids[other]
	}
	for i, l := range p.links {
		if i < len(p.Devices) {
			connectLink(p, &p.Devices[i], l, all, numberOf)
		}
	}
}

func connectLink(p *place, d *Device, l netlink.Link, all []*place, numberOf func(*place) int) {
	a := l.Attrs()
	pair := isPair(d.Kind)
	if a.ParentIndex == 0 || a.ParentIndex == a.Index && a.NetNsID < 0 {
		// The peer of a veth that has none is 0, the parent of others itself.
		return
	}
	if a.NetNsID < 0 {
		d.set(pair, p.end(a.ParentIndex))
		return
	}
	for _, other := range all {
		o := other.link(a.ParentIndex)
		// A pair names each other. This leaves few to ask about.
		if o == nil || pair && (o.Attrs().ParentIndex != a.Index || o.Attrs().NetNsID < 0 || !isPair(kindOf(o))) {
			continue
		}
		if numberOf(other) == a.NetNsID {
			d.set(pair, other.end(a.ParentIndex))
			return
		}
	}
	d.PeerUnseen = true
}

func (d *Device) set(pair bool, e *End) {
	switch {
	case e == nil:
		d.PeerUnseen = true
	case pair:
		d.Peer = e
	default:
		d.Parent = e
	}
}

// end describes the place's device of that ifindex, nil if there is none.
func (p *place) end(index int) *End {
	for i := range p.Devices {
		if d := &p.Devices[i]; d.Ifindex == uint32(index) {
			e := &End{Netns: p.Inode, NetnsName: p.Name, Ifindex: d.Ifindex, Ifname: d.Ifname}
			if d.MasterKind == "bridge" {
				e.Bridge = d.Master
			}
			return e
		}
	}
	return nil
}
