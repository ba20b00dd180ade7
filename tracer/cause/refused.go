// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer/path"
)

// refused is a packet that an ICMP error or TCP reset came back for.
func (p *problem) refused() *Cause {
	if p.end.ICMP == nil {
		return p.reset()
	}
	icmp := p.end.ICMP
	if icmp.From.IsValid() && !p.mine(icmp) && (p.end.Last == nil || p.end.Last.Drop == nil) {
		return p.remote(icmp)
	}
	c := p.refusal(icmp)
	return c.see("%s said so by ICMP type %d, code %d", icmp.From, icmp.Type, icmp.Code)
}

// mine says whether the namespace of the end said it.
func (p *problem) mine(icmp *path.ICMPError) bool {
	n := p.namespace(p.Netns.Inode)
	if n == nil {
		return true
	}
	for _, d := range n.Devices {
		for _, a := range d.Addresses {
			if a.Addr() == icmp.From.WithZone("") {
				return true
			}
		}
	}
	return false
}

// meaning is what an ICMP error is about, the same for both families.
type meaning int

const (
	meansOther meaning = iota
	meansNoRoute
	meansNeighbour
	meansPort
	meansTooBig
	meansTTL
	meansProhibited
)

func meaningOf(e *path.ICMPError) meaning {
	const icmpv6 = 58
	kind := [2]uint8{e.Type, e.Code}
	if e.Proto == icmpv6 {
		return map[[2]uint8]meaning{
			{1, 0}: meansNoRoute, {1, 1}: meansProhibited, {1, 3}: meansNeighbour, {1, 4}: meansPort,
			{1, 5}: meansProhibited, {1, 6}: meansNoRoute, {2, 0}: meansTooBig, {3, 0}: meansTTL,
		}[kind]
	}
	return map[[2]uint8]meaning{
		{3, 0}: meansNoRoute, {3, 1}: meansNeighbour, {3, 3}: meansPort, {3, 2}: meansPort, {3, 4}: meansTooBig,
		{3, 9}: meansProhibited, {3, 10}: meansProhibited, {3, 13}: meansProhibited, {11, 0}: meansTTL,
	}[kind]
}

// refusal is an ICMP error that this machine sent.
func (p *problem) refusal(icmp *path.ICMPError) *Cause {
	if last := p.end.Last; last != nil && last.Drop != nil && kindOf(last.Drop) != kindUnknown {
		// Netfilter answers as it likes: its drop says more than the answer.
		if kindOf(last.Drop) == kindNetfilter {
			return p.dropped(last.Drop)
		}
	}
	switch meaningOf(icmp) {
	case meansNeighbour:
		if p.To.Error != 0 {
			return p.unroutable(p.end.In != nil)
		}
		return p.noNeighbour()
	case meansNoRoute:
		return p.unroutable(p.end.In != nil)
	case meansProhibited:
		if p.To.Error != 0 {
			return p.unroutable(p.end.In != nil)
		}
		return p.filtered(p.hooks()...)
	case meansPort:
		if c := p.rejected(); c != nil {
			return c
		}
		return p.noSocket()
	case meansTooBig:
		return p.tooBig()
	case meansTTL:
		return p.ttl()
	}
	if p.end.Last != nil && p.end.Last.Drop != nil {
		return p.dropped(p.end.Last.Drop)
	}
	return newCause("refused", "%s refused it, and no setting is known that does so", icmp.From).likely()
}

// rejected returns nil unless a rule answers in the place of a port: a closed
// port is the destination's own word.
func (p *problem) rejected() *Cause {
	if p.To.Local {
		for _, s := range p.Sockets {
			if s.takes(p.end.Flow.Dst) {
				return p.rule(p.hooks()...)
			}
		}
		return nil
	}
	return p.rule(p.hooks()...)
}

// reset is a connection that a TCP reset came back for.
func (p *problem) reset() *Cause {
	last := p.end.Last
	if last != nil && last.Drop != nil && kindOf(last.Drop) == kindNetfilter {
		return p.dropped(last.Drop)
	}
	if c := p.rejected(); c != nil {
		return c
	}
	if !p.To.Local && last != nil && last.Point == path.PointXmit {
		c := newCause("refused_elsewhere", "a host beyond this machine reset the connection: nobody listens at %s, or a firewall refuses it", p.end.Flow.Dst)
		return c.likely()
	}
	return p.noSocket().see("%s answered with a TCP reset", p.dst())
}

// remote is an ICMP error of a host that is not on this machine.
func (p *problem) remote(icmp *path.ICMPError) *Cause {
	words := [...]string{"refuses it", "has no route to it", "cannot reach its next hop", "has nobody who listens there",
		"has a device with a smaller MTU", "found its TTL used up", "has a rule against it"}[meaningOf(icmp)]
	c := newCause("refused_elsewhere", "%s, which is not on this machine, %s: the cause and the cure are there", icmp.From, words)
	if icmp.MTU != 0 {
		c.see("what fits there is %d bytes", icmp.MTU)
		c.Sentence = fmt.Sprintf("%s, which is not on this machine, has a device with an MTU of %d: send smaller packets", icmp.From, icmp.MTU)
	}
	return c.see("%s said so by ICMP type %d, code %d", icmp.From, icmp.Type, icmp.Code)
}
