// SPDX-License-Identifier: Apache-2.0

package lab

// bridge is Docker's shape: containers 10.77.n.2 and up on a bridge 10.77.n.1,
// the host 10.78.n.2 forwarding to the uplink 10.78.n.1, which knows no way back
// but to the host's address.
func (p *plan) bridge() {
	p.makeHost(true)
	host := p.netns(roleHost)
	p.makeContainers()
	p.makeUplink(outside, 2)
	bridge := p.bridgeName()
	p.link("make the bridge", linkStep{Kind: "bridge", Netns: host, Name: bridge, MTU: p.shape.MTU, MAC: p.macAtHost(bridge)})
	p.up("set it up", host, bridge, "")
	gateway := addressesOf(inside, p.subnet, 1)
	p.addresses("give it the containers' gateway addresses", host, bridge, gateway)
	for i := range p.shape.Containers {
		ns, _ := p.containerVeth(i, bridge)
		p.addresses("give the container addresses", ns, ifname, addressesOf(inside, p.subnet, i+2))
		p.route("send all else to the bridge", ns, ifname, everywhere, gateway)
	}
	p.defaultRouteOfHost()
	for _, from := range p.families(wholeNetwork(inside, p.subnet)) {
		p.steps = append(p.steps, step{Why: "hide the containers behind the host's address", NAT: &natStep{
			Netns: host, Out: p.hostDevice(), From: from, Table: p.natTable(),
		}})
	}
	p.endAtHost()
}

// routed is the host as a router: a network of its own for each container, no
// bridge and no NAT, and an uplink that knows the way back.
func (p *plan) routed() {
	p.makeHost(true)
	host, up := p.netns(roleHost), p.netns(roleUplink)
	p.makeContainers()
	p.makeUplink(outside, 2)
	for i := range p.shape.Containers {
		ns, atHost := p.containerVeth(i, "")
		gateway := pointToPoint(p.subnet, i, 0)
		p.addresses("give the host addresses on it", host, atHost, gateway)
		p.addresses("give the container addresses", ns, ifname, pointToPoint(p.subnet, i, 1))
		p.route("send all else to the host", ns, ifname, everywhere, gateway)
	}
	p.defaultRouteOfHost()
	p.route("let the uplink find the containers", up, p.uplinkDevice(), wholeNetwork(inside, p.subnet), addressesOf(outside, p.subnet, 2))
	p.endAtHost()
}

// defaultRouteOfHost is for one that the lab made.
func (p *plan) defaultRouteOfHost() {
	if p.shape.Wire == nil {
		p.route("send all else to the uplink", p.netns(roleHost), ifname, everywhere, addressesOf(outside, p.subnet, 1))
	}
}
