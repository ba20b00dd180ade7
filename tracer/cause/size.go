// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"math"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/path"
)

// unlimited is the MTU of what has none that is known.
const unlimited = math.MaxInt

// fits is how large a packet may be, in bytes, to leave as it was to.
func (p *problem) fits() int {
	limit := unlimited
	if d := p.device(p.Netns.Inode, p.out()); d != nil && d.MTU > 0 {
		limit = d.MTU
	}
	if p.To.MTU > 0 {
		limit = min(limit, p.To.MTU)
	}
	return limit
}

// tooBig is a packet that may not be divided and is larger than what it has to go
// through.
func (p *problem) tooBig() *Cause {
	size := int(lengthOf(p.end.Last))
	d := p.device(p.Netns.Inode, p.out())
	if p.To.Learned && p.To.MTU > 0 && (d == nil || p.To.MTU < d.MTU) {
		c := newCause("mtu_learned", "%s keeps to an MTU of %d towards %s that an ICMP error once told it", p.where(), p.To.MTU, p.dst())
		c.Sentence += "; if that device has a larger one by now, the memory of it has to go"
		return c.cure(p.flush(p.Netns))
	}
	if d == nil {
		return newCause("mtu", "it was too large for the device it was to leave %s by", p.where()).likely()
	}
	c := newCause("mtu", "it is larger than the MTU of %s in %s and may not be fragmented", d.Ifname, p.where())
	if size > 0 {
		c.see("the packet has %d bytes", size)
	}
	c.see("the MTU of %s in %s is %d", d.Ifname, p.where(), d.MTU)
	if p.To.MTU > 0 && p.To.MTU < d.MTU {
		c.Sentence = "it is larger than the MTU of the route to " + p.dst().String() + " in " + p.where()
		c.see("the MTU of that route is %d", p.To.MTU)
		return c.cure(p.here("%s route change %s dev %s mtu %d", p.ip(), p.dst(), p.To.Device, max(size, d.MTU)))
	}
	if size > 0 && size <= d.MTU {
		c.likely()
	}
	p.growCure(c, d.Ifname, p.wanted(size, d.MTU))
	if d.Peer != nil {
		if peer := p.device(d.Peer.Netns, d.Peer.Ifname); peer != nil && peer.MTU < max(size, d.MTU) {
			c.see("the MTU of its peer %s in %s is %d", peer.Ifname, nameOf(p.named(d.Peer.Netns)), peer.MTU)
			c.cure(p.State.in(p.named(d.Peer.Netns), "ip link set %s mtu %d", peer.Ifname, p.wanted(size, d.MTU)))
		}
	}
	if p.end.Outcome != path.NotSent {
		c.cure(p.flush(p.sender()))
	}
	return c
}

// wanted is an MTU that is large enough: that of the device it came in by, if it
// is, since all before had it too.
func (p *problem) wanted(size, mtu int) int {
	if d := p.device(p.Netns.Inode, p.in()); d != nil && d.MTU > mtu && d.MTU >= size {
		return d.MTU
	}
	const ethernet = 1500
	return max(size, mtu, ethernet)
}

func (p *problem) growCure(c *Cause, device string, mtu int) {
	c.cure(p.here("ip link set %s mtu %d", device, mtu))
}

// flush forgets what ICMP errors said of the MTU.
func (p *problem) flush(ns tracer.Netns) string {
	return p.State.in(ns, "%s route flush cache", p.ip())
}

// sender is where what ended was sent.
func (p *problem) sender() tracer.Netns {
	if p.end.Answer {
		if s := p.firstSighting(); s != nil {
			return p.named(s.Device.Netns)
		}
	}
	return p.j.Probe.Netns
}
