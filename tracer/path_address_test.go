// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// endOf describes a device as a lab does.
func endOf(t testing.TB, in, name string) (e lab.End) {
	t.Helper()
	inode, err := netnsInode("/run/netns/" + in)
	if err != nil {
		t.Fatal(err)
	}
	onLink(t, in, name, func(link netlink.Link) error {
		if link == nil {
			return fmt.Errorf("no device %s", name)
		}
		e = lab.End{
			Netns: in, NetnsInode: uint64(inode), Ifname: name,
			Ifindex: link.Attrs().Index, MAC: link.Attrs().HardwareAddr,
		}
		return nil
	})
	return e
}

// addAddress gives a device an address that is usable at once.
func addAddress(t testing.TB, e *lab.End, address string) {
	t.Helper()
	p := netip.MustParsePrefix(address)
	addr := &netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}}
	if p.Addr().Is4() {
		e.IPv4 = p
	} else {
		e.IPv6, addr.Flags = p, unix.IFA_F_NODAD
	}
	onLink(t, e.Netns, e.Ifname, func(link netlink.Link) error { return netlink.AddrAdd(link, addr) })
}

// introduce tells devices each other's addresses, so that they need not ask by
// broadcast.
func introduce(t testing.TB, ends ...lab.End) {
	t.Helper()
	for i, e := range ends {
		for j, other := range ends {
			if i == j {
				continue
			}
			inNetns(t, e.Netns, func() error {
				return netlink.NeighSet(&netlink.Neigh{
					LinkIndex: e.Ifindex, State: netlink.NUD_PERMANENT,
					IP: other.IPv4.Addr().AsSlice(), HardwareAddr: other.MAC,
				})
			})
		}
	}
}
