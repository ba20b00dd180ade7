// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer/path"
)

// problem is an end with what is known about where it was.
type problem struct {
	*State
	j   *path.Journey
	end *path.End
}

// decide says why a journey ended so, from the state alone.
func decide(j *path.Journey, s *State) *Cause {
	p := &problem{s, j, &j.End}
	switch p.end.Outcome {
	case path.NotSent:
		return p.notSent()
	case path.Refused:
		return p.refused()
	case path.Dropped:
		return p.dropped(p.end.Last.Drop)
	case path.Delivered:
		return p.unanswered()
	case path.Left:
		return p.left()
	}
	return p.vanished()
}

// dropped is a packet that the kernel freed.
func (p *problem) dropped(d *path.Drop) *Cause {
	switch kindOf(d) {
	case kindRouting:
		return p.unroutable(p.end.In != nil)
	case kindForward:
		return p.unforwarded()
	case kindSource:
		return p.wrongSource(d)
	case kindNetfilter:
		return p.filtered(p.hooks()...)
	case kindTooBig:
		return p.tooBig()
	case kindNeighbour:
		return p.noNeighbour()
	case kindQdisc:
		return p.queued()
	case kindBacklog:
		return p.backlogFull()
	case kindNoSocket:
		return p.noSocket()
	case kindBuffer:
		return p.bufferFull()
	case kindListenFull:
		return p.listenFull()
	case kindBridge:
		return p.bridged()
	case kindMAC:
		return p.wrongMAC(d.Reason == "OTHERHOST")
	case kindIPv6Off:
		if c := p.ipv6Off(); c != nil {
			return c
		}
	case kindChecksum:
		return p.badChecksum(d)
	case kindTC:
		return p.tcFilter(d)
	case kindXDP:
		return p.xdp()
	}
	return p.unknown(d)
}

func (p *problem) unknown(d *path.Drop) *Cause {
	word := d.Reason
	if word == "" {
		word = "no reason given"
	}
	c := newCause("unknown", "the kernel freed it in %s (%s), and no setting is known that does so", functionOf(d), word)
	c.Sure = false
	return c
}

func functionOf(d *path.Drop) string {
	if d.Function == "" {
		return "an unknown function"
	}
	return d.Function
}

// newCause begins a cause that is proven until it is said not to be.
func newCause(id, sentence string, args ...any) *Cause {
	return &Cause{ID: id, Sentence: fmt.Sprintf(sentence, args...), Sure: true}
}

func (c *Cause) see(format string, args ...any) *Cause {
	c.Evidence = append(c.Evidence, fmt.Sprintf(format, args...))
	return c
}

func (c *Cause) cure(commands ...string) *Cause {
	c.Cure = append(c.Cure, commands...)
	return c
}

// likely says that the state does not prove it.
func (c *Cause) likely() *Cause {
	c.Sure = false
	return c
}

func (p *problem) dst() netip.Addr { return p.end.Flow.Dst.Addr() }
func (p *problem) src() netip.Addr { return p.end.Flow.Src.Addr() }
func (p *problem) v6() bool        { return p.dst().Is6() }
func (p *problem) where() string   { return nameOf(p.Netns) }

// ip is the command with the option of the family, if it needs one.
func (p *problem) ip() string {
	if p.v6() {
		return "ip -6"
	}
	return "ip"
}

// seeSetting adds a setting that was read.
func (p *problem) seeSetting(c *Cause, name string) {
	if value, ok := p.Sysctl[name]; ok {
		c.see("%s is %s in %s", name, value, p.where())
	}
}

// is says whether a setting was read and has this value.
func (p *problem) is(name, value string) bool {
	got, ok := p.Sysctl[name]
	return ok && got == value
}

// in and out are the names of the devices of the end, empty if there are none.
func (p *problem) in() string {
	if p.end.In == nil {
		return ""
	}
	return p.end.In.Ifname
}

func (p *problem) out() string {
	if p.end.Out == nil {
		return p.To.Device
	}
	return p.end.Out.Ifname
}

// failed says whether sending failed with an error.
func (p *problem) failed(errno unix.Errno) bool { return errors.Is(p.end.Error, errno) }
