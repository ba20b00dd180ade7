// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

// listTries is how often a list is asked for that changes while it is read.
const listTries = 10

// checkFree says what a namespace that is there has already of what the lab
// would add.
func (s *site) checkFree(ref string, subnet int) error {
	h, err := s.handle(ref)
	if err != nil {
		return err
	}
	if _, err := h.LinkByName(ifname); err == nil {
		return fmt.Errorf("it has a device %s already", ifname)
	} else if !errors.As(err, new(netlink.LinkNotFoundError)) {
		return fmt.Errorf("finding device %q: %w", ifname, err)
	}
	routes, err := listRoutes(h)
	if err != nil {
		return err
	}
	for _, r := range routes {
		if isDefault(r) {
			return errors.New("it has a default route already: its connection would change")
		}
		if err := clash(r, subnet); err != nil {
			return err
		}
	}
	return nil
}

func listRoutes(h *netlink.Handle) ([]netlink.Route, error) {
	routes, err := list(func() ([]netlink.Route, error) { return h.RouteList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("listing routes: %w", err)
	}
	return routes, nil
}

func isDefault(r netlink.Route) bool {
	to := prefixOf(r.Dst)
	return r.Dst == nil || to.IsValid() && to.Bits() == 0
}

// clash says that a route leads to one of the lab's networks.
func clash(r netlink.Route, subnet int) error {
	if isDefault(r) {
		return nil
	}
	to := prefixOf(r.Dst)
	for _, network := range []int{inside, outside} {
		for _, ours := range wholeNetwork(network, subnet).both() {
			if ours.Overlaps(to) {
				return fmt.Errorf("it has a route to %v, and the lab would use %v: choose another lab name", to, ours)
			}
		}
	}
	return nil
}

// list asks again while the list changes as it is read.
func list[T any](ask func() ([]T, error)) (all []T, err error) {
	for range listTries {
		if all, err = ask(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return all, err
}
