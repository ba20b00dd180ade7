// SPDX-License-Identifier: Apache-2.0

package cause

import "github.com/vethtrace/vethtrace/tracer/path"

// unforwarded is a packet that ip_forward or ip6_forward freed: its TTL, its size
// or, in IPv6, forwarding itself.
func (p *problem) unforwarded() *Cause {
	if p.v6() {
		if c := p.notForwarding(); c != nil {
			return c
		}
	}
	last := p.end.Last
	switch {
	case last != nil && last.TTL <= 1:
		return p.ttl()
	case p.fits() < int(lengthOf(last)):
		return p.tooBig()
	}
	return p.unknown(last.Drop)
}

func lengthOf(s *path.Sighting) uint32 {
	if s == nil {
		return 0
	}
	return s.LenBytes
}

// defaultTTL is what Linux and most others start with.
const defaultTTL = 64

// ttl is a packet that crossed as many routers as it was allowed to.
func (p *problem) ttl() *Cause {
	word := "TTL"
	if p.v6() {
		word = "hop limit"
	}
	first := p.firstSighting()
	if p.end.In != nil && p.out() == p.in() && p.in() != "" && (first == nil || first.TTL > 1) {
		c := newCause("routing_loop", "it goes round in circles: %s sends it back by %s, where it came from", p.where(), p.in())
		c.Sentence += "; the route that is wrong is here or at the next hop"
		return p.seeRoute(c.likely(), p.To, p.dst())
	}
	c := newCause("ttl_exceeded", "its %s was used up in %s", word, p.where())
	if first == nil {
		return c.likely()
	}
	from := p.State.named(first.Device.Netns)
	c.see("it was sent with %s %d in %s", word, first.TTL, nameOf(from))
	if first.TTL >= defaultTTL/2 {
		c.Sentence += ", after so many routers that its way is a circle"
		return p.seeRoute(c.likely(), p.To, p.dst())
	}
	return p.ttlCure(c, first, word)
}

// ttlCure says where the small TTL is from: the sender's default, or itself.
func (p *problem) ttlCure(c *Cause, first *path.Sighting, word string) *Cause {
	name := "net.ipv4.ip_default_ttl"
	if p.v6() {
		name = setting("ipv6", first.Device.Ifname, "hop_limit")
	}
	from := p.State.named(first.Device.Netns)
	if p.SenderTTL == int(first.TTL) {
		c.see("%s is %d in %s", name, p.SenderTTL, nameOf(from))
		return c.cure(p.State.in(from, "sysctl -w %s=%d", quote(name), defaultTTL))
	}
	c.Sentence += ": its sender asked for so small a one, which has to be larger (`vethtrace path` without --ttl)"
	if p.SenderTTL > 0 {
		c.see("the default %s of %s is %d", word, nameOf(from), p.SenderTTL)
	}
	return c
}

// firstSighting is where what ended was seen first.
func (p *problem) firstSighting() *path.Sighting {
	seen := p.j.Out
	if p.end.Answer {
		seen = p.j.Back
	}
	if len(seen) == 0 {
		return nil
	}
	return &seen[0]
}
