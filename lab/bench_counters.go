// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// SentPackets is how many packets both ends of a lab have sent so far, as their
// devices count (tx_packets); a device that is both ends counts once.
func SentPackets(l *Lab) (uint64, error) {
	sum, err := sentPackets(l.Ends[0])
	if err != nil || l.Ends[0].NetnsInode == l.Ends[1].NetnsInode && l.Ends[0].Ifindex == l.Ends[1].Ifindex {
		return sum, err
	}
	n, err := sentPackets(l.Ends[1])
	return sum + n, err
}

func sentPackets(e End) (n uint64, err error) {
	err = InNetns(e.Netns, func() error {
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("opening netlink: %w", err)
		}
		defer h.Close()
		link, err := h.LinkByIndex(e.Ifindex)
		if err != nil {
			return fmt.Errorf("finding device %q: %w", e.Ifname, err)
		}
		if stats := link.Attrs().Statistics; stats != nil {
			n = stats.TxPackets
		}
		return nil
	})
	return n, err
}
