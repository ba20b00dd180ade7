// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/nsenter"
)

// handleIn returns a netlink handle in an open namespace, to which it stays
// bound; the caller closes it. Another namespace than the own one needs
// CAP_SYS_ADMIN. Of the families it opens only routing: others would load their
// modules.
func handleIn(ns *os.File) (h *netlink.Handle, err error) {
	err = nsenter.In(ns, func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("opening netlink in %s: %w", ns.Name(), err)
	}
	return h, nil
}
