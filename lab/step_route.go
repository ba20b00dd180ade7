// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// routeStep adds a route over a device.
type routeStep struct {
	Netns string `json:"netns"`
	Name  string `json:"name"`
	// To is 0.0.0.0/0 or ::/0 for the default route.
	To netip.Prefix `json:"to"`
	// Via is not valid when all that is there can be reached at once.
	Via netip.Addr `json:"via,omitzero"`
	// Theirs says that the device was there before: the route does not go with it.
	Theirs bool `json:"theirs,omitempty"`
}

func (r *routeStep) do(s *site) error {
	link, h, err := s.device(r.Netns, r.Name)
	if err != nil {
		return err
	}
	if err := h.RouteAdd(r.route(link)); err != nil && !noIPv6(r.To.Addr(), err) {
		return fmt.Errorf("adding route to %v in namespace %q: %w", r.To, r.Netns, err)
	}
	return nil
}

func (r *routeStep) route(link netlink.Link) *netlink.Route {
	route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: ipNet(r.To)}
	if r.Via.IsValid() {
		route.Gw = r.Via.AsSlice()
	} else if r.To.Addr().Is4() {
		route.Scope = netlink.SCOPE_LINK
	}
	return route
}

func (r *routeStep) undo(s *site) error {
	if !r.Theirs {
		return nil
	}
	link, h, err := s.device(r.Netns, r.Name)
	if isGone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := h.RouteDel(r.route(link)); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("deleting route to %v in namespace %q: %w", r.To, r.Netns, err)
	}
	return nil
}

func (r *routeStep) unscript() []string {
	if !r.Theirs {
		return nil
	}
	return r.command("del")
}

func (r *routeStep) script() []string { return r.command("add") }

func (r *routeStep) command(verb string) []string {
	family, to := "", r.To.String()
	if r.To.Addr().Is6() {
		family = "-6 "
	}
	if r.To.Bits() == 0 {
		to = "default"
	}
	if r.Via.IsValid() {
		to += " via " + r.Via.String()
	}
	return []string{ipFamily(r.Netns, family, "route %s %s dev %s", verb, to, r.Name)}
}
