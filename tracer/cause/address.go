// SPDX-License-Identifier: Apache-2.0

package cause

import "net/netip"

// addressMissing returns nil unless the packet was handed to the namespace as to
// its destination, whose address it has not.
func (p *problem) addressMissing() *Cause {
	s := p.lastXmit()
	if s == nil {
		return nil
	}
	from := p.device(s.Device.Netns, s.Device.Ifname)
	if from == nil {
		return nil
	}
	for _, a := range from.Addresses {
		if !a.Contains(p.dst()) {
			continue
		}
		c := newCause("address_missing", "%s was handed it as to %s, which is no address of it", p.where(), p.dst())
		c.see("%s is in the network of %s in %s, %s, which so needs no router to it", p.dst(), s.Device.Ifname, nameOf(p.named(s.Device.Netns)), a)
		p.seeRoute(c, p.To, p.dst())
		return c.cure(p.here("ip addr add %s dev %s", netip.PrefixFrom(p.dst(), a.Bits()), p.in()))
	}
	return nil
}
