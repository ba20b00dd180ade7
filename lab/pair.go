// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const ifname = "eth0"

// carrierTimeout bounds the wait for the kernel's link watch, which usually
// takes under a millisecond but may be put off for a second.
const carrierTimeout = 5 * time.Second

// handleIn returns a netlink handle whose socket was made in the namespace and
// stays bound to it, whatever thread uses it. The caller closes it.
func handleIn(netns string) (h *netlink.Handle, err error) {
	err = inNetns(netns, func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("opening netlink: %w", err)
		}
		return nil
	})
	return h, err
}

// createPair makes both ends where they belong in one request, so that there
// is no moment at which one is somewhere else.
func createPair(netns [2]string, handle *netlink.Handle) error {
	peer, err := openNetns(netns[1])
	if err != nil {
		return err
	}
	defer peer.Close()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = ifname
	err = handle.LinkAdd(&netlink.Veth{
		LinkAttrs: attrs, PeerName: ifname, PeerNamespace: netlink.NsFd(int(peer.Fd())),
	})
	if err != nil {
		return fmt.Errorf("creating veth pair: %w", err)
	}
	return nil
}

func setUp(h *netlink.Handle, name string) error {
	link, err := h.LinkByName(name)
	if err != nil {
		return fmt.Errorf("finding device %q: %w", name, err)
	}
	if err := h.LinkSetUp(link); err != nil {
		return fmt.Errorf("setting device %q up: %w", name, err)
	}
	return nil
}

// waitCarrier waits until the device may send: before that its queueing
// discipline is noop, which drops everything.
func waitCarrier(h *netlink.Handle) error {
	deadline := time.Now().Add(carrierTimeout)
	for {
		link, err := h.LinkByName(ifname)
		if err != nil {
			return fmt.Errorf("finding device %q: %w", ifname, err)
		}
		if link.Attrs().OperState == netlink.OperUp {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("device %q has no carrier after %v", ifname, carrierTimeout)
		}
		time.Sleep(time.Millisecond)
	}
}

// addAddress sets an address that is usable at once: duplicate address
// detection would hold an IPv6 one back for a second or two. On a kernel
// without IPv6 there is nothing to do.
func addAddress(h *netlink.Handle, p netip.Prefix) error {
	link, err := h.LinkByName(ifname)
	if err != nil {
		return fmt.Errorf("finding device %q: %w", ifname, err)
	}
	addr := &netlink.Addr{IPNet: &net.IPNet{
		IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
	}}
	if p.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	err = h.AddrAdd(link, addr)
	if p.Addr().Is6() && (errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EAFNOSUPPORT)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("adding address %v: %w", p, err)
	}
	return nil
}

// deletePair deletes the end in this namespace, and with it its peer.
func deletePair(netns string) error {
	h, err := handleIn(netns)
	if err != nil {
		return err
	}
	defer h.Close()
	link, err := h.LinkByName(ifname)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding device %q in namespace %q: %w", ifname, netns, err)
	}
	if err := h.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("deleting device %q in namespace %q: %w", ifname, netns, err)
	}
	return nil
}
