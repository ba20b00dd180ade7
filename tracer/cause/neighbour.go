// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"net/netip"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// nextHop is whom the packet was to be handed to.
func (p *problem) nextHop() netip.Addr {
	if p.To.Gateway.IsValid() {
		return p.To.Gateway
	}
	return p.dst()
}

// noNeighbour is a packet whose next hop did not say its MAC address.
func (p *problem) noNeighbour() *Cause {
	d := p.device(p.Netns.Inode, p.out())
	if d != nil && down(d) {
		return p.linkDown(d)
	}
	if d != nil && d.Peer != nil && p.Peer != nil {
		if c := p.Peer.closedPort(d.Peer.Ifname); c != nil {
			return c.see("it is the other end of %s in %s, where %s does not answer", d.Ifname, p.where(), p.nextHop())
		}
	}
	asked := "ARP"
	if p.v6() {
		asked = "neighbour discovery"
	}
	c := newCause("neighbour_failed", "nobody at %s of %s answers to %s for %s", p.out(), p.where(), asked, p.nextHop())
	state := p.Neighbour
	if state == "" {
		state = "absent"
	}
	c.see("the neighbour entry of %s at %s in %s is %s", p.nextHop(), p.out(), p.where(), state)
	p.seeRoute(c, p.To, p.dst())
	if d == nil {
		return c
	}
	return p.absent(c, d)
}

// absent adds where the address that is missing should be, if the machine has the
// other end.
func (p *problem) absent(c *Cause, d *inventory.Device) *Cause {
	if at, where := p.owner(d, p.nextHop()); at != nil {
		c.see("%s in %s has that address; nothing on the way between them may be down or drop ARP", at.Ifname, where.Name)
		if at.Up {
			return c.likely()
		}
		return c.cure(p.State.in(p.named(where.Inode), "ip link set %s up", at.Ifname))
	}
	c.see("nothing at the other end of %s on this machine has the address %s", d.Ifname, p.nextHop())
	if d.Peer == nil || d.Peer.Bridge != "" {
		return c
	}
	for _, a := range d.Addresses {
		if a.Contains(p.nextHop()) {
			prefix := netip.PrefixFrom(p.nextHop(), a.Bits())
			c.Sentence += ": " + d.Peer.Ifname + " in " + nameOf(p.named(d.Peer.Netns)) + " is the other end, and has not this address"
			return c.cure(p.State.in(p.named(d.Peer.Netns), "ip addr add %s dev %s", prefix, d.Peer.Ifname))
		}
	}
	return c
}

// owner returns the device that has an address and can be reached from another
// without a router. The same address may be in many namespaces.
func (p *problem) owner(from *inventory.Device, addr netip.Addr) (*inventory.Device, *inventory.Namespace) {
	for _, n := range p.Machine {
		for i := range n.Devices {
			for _, a := range n.Devices[i].Addresses {
				if a.Addr() == addr && p.connected(from, n.Inode, &n.Devices[i]) {
					return &n.Devices[i], n
				}
			}
		}
	}
	return nil, nil
}

// bridge is one of a namespace.
type bridge struct {
	netns uint32
	name  string
}

// connected says whether a device of the end's namespace and another are a pair,
// or at one bridge.
func (p *problem) connected(d *inventory.Device, netns uint32, other *inventory.Device) bool {
	if d.Peer != nil && d.Peer.Netns == netns && d.Peer.Ifname == other.Ifname {
		return true
	}
	at := bridgeOf(p.Netns.Inode, d)
	return at.name != "" && at == bridgeOf(netns, other)
}

// bridgeOf returns the bridge that a device is, or that its peer is a port of.
func bridgeOf(netns uint32, d *inventory.Device) bridge {
	switch {
	case d.Kind == "bridge":
		return bridge{netns, d.Ifname}
	case d.Peer != nil:
		return bridge{d.Peer.Netns, d.Peer.Bridge}
	}
	return bridge{}
}

// down says whether a device passes nothing on.
func down(d *inventory.Device) bool {
	return !d.Up || d.State == "down" || d.State == "lowerlayerdown" || d.State == "notpresent"
}

// linkDown is a device that is not up, or whose other end is not.
func (p *problem) linkDown(d *inventory.Device) *Cause {
	c := newCause("link_down", "%s in %s is down", d.Ifname, p.where())
	c.see("%s in %s is %s", d.Ifname, p.where(), downText(d))
	if !d.Up {
		c.cure(p.here("ip link set %s up", d.Ifname))
		return c
	}
	c.Sentence = d.Ifname + " in " + p.where() + " has no carrier"
	if d.Peer == nil {
		c.Sentence += ": the other end is down, or the cable is out"
		return c
	}
	peer := p.named(d.Peer.Netns)
	if at := p.device(d.Peer.Netns, d.Peer.Ifname); at != nil {
		c.see("its peer %s in %s is %s", at.Ifname, nameOf(peer), downText(at))
		c.Sure = !at.Up
	}
	c.Sentence += ", since its peer " + d.Peer.Ifname + " in " + nameOf(peer) + " is down"
	return c.cure(p.State.in(peer, "ip link set %s up", d.Peer.Ifname))
}

func downText(d *inventory.Device) string {
	if !d.Up {
		return "set down"
	}
	return "set up, its state is " + d.State
}
