// SPDX-License-Identifier: Apache-2.0

package path

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// sourceOf asks the kernel for the address it would send from, without sending.
func sourceOf(to unix.Sockaddr) (netip.AddrPort, error) {
	family := unix.AF_INET
	if _, ok := to.(*unix.SockaddrInet6); ok {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("opening socket: %w", err)
	}
	defer unix.Close(fd)
	if port := portOf(to); port == 0 {
		to = withPort(to, 1) // a connection to port 0 there is not
	}
	if err := unix.Connect(fd, to); err != nil {
		return netip.AddrPort{}, fmt.Errorf("looking for a route: %w", err)
	}
	return nameOf(fd)
}

func unspecified(to netip.Addr) netip.Addr {
	if to.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// sockaddr returns the address of a socket. A zone is a device's name or number
// in the namespace of the thread.
func sockaddr(addr netip.Addr, port uint16) (unix.Sockaddr, error) {
	if addr.Is4() {
		return &unix.SockaddrInet4{Port: int(port), Addr: addr.As4()}, nil
	}
	sa := &unix.SockaddrInet6{Port: int(port), Addr: addr.As16()}
	if zone := addr.Zone(); zone != "" {
		if index, err := strconv.ParseUint(zone, 10, 32); err == nil {
			sa.ZoneId = uint32(index)
			return sa, nil
		}
		device, err := net.InterfaceByName(zone)
		if err != nil {
			return nil, fmt.Errorf("finding device %q of address %v: %w", zone, addr, err)
		}
		sa.ZoneId = uint32(device.Index)
	}
	return sa, nil
}

func portOf(sa unix.Sockaddr) int {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return sa.Port
	case *unix.SockaddrInet6:
		return sa.Port
	}
	return 0
}

func withPort(sa unix.Sockaddr, port int) unix.Sockaddr {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		c := unix.SockaddrInet4{Port: port, Addr: sa.Addr}
		return &c
	case *unix.SockaddrInet6:
		c := unix.SockaddrInet6{Port: port, Addr: sa.Addr, ZoneId: sa.ZoneId}
		return &c
	}
	return sa
}

// nameOf returns a socket's own address.
func nameOf(fd int) (netip.AddrPort, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("reading address of socket: %w", err)
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), nil
	case *unix.SockaddrInet6:
		addr := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			addr = addr.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return netip.AddrPortFrom(addr, uint16(sa.Port)), nil
	}
	return netip.AddrPort{}, fmt.Errorf("reading address of socket: %T is of no known family", sa)
}
