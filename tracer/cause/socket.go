// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/path"
)

const (
	protoTCP = 6
	protoUDP = 17
)

func (p *problem) protocol() string {
	switch p.end.Flow.Proto {
	case protoTCP:
		return "TCP"
	case protoUDP:
		return "UDP"
	}
	return fmt.Sprintf("protocol %d", p.end.Flow.Proto)
}

// noSocket is a packet that nobody listens for.
func (p *problem) noSocket() *Cause {
	to := p.end.Flow.Dst
	c := newCause("no_listener", "nobody listens to %s at %s in %s", p.protocol(), to, p.where())
	var others []string
	for _, s := range p.Sockets {
		if s.takes(to) {
			if last := p.end.Last; p.end.Outcome == path.Dropped && last.Drop.Reason == "" && p.BadChecksums > 0 {
				return p.badChecksum(last.Drop)
			}
			c.Sentence = fmt.Sprintf("%s at %s in %s refused it, though a program listens there by now", p.protocol(), to, p.where())
			return c.likely().see("a socket is open at %s", s.Addr)
		}
		if s.Addr.Port() == to.Port() {
			others = append(others, s.Addr.String())
		}
	}
	if others == nil {
		c.see("no socket of %s in %s has port %d", p.protocol(), p.where(), to.Port())
		c.Sentence += ": start the program that is to answer, in this namespace"
		return c
	}
	c.see("port %d of %s in %s is open only at %s", to.Port(), p.protocol(), p.where(), strings.Join(others, ", "))
	c.Sentence += ": let the program that listens at " + others[0] + " listen at this address"
	return c
}

// unanswered is a packet that reached its destination, from where nothing came.
func (p *problem) unanswered() *Cause {
	if p.end.Answer {
		return newCause("answer_unread", "the answer reached %s, and the sender did not take it as one", p.where()).likely()
	}
	if c := p.echoIgnored(); c != nil {
		return c
	}
	if p.Back.Error != 0 {
		c := p.noRoute(p.Back, p.src())
		c.ID, c.Sentence = "no_return_route", "it arrived, but the answer has no way back: "+c.Sentence
		return c
	}
	if c := p.outFiltered(); c != nil {
		return c
	}
	if c := p.silent(); c != nil {
		return c
	}
	c := newCause("no_answer", "it arrived in %s, and no answer was sent", p.where()).likely()
	return p.seeRoute(c, p.Back, p.src())
}

// echoIgnored returns nil unless a setting keeps the kernel from answering pings.
func (p *problem) echoIgnored() *Cause {
	name := map[uint8]string{1: "net.ipv4.icmp_echo_ignore_all", 58: "net.ipv6.icmp.echo_ignore_all"}[p.end.Flow.Proto]
	if name == "" || !p.is(name, "1") {
		return nil
	}
	c := newCause("echo_ignored", "%s does not answer pings", p.where())
	p.seeSetting(c, name)
	return c.cure(p.set(name, "0"))
}

// outFiltered returns nil unless a rule drops what the namespace sends; the
// answer has the addresses the other way round.
func (p *problem) outFiltered() *Cause {
	if p.FilterAnswer == nil {
		return nil
	}
	rules, err := p.FilterAnswer("output", "postrouting")
	if err != nil || len(rules.Found) == 0 {
		return nil
	}
	c := p.found(rules)
	c.Sentence = "it arrived, but the answer is dropped: " + c.Sentence
	return c.likely()
}

// silent is a program that has the packet and says nothing.
func (p *problem) silent() *Cause {
	if proto := p.end.Flow.Proto; proto != protoTCP && proto != protoUDP {
		return nil
	}
	for _, s := range p.Sockets {
		if !s.takes(p.end.Flow.Dst) {
			continue
		}
		if p.end.Flow.Proto == protoTCP && s.Queue > 0 {
			return p.listenFull().likely()
		}
		c := newCause("no_answer", "the program that listens at %s in %s got it and did not answer", s.Addr, p.where())
		return c.likely().see("a socket is open at %s, %d wait in its queue", s.Addr, s.Queue)
	}
	return p.noSocket().likely()
}
