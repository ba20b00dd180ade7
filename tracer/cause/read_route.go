// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer/path"
)

// routeTo asks the kernel for the route that the thread's namespace has to an
// address, by a device if it is given. That there is none is no error.
func routeTo(to netip.Addr, device string) (r Route, err error) {
	opts := &netlink.RouteGetOptions{Oif: device}
	routes, err := netlink.RouteGetWithOptions(to.AsSlice(), opts)
	if errors.As(err, &r.Error) {
		r.Match, err = special(to, r.Error)
		return r, err
	}
	if err != nil || len(routes) == 0 {
		return r, fmt.Errorf("looking for the route to %s: %w", to, err)
	}
	got := routes[0]
	r.Local = got.Type == unix.RTN_LOCAL
	r.Gateway, _ = netip.AddrFromSlice(got.Gw)
	r.Gateway = r.Gateway.Unmap()
	if via, ok := got.Via.(*netlink.Via); ok {
		r.Gateway, _ = netip.AddrFromSlice(via.Addr)
	}
	if link, err := netlink.LinkByIndex(got.LinkIndex); err == nil {
		r.Device = link.Attrs().Name
	}
	// What is in the tables has no MTU that an ICMP error taught.
	r.MTU = got.MTU
	opts.FIBMatch = true
	if table, err := netlink.RouteGetWithOptions(to.AsSlice(), opts); err == nil && len(table) > 0 {
		r.Learned = r.MTU != 0 && table[0].MTU != r.MTU
	}
	return r, nil
}

// types are the routes that lead to errors.
var types = map[unix.Errno]struct {
	number int
	name   string
}{
	unix.EINVAL:       {unix.RTN_BLACKHOLE, "blackhole"},
	unix.EHOSTUNREACH: {unix.RTN_UNREACHABLE, "unreachable"},
	unix.EACCES:       {unix.RTN_PROHIBIT, "prohibit"},
}

// special returns the route that leads to an error, as `ip route del` takes it;
// empty if it is not found.
func special(to netip.Addr, errno unix.Errno) (string, error) {
	kind, ok := types[errno]
	if !ok {
		return "", nil
	}
	family := netlink.FAMILY_V4
	if to.Is6() {
		family = netlink.FAMILY_V6
	}
	filter := &netlink.Route{Type: kind.number, Table: unix.RT_TABLE_UNSPEC}
	routes, err := netlink.RouteListFiltered(family, filter, netlink.RT_FILTER_TYPE|netlink.RT_FILTER_TABLE)
	if err != nil {
		return "", fmt.Errorf("listing routes: %w", err)
	}
	best, match := -1, ""
	for i := range routes {
		bits, prefix := 0, "default"
		if dst := routes[i].Dst; dst != nil {
			if !dst.Contains(to.AsSlice()) {
				continue
			}
			bits, _ = dst.Mask.Size()
			if bits > 0 {
				prefix = dst.String()
			}
		}
		if bits > best {
			best, match = bits, kind.name+" "+prefix+tableText(&routes[i])
		}
	}
	return match, nil
}

func tableText(r *netlink.Route) (text string) {
	if r.Table != unix.RT_TABLE_MAIN {
		text += fmt.Sprintf(" table %d", r.Table)
	}
	if r.Priority != 0 {
		text += fmt.Sprintf(" metric %d", r.Priority)
	}
	return text
}

var neighbourStates = map[int]string{
	netlink.NUD_INCOMPLETE: "INCOMPLETE", netlink.NUD_REACHABLE: "REACHABLE", netlink.NUD_STALE: "STALE",
	netlink.NUD_DELAY: "DELAY", netlink.NUD_PROBE: "PROBE", netlink.NUD_FAILED: "FAILED",
	netlink.NUD_NOARP: "NOARP", netlink.NUD_PERMANENT: "PERMANENT",
}

// neighbour returns the state of the next hop's entry.
func (s *State) neighbour(e *path.End) (string, error) {
	p := &problem{State: s, end: e}
	d := p.device(s.Netns.Inode, p.out())
	if d == nil {
		return "", nil
	}
	all, err := netlink.NeighList(int(d.Ifindex), netlink.FAMILY_ALL)
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return "", fmt.Errorf("listing neighbours: %w", err)
	}
	for _, n := range all {
		if a, ok := netip.AddrFromSlice(n.IP); ok && a.Unmap() == p.nextHop() {
			return neighbourStates[n.State], nil
		}
	}
	return "", nil
}
