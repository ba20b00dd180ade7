// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Show reads a lab as it stands now. It returns [ErrNoLab] when there is none,
// [ErrIncomplete] when part of it is missing, and [ErrForeign] when somebody
// put another namespace in its place. It waits for no lock and changes nothing.
func Show(name string) (*Lab, error) {
	if err := validateName(name); err != nil {
		return nil, err
	}
	if err := requireCaps(); err != nil {
		return nil, err
	}
	return show(name)
}

func show(name string) (*Lab, error) {
	j, err := readJournal(name)
	if err != nil {
		return nil, err
	}
	if j.Shape == nil {
		return nil, fmt.Errorf("lab %q has changes only: %w", name, ErrNoLab)
	}
	s := newSite(j, func(string) {})
	defer s.close()
	p := newPlan(name, *j.Shape, j.Subnet)
	if err := s.checkThere(p); err != nil {
		return nil, fmt.Errorf("lab %q: %w", name, err)
	}
	l := &Lab{Name: name, Shape: *j.Shape, Changes: j.changes(), devices: j.devicesOf(p)}
	for _, end := range p.ends {
		e, err := s.showEnd(end)
		if err != nil {
			return nil, fmt.Errorf("lab %q: %w", name, err)
		}
		l.add(end.role, e)
	}
	if !j.Complete {
		return nil, fmt.Errorf("lab %q: its maker did not finish: %w", name, ErrIncomplete)
	}
	return l, nil
}

// checkThere says which namespace is missing.
func (s *site) checkThere(p *plan) error {
	for _, ns := range p.made() {
		found, err := s.owned(ns)
		if err != nil {
			return err
		}
		if found != pinNetns {
			return fmt.Errorf("no namespace %q: %w", ns, ErrIncomplete)
		}
	}
	for _, ref := range p.shape.existing() {
		if _, err := s.netns(ref); err != nil {
			return fmt.Errorf("%w: %w", err, ErrIncomplete)
		}
	}
	return nil
}

func (l *Lab) add(role string, e End) {
	switch role {
	case roleHost:
		l.Host = &e
	case roleUplink:
		l.Uplink = &e
		l.Ends[1] = e
	default:
		if n := len(l.Containers); n < 2 {
			l.Ends[n] = e
		}
		l.Containers = append(l.Containers, e)
	}
}

// up says that all devices that were read can send.
func (l *Lab) up() bool {
	for _, e := range append([]End{l.Ends[0], l.Ends[1]}, l.Containers...) {
		if !e.Up {
			return false
		}
	}
	return true
}

func (s *site) showEnd(at plannedEnd) (end End, err error) {
	h, err := s.handle(at.netns)
	if err != nil {
		return end, err
	}
	k, _ := s.known(at.netns)
	link, err := h.LinkByName(at.ifname)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return end, fmt.Errorf("no device %q in namespace %q: %w", at.ifname, at.netns, ErrIncomplete)
	}
	if err != nil {
		return end, fmt.Errorf("finding device %q in namespace %q: %w", at.ifname, at.netns, err)
	}
	attrs := link.Attrs()
	end = End{
		Netns: at.netns, NetnsInode: k.Inode,
		Ifname: attrs.Name, Ifindex: attrs.Index, MAC: attrs.HardwareAddr, Up: isUp(link),
	}
	if attrs.Statistics != nil {
		end.RXPackets, end.TXPackets = attrs.Statistics.RxPackets, attrs.Statistics.TxPackets
	}
	// IPv6 adds addresses by itself meanwhile.
	addrs, err := list(func() ([]netlink.Addr, error) { return h.AddrList(link, netlink.FAMILY_ALL) })
	if err != nil {
		return end, fmt.Errorf("listing addresses in namespace %q: %w", at.netns, err)
	}
	for _, a := range addrs {
		p := prefixOf(a.IPNet)
		switch {
		case p.Addr().Is4() && (!end.IPv4.IsValid() || s.isOwn(p)):
			end.IPv4 = p
		case p.Addr().Is6() && !p.Addr().IsLinkLocalUnicast() && !end.IPv6.IsValid():
			end.IPv6 = p
		}
	}
	if !end.IPv4.IsValid() {
		return end, fmt.Errorf("no IPv4 address in namespace %q: %w", at.netns, ErrIncomplete)
	}
	return end, nil
}

// isOwn says that an address is of the lab's networks; a device that was there
// has others.
func (j *journal) isOwn(p netip.Prefix) bool {
	return wholeNetwork(inside, j.Subnet).v4.Overlaps(p) || wholeNetwork(outside, j.Subnet).v4.Overlaps(p)
}

// prefixOf is not valid for nil.
func prefixOf(n *net.IPNet) netip.Prefix {
	if n == nil {
		return netip.Prefix{}
	}
	ip, _ := netip.AddrFromSlice(n.IP)
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(ip.Unmap(), bits)
}
