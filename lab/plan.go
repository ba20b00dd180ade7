// SPDX-License-Identifier: Apache-2.0

package lab

import "net/netip"

// plan is all that is done to make a lab, in order. It follows from the lab's
// name, shape and subnet alone; making it changes nothing.
type plan struct {
	name   string
	shape  Shape
	subnet int
	steps  []step
	// containers come in order, then the host and the uplink, if there are any.
	ends []plannedEnd
	// settings are changed after the steps in namespaces that were there.
	settings []Setting
}

// plannedEnd is where an address of the lab will be.
type plannedEnd struct {
	role   string
	netns  string
	ifname string
}

const (
	roleHost   = "host"
	roleUplink = "up"
)

// ifname is that of a container's device, and of the host's to the uplink.
const ifname = "eth0"

func newPlan(name string, shape Shape, subnet int) *plan {
	p := &plan{name: name, shape: shape, subnet: subnet}
	switch {
	case shape.Topology.pair():
		p.pair()
	case shape.Topology == Bridge:
		p.bridge()
	case shape.Topology == Routed:
		p.routed()
	default:
		p.stacked()
	}
	p.gro()
	return p
}

// role is what the i-th container is called: a, b, ...
func role(i int) string { return string(rune('a' + i)) }

func netnsName(lab, role string) string { return "vethtrace-" + lab + "-" + role }

// container is the namespace of the i-th one.
func (p *plan) container(i int) (ref string, existing bool) {
	if i < len(p.shape.Netns) {
		return p.shape.Netns[i], true
	}
	return netnsName(p.name, role(i)), false
}

// netns is the namespace of the host or the uplink.
func (p *plan) netns(role string) string {
	switch w := p.shape.Wire; {
	case w != nil && role == roleHost:
		return w.Host
	case w != nil && role == roleUplink:
		return w.Remote
	}
	return netnsName(p.name, role)
}

// made are the names of the namespaces that the plan makes.
func (p *plan) made() (names []string) {
	for _, st := range p.steps {
		if st.Netns != nil {
			names = append(names, st.Netns.Name)
		}
	}
	return names
}

// makeNetns makes a namespace with its loopback device up.
func (p *plan) makeNetns(role, why string) {
	ns := p.netns(role)
	p.steps = append(p.steps, step{Why: why, Netns: &netnsStep{Name: ns}})
	p.up("set its loopback device up", ns, "lo", "")
}

func (p *plan) makeContainers() {
	for i := range p.shape.Containers {
		if _, existing := p.container(i); !existing {
			p.makeNetns(role(i), "make container "+role(i)+": a namespace of its own")
		}
	}
}

func (p *plan) link(why string, l linkStep) {
	p.steps = append(p.steps, step{Why: why, Link: &l})
}

func (p *plan) up(why, netns, name, bridge string) {
	p.steps = append(p.steps, step{Why: why, Adjust: &adjustStep{Netns: netns, Name: name, Bridge: bridge}})
}

func (p *plan) addresses(why, netns, name string, a addresses) {
	for _, prefix := range p.families(a) {
		p.steps = append(p.steps, step{Why: why, Address: &addressStep{
			Netns: netns, Name: name, Address: prefix, Theirs: p.theirs(netns, name),
		}})
	}
}

// families are the addresses that are used: where the host is one that was
// there, it may do without IPv6, and forwarding that would change its routes.
func (p *plan) families(a addresses) []netip.Prefix {
	if p.shape.Wire != nil {
		return a.both()[:1]
	}
	return a.both()
}

// route goes to both, via both or, where via is none, to what is on the link.
func (p *plan) route(why, netns, name string, to, via addresses) {
	for i, prefix := range p.families(to) {
		p.steps = append(p.steps, step{Why: why, Route: &routeStep{
			Netns: netns, Name: name, To: prefix, Via: via.both()[i].Addr(), Theirs: p.theirs(netns, name),
		}})
	}
}

var everywhere = addresses{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

func (p *plan) sysctl(why, netns, key, value string) {
	p.steps = append(p.steps, step{Why: why, Value: &valueStep{
		Setting: Setting{Kind: SysctlKind, Netns: netns, Key: key, Value: value},
	}})
}

// gro is set on the containers' devices and their peers; on the device below of
// those that have one, which is where packets are merged.
func (p *plan) gro() {
	if p.shape.GRO == "" {
		return
	}
	if p.shape.Topology.stacked() {
		p.setGRO(p.netns(roleHost), p.hostDevice())
		return
	}
	for _, st := range p.steps {
		if l := st.Link; l != nil && l.PeerNetns != "" && l.PeerNetns != p.netns(roleUplink) {
			p.setGRO(l.Netns, l.Name)
			p.setGRO(l.PeerNetns, l.PeerName)
		}
	}
}

func (p *plan) setGRO(netns, device string) {
	setting := Setting{Kind: GROKind, Netns: netns, Device: device, Value: p.shape.GRO}
	if p.theirs(netns, device) {
		p.settings = append(p.settings, setting)
		return
	}
	p.steps = append(p.steps, step{Why: "turn GRO " + p.shape.GRO, Value: &valueStep{Setting: setting}})
}
