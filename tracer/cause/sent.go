// SPDX-License-Identifier: Apache-2.0

package cause

import "golang.org/x/sys/unix"

// notSent is a packet that the system call refused to send.
func (p *problem) notSent() *Cause {
	if p.end.Last != nil && p.end.Last.Drop != nil && !p.failed(unix.EMSGSIZE) {
		return p.sendError(p.dropped(p.end.Last.Drop))
	}
	switch {
	case p.failed(unix.EMSGSIZE):
		return p.sendError(p.tooBig())
	case p.failed(unix.EPERM):
		return p.sendError(p.filtered("output", "postrouting"))
	case p.failed(unix.ENETUNREACH), p.failed(unix.EACCES), p.failed(unix.EINVAL):
		return p.sendError(p.unroutable(false))
	case p.failed(unix.EHOSTUNREACH) && p.To.Error == 0:
		return p.sendError(p.noNeighbour())
	case p.failed(unix.EHOSTUNREACH):
		return p.sendError(p.unroutable(false))
	case p.failed(unix.ENETDOWN):
		if d := p.device(p.Netns.Inode, p.out()); d != nil {
			return p.sendError(p.linkDown(d))
		}
	case p.failed(unix.EADDRNOTAVAIL):
		return p.sendError(p.noSource())
	case p.failed(unix.ENOBUFS):
		return p.sendError(p.queued())
	}
	return p.sendError(newCause("not_sent", "the kernel would not send it, and no setting is known that does so").likely())
}

// sendError adds what the system call said.
func (p *problem) sendError(c *Cause) *Cause {
	if p.end.Error != nil {
		c.see("the kernel said: %v", p.end.Error)
	}
	return c
}

// noSource is a destination for which no address of its own is usable.
func (p *problem) noSource() *Cause {
	if p.v6() {
		if c := p.ipv6Off(); c != nil {
			return c
		}
	}
	c := newCause("no_source", "%s has no address to send from to %s: fill in ADDRESS and its LENGTH", p.where(), p.dst())
	p.seeRoute(c, p.To, p.dst())
	return c.cure(p.here("ip addr add ADDRESS/LENGTH dev %s", p.out()))
}
