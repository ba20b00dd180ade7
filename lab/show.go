// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// listTries is how often a list is asked for that changes while it is read.
const listTries = 10

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
	l := &Lab{Name: name}
	for i, ns := range netnsNames(name) {
		found, err := j.owned(ns)
		if err != nil {
			return nil, fmt.Errorf("lab %q: %w", name, err)
		}
		if found != pinNetns {
			return nil, fmt.Errorf("lab %q: no namespace %q: %w", name, ns, ErrIncomplete)
		}
		if l.Ends[i], err = showEnd(ns); err != nil {
			return nil, fmt.Errorf("lab %q: %w", name, err)
		}
	}
	if !j.Complete {
		return nil, fmt.Errorf("lab %q: its maker did not finish: %w", name, ErrIncomplete)
	}
	return l, nil
}

func showEnd(netns string) (end End, err error) {
	_, id, err := readPin(netns)
	if err != nil {
		return end, err
	}
	h, err := handleIn(netns)
	if err != nil {
		return end, err
	}
	defer h.Close()
	link, err := h.LinkByName(ifname)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return end, fmt.Errorf("no device %q in namespace %q: %w", ifname, netns, ErrIncomplete)
	}
	if err != nil {
		return end, fmt.Errorf("finding device %q in namespace %q: %w", ifname, netns, err)
	}
	attrs := link.Attrs()
	end = End{
		Netns: netns, NetnsInode: id.Inode,
		Ifname: attrs.Name, Ifindex: attrs.Index, MAC: attrs.HardwareAddr,
		Up: attrs.OperState == netlink.OperUp,
	}
	if attrs.Statistics != nil {
		end.RXPackets, end.TXPackets = attrs.Statistics.RxPackets, attrs.Statistics.TxPackets
	}
	var addrs []netlink.Addr
	for range listTries {
		// IPv6 adds addresses by itself meanwhile.
		if addrs, err = h.AddrList(link, netlink.FAMILY_ALL); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	if err != nil {
		return end, fmt.Errorf("listing addresses in namespace %q: %w", netns, err)
	}
	for _, a := range addrs {
		ip, _ := netip.AddrFromSlice(a.IP)
		bits, _ := a.Mask.Size()
		p := netip.PrefixFrom(ip.Unmap(), bits)
		switch {
		case p.Addr().Is4() && !end.IPv4.IsValid():
			end.IPv4 = p
		case p.Addr().Is6() && !p.Addr().IsLinkLocalUnicast() && !end.IPv6.IsValid():
			end.IPv6 = p
		}
	}
	if !end.IPv4.IsValid() {
		return end, fmt.Errorf("no IPv4 address in namespace %q: %w", netns, ErrIncomplete)
	}
	return end, nil
}
