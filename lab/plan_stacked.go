// SPDX-License-Identifier: Apache-2.0

package lab

// stacked has the containers' devices on top of the host's eth0: macvlan and
// ipvlan. In l2 modes they are neighbours of the uplink 10.77.n.1; in l3 modes
// the uplink 10.78.n.1 reaches them over the host's address 10.78.n.2.
func (p *plan) stacked() {
	l := linkStep{Kind: "ipvlan", Netns: p.netns(roleHost), Name: p.hostDevice(), PeerName: ifname, MTU: p.shape.MTU, Queues: p.shape.Queues, Theirs: p.shape.Wire != nil}
	switch p.shape.Topology {
	case Macvlan:
		l.Kind = "macvlan"
	case IPVlanL2:
		l.Mode = "l2"
	case IPVlanL3:
		l.Mode = "l3"
	case IPVlanL3S:
		l.Mode = "l3s"
	}
	routed := l.Mode == "l3" || l.Mode == "l3s"
	p.makeHost(routed)
	p.makeContainers()
	via := addressesOf(inside, p.subnet, 1)
	if routed {
		p.makeUplink(outside, 2)
		via = addresses{}
	} else {
		p.makeUplink(inside, 254)
	}
	for i := range p.shape.Containers {
		l.PeerNetns, _ = p.container(i)
		p.link("give container "+role(i)+" a device on top of the host's eth0", l)
		p.up("set it up", l.PeerNetns, ifname, "")
		p.addresses("give it addresses", l.PeerNetns, ifname, addressesOf(inside, p.subnet, i+2))
		p.route("send all else to the uplink", l.PeerNetns, ifname, everywhere, via)
	}
	if routed {
		p.route("let the uplink find the containers", p.netns(roleUplink), p.uplinkDevice(),
			wholeNetwork(inside, p.subnet), addressesOf(outside, p.subnet, 2))
	}
	p.endAtHost()
}
