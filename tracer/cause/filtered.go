// SPDX-License-Identifier: Apache-2.0

package cause

import "fmt"

// hooks are those where a filter can have met the packet, the likeliest first.
func (p *problem) hooks() []string {
	switch {
	case p.end.In == nil:
		return []string{"output", "postrouting"}
	case p.To.Local:
		return []string{"input", "prerouting", "ingress"}
	case p.end.Out != nil:
		return []string{"forward", "postrouting", "bridge-forward", "prerouting", "ingress"}
	}
	return []string{"prerouting", "forward", "ingress", "bridge-forward"}
}

// filtered is a packet that netfilter dropped.
func (p *problem) filtered(hooks ...string) *Cause {
	if c := p.rule(hooks...); c != nil {
		return c
	}
	c := newCause("netfilter", "netfilter of %s dropped it, and no rule of nftables was found that does so", p.where())
	p.see(c)
	c.Sentence += ": look at the counters of `nft list ruleset` and `iptables-save -c` there"
	return c.likely()
}

// rule returns nil if no rule was found that ends the packet.
func (p *problem) rule(hooks ...string) *Cause {
	if p.Filter == nil {
		return nil
	}
	rules, err := p.Filter(hooks...)
	if err != nil {
		c := newCause("netfilter", "netfilter of %s dropped it, and the rules could not be read", p.where())
		return c.see("%v", err).likely()
	}
	if len(rules.Found) == 0 {
		if !rules.Legacy {
			return nil
		}
		c := newCause("netfilter", "netfilter of %s dropped it, most likely a rule of iptables-legacy, which are not read", p.where())
		c.Sentence += ": look at the counters of `iptables-legacy-save -c` there"
		return c.see("/proc/net/ip_tables_names of %s is not empty", p.where()).likely()
	}
	c := p.found(rules)
	if len(rules.Found) == 1 && !rules.Legacy && p.dropIs(kindNetfilter) {
		c.Sure = true // it was netfilter, and nothing else there can have been it
	}
	return c
}

// dropIs says what the kernel freed it for.
func (p *problem) dropIs(k kind) bool {
	return p.end.Last != nil && p.end.Last.Drop != nil && kindOf(p.end.Last.Drop) == k
}

func (p *problem) found(rules Rules) *Cause {
	first := rules.Found[0]
	word := "drops"
	if first.Reject {
		word = "rejects"
	}
	var c *Cause
	switch {
	case len(rules.Found) > 1:
		c = newCause("netfilter_rule", "one of %d rules of nftables in %s %s it", len(rules.Found), p.where(), word)
	case first.Policy:
		c = newCause("netfilter_policy", "the policy of a chain of nftables in %s %s what no rule accepts", p.where(), word)
	default:
		c = newCause("netfilter_rule", "a rule of nftables in %s %s it", p.where(), word)
	}
	c.Sure = rules.Certain
	for i, r := range rules.Found {
		c.see("%s", r.Text)
		if r.Cure != "" && (i == 0 || !rules.Certain) {
			c.cure(p.here("%s", r.Cure))
		}
	}
	return p.see(c)
}

// see adds the packet that rules were asked about.
func (p *problem) see(c *Cause) *Cause { return c.see("%s", p.flowText()) }

func (p *problem) flowText() string {
	f := p.end.Flow
	text := fmt.Sprintf("the packet: from %s to %s, protocol %d", f.Src, f.Dst, f.Proto)
	if f.Dst.Port() == 0 {
		text = fmt.Sprintf("the packet: from %s to %s, protocol %d", f.Src.Addr(), f.Dst.Addr(), f.Proto)
	}
	if p.in() != "" {
		text += ", in by " + p.in()
	}
	if p.end.Out != nil {
		text += ", out by " + p.end.Out.Ifname
	}
	return text
}
