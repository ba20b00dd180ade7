// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer/path"
)

// wrongSource is a packet whose source address the kernel does not accept on the
// device it came in by.
func (p *problem) wrongSource(d *path.Drop) *Cause {
	if p.Back.Local {
		c := newCause("local_source", "its source %s is an address of %s itself: another host has it too, or its own packet came back", p.src(), p.where())
		c.see("%s is an address of %s", p.src(), p.where())
		return c
	}
	if c := p.reversePath(d.Reason == "IP_RPFILTER"); c != nil {
		return c
	}
	if p.To.Error != 0 || d.Reason == "" {
		return p.unroutable(true)
	}
	return p.unknown(d)
}

// reversePath returns nil if rp_filter is off, unless the kernel said that it was
// that.
func (p *problem) reversePath(known bool) *Cause {
	device := setting("ipv4", p.in(), "rp_filter")
	const all = "net.ipv4.conf.all.rp_filter"
	mode := max(p.Sysctl[all], p.Sysctl[device])
	elsewhere := p.Back.Error != 0 || p.Back.Device != p.in()
	if !known && (mode < "1" || !elsewhere) {
		return nil
	}
	c := newCause("rp_filter", "rp_filter of %s drops what comes in by %s from %s, since the route back does not go by %s", p.where(), p.in(), p.src(), p.in())
	p.seeSetting(c, all)
	p.seeSetting(c, device)
	p.seeRoute(c, p.Back, p.src())
	c.Sure = elsewhere && mode >= "1"
	switch {
	case p.Back.Error == unix.ENETUNREACH:
		c.Sentence = "rp_filter of " + p.where() + " drops what comes in by " + p.in() + " from " + p.src().String() + ", since there is no route back"
		return p.addRoute(c, p.src())
	case mode == "2":
		return c.likely()
	}
	// The kernel takes the larger of the two; 2 asks only for any route back.
	c.Sentence += "; 2 (loose) asks only that there be any route back"
	return c.cure(p.set(device, "2"))
}

// wrongMAC is a frame for someone else.
func (p *problem) wrongMAC(known bool) *Cause {
	c := newCause("wrong_mac", "the frame was not for the MAC address of %s in %s: whoever sent it knows a wrong one for this address", p.in(), p.where())
	c.Sure = known
	if d := p.device(p.Netns.Inode, p.in()); d != nil {
		c.see("the MAC address of %s in %s is %s", d.Ifname, p.where(), d.MAC)
	}
	if s := p.lastXmit(); s != nil {
		from := p.named(s.Device.Netns)
		c.cure(p.State.in(from, "ip neigh del %s dev %s", p.dst(), s.Device.Ifname))
	}
	return c
}

// lastXmit is where what ended was transmitted last.
func (p *problem) lastXmit() *path.Sighting {
	seen := p.j.Out
	if p.end.Answer {
		seen = p.j.Back
	}
	for i := range slices.Backward(seen) {
		if seen[i].Point == path.PointXmit && seen[i].Device.Netns != p.Netns.Inode {
			return &seen[i]
		}
	}
	return nil
}
