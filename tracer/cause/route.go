// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// unroutable is a packet for which the kernel found no way on. Forwarded is
// whether it came into the namespace by a device.
func (p *problem) unroutable(forwarded bool) *Cause {
	if forwarded && !p.To.Local {
		if c := p.addressMissing(); c != nil {
			return c
		}
		if c := p.notForwarding(); c != nil {
			if p.To.Error != 0 {
				more := p.noRoute(p.To, p.dst())
				c.Evidence, c.Cure = append(c.Evidence, more.Evidence...), append(c.Cure, more.Cure...)
			}
			return c
		}
	}
	if p.v6() {
		if c := p.ipv6Off(); c != nil {
			return c
		}
	}
	if p.To.Error != 0 {
		return p.noRoute(p.To, p.dst())
	}
	if d := p.device(p.Netns.Inode, p.To.Device); d != nil && down(d) {
		return p.linkDown(d)
	}
	c := newCause("no_route", "%s found no route to %s for it, and has one by now, or for other packets (see `ip rule`)", p.where(), p.dst()).likely()
	return p.seeRoute(c, p.To, p.dst())
}

// notForwarding returns nil if the namespace forwards what comes in.
func (p *problem) notForwarding() *Cause {
	if p.v6() {
		const all = "net.ipv6.conf.all.forwarding"
		if !p.is(all, "0") {
			return nil
		}
		c := newCause("forwarding_off", "%s does not forward IPv6", p.where())
		p.seeSetting(c, all)
		return c.cure(p.set(all, "1"))
	}
	device := setting("ipv4", p.in(), "forwarding")
	if !p.is(device, "0") {
		return nil
	}
	c := newCause("forwarding_off", "%s does not forward IPv4", p.where())
	p.seeSetting(c, "net.ipv4.ip_forward")
	p.seeSetting(c, device)
	if p.is("net.ipv4.ip_forward", "0") {
		return c.cure(p.set("net.ipv4.ip_forward", "1"))
	}
	c.Sentence = p.where() + " does not forward IPv4 that comes in by " + p.in()
	return c.cure(p.set(device, "1"))
}

// noRoute is a route that does not lead anywhere.
func (p *problem) noRoute(r Route, to netip.Addr) *Cause {
	var c *Cause
	switch r.Error {
	case unix.EINVAL:
		c = newCause("route_blackhole", "a blackhole route of %s drops all that goes to %s", p.where(), to)
	case unix.EACCES:
		c = newCause("route_prohibit", "a prohibit route of %s refuses all that goes to %s", p.where(), to)
	case unix.EHOSTUNREACH:
		c = newCause("route_unreachable", "a route of type unreachable in %s refuses all that goes to %s", p.where(), to)
	default:
		c = newCause("no_route", "%s has no route to %s", p.where(), to)
		c.see("looking for a route to %s in %s says: %v", to, p.where(), r.Error)
		return p.addRoute(c, to)
	}
	c.see("looking for a route to %s in %s says: %v", to, p.where(), r.Error)
	if r.Match == "" {
		return c.likely().see("no route of that type is in the tables of %s: see `ip rule`", p.where())
	}
	c.see("route %s", r.Match)
	return c.cure(p.here("%s route del %s", p.ip(), r.Match))
}

// addRoute adds the cure for a missing route: the network's own, if a device has
// an address in it.
func (p *problem) addRoute(c *Cause, to netip.Addr) *Cause {
	if n := p.namespace(p.Netns.Inode); n != nil {
		if d, prefix := deviceTowards(n, to); d != nil {
			c.see("device %s has address %s", d.Ifname, prefix)
			if !d.Up {
				return c.cure(p.here("ip link set %s up", d.Ifname))
			}
			return c.cure(p.here("%s route add %s dev %s", p.ip(), prefix.Masked(), d.Ifname))
		}
	}
	if gateway := p.gateway(to.Is6()); gateway.IsValid() {
		c.Sentence += fmt.Sprintf("; %s is at the other end of its device and may lead there", gateway)
		return c.cure(p.here("%s route add default via %s", p.ip(), gateway))
	}
	c.Sentence += ": fill in GATEWAY, the address of the router that leads there"
	return c.cure(p.here("%s route add default via GATEWAY", p.ip()))
}

// gateway returns the only address at the other end of a pair, or of the bridge
// it is a port of, that a namespace with this one device can reach.
func (p *problem) gateway(v6 bool) (only netip.Addr) {
	n := p.namespace(p.Netns.Inode)
	if n == nil {
		return only
	}
	devices := slices.DeleteFunc(slices.Clone(n.Devices), func(d inventory.Device) bool { return d.Kind == "loopback" })
	if len(devices) != 1 || devices[0].Peer == nil {
		return only
	}
	peer := devices[0].Peer
	other := p.device(peer.Netns, cmp.Or(peer.Bridge, peer.Ifname))
	if other == nil {
		return only
	}
	for _, a := range other.Addresses {
		own, _ := deviceTowards(n, a.Addr())
		if a.Addr().Is6() != v6 || own == nil || a.Addr().IsLinkLocalUnicast() {
			continue
		}
		if only.IsValid() {
			return netip.Addr{}
		}
		only = a.Addr()
	}
	return only
}

// deviceTowards returns the device that has an address in the same network.
func deviceTowards(n *inventory.Namespace, to netip.Addr) (*inventory.Device, netip.Prefix) {
	for i := range n.Devices {
		for _, a := range n.Devices[i].Addresses {
			if a.Bits() < a.Addr().BitLen() && a.Contains(to) {
				return &n.Devices[i], a
			}
		}
	}
	return nil, netip.Prefix{}
}

// seeRoute adds where a route leads.
func (p *problem) seeRoute(c *Cause, r Route, to netip.Addr) *Cause {
	switch {
	case r.Error != 0:
		return c.see("looking for a route to %s in %s says: %v", to, p.where(), r.Error)
	case r.Local:
		return c.see("%s is an address of %s itself", to, p.where())
	case r.Gateway.IsValid():
		return c.see("the route to %s in %s goes by %s via %s", to, p.where(), r.Device, r.Gateway)
	}
	return c.see("the route to %s in %s goes by %s", to, p.where(), r.Device)
}

// ipv6Off returns nil if the device takes IPv6.
func (p *problem) ipv6Off() *Cause {
	device := p.in()
	if device == "" {
		device = p.out()
	}
	for _, name := range []string{setting("ipv6", device, "disable_ipv6"), "net.ipv6.conf.all.disable_ipv6"} {
		if !p.is(name, "1") {
			continue
		}
		c := newCause("ipv6_disabled", "IPv6 is disabled in %s", p.where())
		p.seeSetting(c, name)
		return c.cure(p.set(name, "0"))
	}
	return nil
}
