// SPDX-License-Identifier: Apache-2.0

package cause

import "net/netip"

// left is a packet that left the machine and was not answered.
func (p *problem) left() *Cause {
	out := p.out()
	if p.end.In != nil && !p.end.Answer && private(p.src()) && !p.Back.Local {
		c := newCause("no_masquerade", "it left by %s with the source %s of a container, to which hosts outside may have no way back", out, p.src())
		p.seeRoute(c, p.Back, p.src())
		table := map[bool]string{false: "ip", true: "ip6"}[p.v6()]
		return c.likely().cure(p.here("nft %s", quote("add table "+table+" masquerade; add chain "+table+" masquerade out { type nat hook postrouting priority 100; }; "+
			"add rule "+table+" masquerade out "+table+" saddr "+p.src().String()+" oifname \""+out+"\" masquerade")))
	}
	c := newCause("beyond_host", "it left this machine by %s as it should, and no answer came: look at the next hop, and at what is between", out).likely()
	return p.seeRoute(c, p.To, p.dst())
}

// private says whether an address is one that the internet has no route to.
func private(a netip.Addr) bool { return a.IsPrivate() || a.IsLinkLocalUnicast() }

// vanished is a packet that was last seen on this machine with no reason given.
func (p *problem) vanished() *Cause {
	if d := p.device(p.Netns.Inode, p.out()); d != nil && down(d) {
		return p.linkDown(d)
	}
	if c := p.portClosed(); c != nil {
		return c
	}
	if p.v6() {
		if c := p.ipv6Off(); c != nil {
			return c
		}
	}
	if p.end.Out == nil && p.end.In != nil && !p.To.Local {
		if c := p.notForwarding(); c != nil {
			return c.likely()
		}
		if c := p.reversePath(false); c != nil && !p.v6() {
			return c.likely()
		}
	}
	if p.To.Error != 0 {
		return p.noRoute(p.To, p.dst()).likely()
	}
	switch p.Neighbour {
	case "FAILED", "INCOMPLETE":
		return p.noNeighbour()
	}
	if c := p.rule(p.hooks()...); c != nil {
		return c.likely()
	}
	return newCause("unknown", "it was not seen any more in %s, and no setting is known that does so: XDP programs, tc and lost sightings leave no trace", p.where()).likely()
}
