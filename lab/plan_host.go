// SPDX-License-Identifier: Apache-2.0

package lab

// makeHost makes the namespace that stands for the host, and the one behind it.
// The namespace the caller lives in is used only if it was asked for: see [Wire].
func (p *plan) makeHost(forwards bool) {
	if w := p.shape.Wire; w != nil {
		if forwards {
			p.settings = append(p.settings, Setting{Kind: SysctlKind, Netns: w.Host, Key: "net/ipv4/ip_forward", Value: "1"})
		}
		return
	}
	p.makeNetns(roleHost, "make a namespace in the place of the host")
	p.makeNetns(roleUplink, "make one for the world behind it")
	host := p.netns(roleHost)
	// A link-local address that waits for its duplicates cannot ask for
	// neighbours, and nothing would be forwarded for two seconds.
	p.sysctl("use link-local addresses at once", host, "net/ipv6/conf/default/accept_dad", "0")
	if forwards {
		p.sysctl("forward IPv4", host, "net/ipv4/ip_forward", "1")
		p.sysctl("forward IPv6", host, "net/ipv6/conf/all/forwarding", "1")
	}
}

// makeUplink connects the host and the uplink.
func (p *plan) makeUplink(network, hostAddress int) {
	host, up := p.netns(roleHost), p.netns(roleUplink)
	if p.shape.Wire == nil {
		p.link("connect it with the host: eth0 at both ends", linkStep{
			Kind: "veth", Netns: host, Name: ifname, PeerNetns: up, PeerName: ifname, MTU: p.shape.MTU,
		})
		p.up("set the host's end up", host, ifname, "")
		p.up("set the uplink's end up", up, ifname, "")
	}
	p.addresses("give the host addresses there", host, p.hostDevice(), addressesOf(network, p.subnet, hostAddress))
	p.addresses("give the uplink addresses", up, p.uplinkDevice(), addressesOf(network, p.subnet, 1))
}

// endAtHost is the last thing of each plan with a host.
func (p *plan) endAtHost() {
	for i := range p.shape.Containers {
		ns, _ := p.container(i)
		p.ends = append(p.ends, plannedEnd{role(i), ns, ifname})
	}
	p.ends = append(p.ends,
		plannedEnd{roleHost, p.netns(roleHost), p.hostDevice()}, plannedEnd{roleUplink, p.netns(roleUplink), p.uplinkDevice()})
}

// containerVeth connects the i-th container with a device of the host.
func (p *plan) containerVeth(i int, bridge string) (netns, atHost string) {
	netns, _ = p.container(i)
	host, atHost := p.netns(roleHost), p.vethName(i)
	p.link("connect container "+role(i)+" with the host", linkStep{
		Kind: "veth", Netns: host, Name: atHost, PeerNetns: netns, PeerName: ifname,
		MTU: p.shape.MTU, Queues: p.shape.Queues, MAC: p.macAtHost(atHost),
	})
	p.up("set the host's end up", host, atHost, bridge)
	p.up("set the container's end up", netns, ifname, "")
	return netns, atHost
}
