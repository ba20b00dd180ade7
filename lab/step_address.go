// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// addressStep gives a device an address.
type addressStep struct {
	Netns   string       `json:"netns"`
	Name    string       `json:"name"`
	Address netip.Prefix `json:"address"`
	// Theirs says that the device was there before: the address does not go with
	// it.
	Theirs bool `json:"theirs,omitempty"`
}

// do sets an address that is usable at once: duplicate address detection would
// hold an IPv6 one back for a second or two.
func (a *addressStep) do(s *site) error {
	link, h, err := s.device(a.Netns, a.Name)
	if err != nil {
		return err
	}
	addr := &netlink.Addr{IPNet: ipNet(a.Address)}
	if a.Address.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	if err := h.AddrAdd(link, addr); err != nil && !noIPv6(a.Address.Addr(), err) {
		return fmt.Errorf("adding address %v in namespace %q: %w", a.Address, a.Netns, err)
	}
	return nil
}

// undo looks for an address that nobody had in the lab's network before.
func (a *addressStep) undo(s *site) error {
	if !a.Theirs {
		return nil
	}
	link, h, err := s.device(a.Netns, a.Name)
	if isGone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	err = h.AddrDel(link, &netlink.Addr{IPNet: ipNet(a.Address)})
	if err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
		return fmt.Errorf("deleting address %v in namespace %q: %w", a.Address, a.Netns, err)
	}
	return nil
}

func (a *addressStep) unscript() []string {
	if !a.Theirs {
		return nil
	}
	return []string{ip(a.Netns, "addr del %v dev %s", a.Address, a.Name)}
}

func (a *addressStep) script() []string {
	if a.Address.Addr().Is6() {
		return []string{ip(a.Netns, "addr add %v dev %s nodad", a.Address, a.Name)}
	}
	return []string{ip(a.Netns, "addr add %v brd + dev %s", a.Address, a.Name)}
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// noIPv6 says that this could not be done because the kernel has no IPv6, and
// then there is nothing to do.
func noIPv6(addr netip.Addr, err error) bool {
	return addr.Is6() && (errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EAFNOSUPPORT))
}
