// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/inventory"
	"github.com/vethtrace/vethtrace/tracer/path"
)

// queued is a packet that a qdisc dropped.
func (p *problem) queued() *Cause {
	if d := p.device(p.Netns.Inode, p.out()); d != nil && down(d) {
		return p.linkDown(d)
	}
	kind := p.Qdiscs[p.out()]
	c := newCause("qdisc", "the qdisc of %s in %s dropped it", p.out(), p.where())
	if kind == "" {
		return c
	}
	c.see("the qdisc of %s in %s is %s", p.out(), p.where(), kind)
	switch kind {
	case "netem", "tbf", "plug", "blackhole":
		return c.cure(p.here("tc qdisc del dev %s root", p.out()))
	}
	c.Sentence += ", which is full: the device is slower than what is sent by it"
	return c.likely()
}

const backlogSetting = "net.core.netdev_max_backlog"

// backlogFull is a packet that found the input queue of a CPU full. The limit is
// the machine's and can be read and set only in the initial namespace.
func (p *problem) backlogFull() *Cause {
	c := newCause("backlog_full", "the input queue of the CPU that was to receive it was full")
	limit, err := strconv.Atoi(p.Sysctl[backlogSetting])
	if err != nil {
		limit = 1000
	} else {
		c.see("%s is %d", backlogSetting, limit)
	}
	return c.cure(p.State.in(p.initial(), "sysctl -w %s=%d", backlogSetting, 4*limit))
}

// bufferFull is a packet that found no place in the socket it was for.
func (p *problem) bufferFull() *Cause {
	c := newCause("socket_buffer_full", "the receive buffer of the socket at %s in %s is full: its program reads too slowly or not at all", p.end.Flow.Dst, p.where())
	taken := false
	for _, s := range p.Sockets {
		if s.takes(p.end.Flow.Dst) {
			c.see("the socket at %s has %d bytes in its queue and has dropped %d packets", s.Addr, s.Queue, s.Drops)
			taken = taken || s.Queue > 0 || s.Drops > 0
		}
	}
	c.Sure = taken
	if !taken && len(p.Sockets) == 0 {
		return p.noSocket()
	}
	const name, max = "net.core.rmem_default", "net.core.rmem_max"
	if now, err := strconv.Atoi(p.Sysctl[name]); err == nil {
		c.see("%s is %d: the buffer of a socket that does not set its own", name, now)
		c.Sentence += ". Let it read faster, or start it again with a larger buffer"
		c.cure(p.State.in(p.initial(), "sysctl -w %s=%d", name, 4*now))
	}
	return c
}

// listenFull is a connection that found too many others waiting to be accepted.
func (p *problem) listenFull() *Cause {
	c := newCause("accept_queue_full", "the program that listens at %s in %s accepts connections too slowly: its queue is full", p.end.Flow.Dst, p.where())
	for _, s := range p.Sockets {
		if s.takes(p.end.Flow.Dst) {
			c.see("%d connections wait at %s", s.Queue, s.Addr)
			c.Sure = s.Queue > 0
		}
	}
	c.Sentence += ". Let it accept faster, or start it again with a longer queue (listen(2), not above somaxconn)"
	p.seeSetting(c, "net.core.somaxconn")
	return c
}

// badChecksum is a packet whose checksum is wrong.
func (p *problem) badChecksum(d *path.Drop) *Cause {
	c := newCause("bad_checksum", "its checksum is wrong: it was changed on the way, or a device was trusted to fill it in that did not")
	c.Sure = d.Reason != ""
	if p.ChecksumErrors != "" {
		c.see("%s is %d in %s", p.ChecksumErrors, p.BadChecksums, p.where())
	}
	if s := p.lastXmit(); s != nil {
		from := p.named(s.Device.Netns)
		c.see("it came from %s in %s", s.Device.Ifname, nameOf(from))
		c.cure(p.State.in(from, "ethtool -K %s tx off", s.Device.Ifname))
	}
	return c
}

// tcFilter is a packet that a filter or program of tc dropped.
func (p *problem) tcFilter(d *path.Drop) *Cause {
	side, device := "ingress", p.in()
	if d.Reason == "TC_EGRESS" {
		side, device = "egress", p.out()
	}
	c := newCause("tc_filter", "a filter of tc at %s %s in %s dropped it", device, side, p.where())
	c.Sentence += ". The command removes all filters there: `tc filter show dev " + device + " " + side + "` lists them"
	return c.cure(p.here("tc filter del dev %s %s", device, side))
}

// xdp is a packet that an XDP program dropped.
func (p *problem) xdp() *Cause {
	c := newCause("xdp", "an XDP program at %s in %s dropped it", p.in(), p.where())
	return c.cure(p.here("ip link set %s xdp off", p.in()))
}

// initial is the namespace that the machine began with.
func (p *problem) initial() (ns tracer.Netns) {
	ns.Inode = p.Own
	for _, n := range p.Machine {
		if n.Name == inventory.Host {
			return p.named(n.Inode)
		}
	}
	return ns
}
