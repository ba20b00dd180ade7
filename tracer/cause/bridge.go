// SPDX-License-Identifier: Apache-2.0

package cause

// portStates are BR_STATE_*.
var portStates = [...]string{"disabled", "listening", "learning", "forwarding", "blocking"}

const portForwarding = 3

// bridged is a packet that a bridge freed.
func (p *problem) bridged() *Cause {
	if c := p.portClosed(); c != nil {
		return c
	}
	in, out := p.Ports[p.in()], p.Ports[p.out()]
	if in.Isolated && out.Isolated {
		c := newCause("bridge_isolated", "ports %s and %s of a bridge in %s are isolated from each other", p.in(), p.out(), p.where())
		c.see("both are isolated")
		return c.cure(p.here("bridge link set dev %s isolated off", p.in()))
	}
	c := newCause("bridge", "the bridge of %s does not pass it on: VLANs, learning or a rule of nftables may be why", p.where()).likely()
	if d := p.device(p.Netns.Inode, p.in()); d != nil && d.Master != "" {
		c.see("%s is a port of %s", d.Ifname, d.Master)
	}
	if r := p.rule("bridge-forward", "ingress", "forward"); r != nil {
		return r
	}
	return c
}

// portClosed returns nil if both ports, as far as they are some, pass packets.
func (p *problem) portClosed() *Cause {
	for _, name := range []string{p.in(), p.out()} {
		// By a port that is down nothing comes in.
		if d := p.device(p.Netns.Inode, name); d != nil && down(d) && d.MasterKind == "bridge" && name != p.in() {
			return p.linkDown(d)
		}
		if c := p.closedPort(name); c != nil {
			return c
		}
	}
	return nil
}

// closedPort returns nil if a device passes packets, as a port or because it is
// none.
func (s *State) closedPort(name string) *Cause {
	port, ok := s.Ports[name]
	if !ok || port.State == portForwarding {
		return nil
	}
	word := "unknown"
	if int(port.State) < len(portStates) {
		word = portStates[port.State]
	}
	if d := s.device(s.Netns.Inode, name); d != nil && s.STP[d.Master] {
		return s.spanning(name, d.Master, word)
	}
	where := nameOf(s.Netns)
	c := newCause("bridge_port", "port %s of a bridge in %s passes nothing: its state is %s", name, where, word)
	c.see("the state of %s in %s is %d (%s), forwarding is %d", name, where, port.State, word, portForwarding)
	return c.cure(s.here("bridge link set dev %s state %d", name, portForwarding))
}

// spanning is a port that STP keeps closed: it may be right.
func (s *State) spanning(port, bridge, state string) *Cause {
	c := newCause("bridge_stp", "STP keeps port %s of %s in %s %s", port, bridge, nameOf(s.Netns), state)
	c.see("the state of port %s is %s, and STP is on at %s", port, state, bridge)
	if state == "blocking" || state == "disabled" {
		c.Sentence += ", which breaks a loop of bridges. Only if there is none it may be switched off"
	} else {
		c.Sentence += " until forward_delay has passed twice. Where no loop of bridges is possible it may be switched off"
	}
	return c.cure(s.here("ip link set %s type bridge stp_state 0", bridge), s.here("bridge link set dev %s state %d", port, portForwarding))
}
