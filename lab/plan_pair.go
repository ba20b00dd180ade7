// SPDX-License-Identifier: Apache-2.0

package lab

// pair is two namespaces and two devices that are each other's peer. The pair is
// made from the end that is the lab's: see [linkStep].
func (p *plan) pair() {
	p.makeContainers()
	a, existing := p.container(0)
	b, _ := p.container(1)
	ends := []string{a, b}
	link := linkStep{
		Kind: string(p.shape.Topology), Netns: a, Name: ifname, PeerNetns: b, PeerName: ifname,
		MTU: p.shape.MTU, Queues: p.shape.Queues,
	}
	if existing {
		link.Netns, link.PeerNetns = b, a
	}
	p.link("make a pair of devices, each end where it belongs", link)
	for _, ns := range ends {
		p.up("set its end up", ns, ifname, "")
	}
	for i, ns := range ends {
		p.addresses("give it addresses", ns, ifname, addressesOf(inside, p.subnet, i+1))
		p.ends = append(p.ends, plannedEnd{role(i), ns, ifname})
	}
	if existing {
		p.route("send all else over the pair", a, ifname, everywhere, addressesOf(inside, p.subnet, 2))
	}
}
