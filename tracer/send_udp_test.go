// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// sendUDP sends n datagrams from end a to end b, from one port to another. With
// nobody there b answers some of them with ICMP.
func sendUDP(t testing.TB, l *lab.Lab, ipv6 bool, sport, dport uint16, n int) {
	t.Helper()
	from, to := l.Ends[0].IPv4.Addr(), l.Ends[1].IPv4.Addr()
	if ipv6 {
		from, to = l.Ends[0].IPv6.Addr(), l.Ends[1].IPv6.Addr()
	}
	inNetns(t, l.Ends[0].Netns, func() error {
		family := unix.AF_INET
		if ipv6 {
			family = unix.AF_INET6
		}
		fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := unix.Bind(fd, sockaddrOf(netip.AddrPortFrom(from, sport))); err != nil {
			return err
		}
		for range n {
			// Not connected, so that no ICMP error comes back to it.
			if err := unix.Sendto(fd, []byte("datagram"), 0, sockaddrOf(netip.AddrPortFrom(to, dport))); err != nil {
				return err
			}
		}
		return nil
	})
}

func sockaddrOf(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}
