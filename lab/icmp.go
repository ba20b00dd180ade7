// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

const (
	echoRequest4, echoReply4 = 8, 0
	echoRequest6, echoReply6 = 128, 129

	echoHeader = 8
	solRaw     = 255 // SOL_RAW
	icmpFilter = 1   // ICMP_FILTER of linux/icmp.h: a bit set is a type blocked
)

// newICMP opens a raw socket that receives echo replies from one address.
func newICMP(to netip.Addr) (*socket, error) {
	protocol := unix.IPPROTO_ICMP
	if to.Is6() {
		protocol = unix.IPPROTO_ICMPV6
	}
	s, err := newSocket(to, unix.SOCK_RAW, protocol)
	if errors.Is(err, unix.EPERM) {
		return nil, fmt.Errorf("%w: run as root, or with CAP_NET_RAW", err)
	}
	if err != nil {
		return nil, err
	}
	if to.Is6() {
		var f unix.ICMPv6Filter
		for i := range f.Data {
			f.Data[i] = ^uint32(0)
		}
		f.Data[echoReply6/32] &^= 1 << (echoReply6 % 32)
		err = unix.SetsockoptICMPv6Filter(s.fd, unix.SOL_ICMPV6, unix.ICMPV6_FILTER, &f)
	} else {
		err = unix.SetsockoptInt(s.fd, solRaw, icmpFilter, ^(1 << echoReply4))
	}
	if err != nil {
		err = fmt.Errorf("filtering ICMP: %w", err)
	} else {
		err = s.connect(netip.AddrPortFrom(to, 0))
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// putEcho fills in the header of an echo request whose payload is p[8:]. For
// IPv6 the kernel computes the checksum, which covers the addresses.
func putEcho(p []byte, ipv6 bool, id, seq uint16) {
	p[0], p[1], p[2], p[3] = echoRequest4, 0, 0, 0
	if ipv6 {
		p[0] = echoRequest6
	}
	binary.BigEndian.PutUint16(p[4:], id)
	binary.BigEndian.PutUint16(p[6:], seq)
	if !ipv6 {
		binary.BigEndian.PutUint16(p[2:], checksum(p))
	}
}

// isReply says whether p, as a raw socket returns it, answers id and seq. An
// IPv4 raw socket returns the IP header too, an IPv6 one does not.
func isReply(p []byte, ipv6 bool, id, seq uint16) bool {
	want := byte(echoReply6)
	if !ipv6 {
		want = echoReply4
		if len(p) == 0 || len(p) < int(p[0]&15)*4 {
			return false
		}
		p = p[int(p[0]&15)*4:]
	}
	return len(p) >= echoHeader && p[0] == want &&
		binary.BigEndian.Uint16(p[4:]) == id && binary.BigEndian.Uint16(p[6:]) == seq
}

// checksum is the Internet checksum of RFC 1071.
func checksum(p []byte) uint16 {
	var sum uint32
	for ; len(p) >= 2; p = p[2:] {
		sum += uint32(binary.BigEndian.Uint16(p))
	}
	if len(p) == 1 {
		sum += uint32(p[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
