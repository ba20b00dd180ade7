// SPDX-License-Identifier: Apache-2.0

package path

import (
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	echoHeader = 8

	solRaw     = 255 // SOL_RAW
	icmpFilter = 1   // ICMP_FILTER of linux/icmp.h: a bit set is a type blocked
)

// firstID is where the numbers of pings begin: each probe has one of its own.
// Others who ping from the same address begin elsewhere, with luck of 1 in 65536.
func firstID() uint16 { return uint16(os.Getpid()*7919) ^ uint16(time.Now().UnixNano()>>10) }

// onlyReplies makes a raw socket receive echo replies only.
func onlyReplies(fd int, proto uint8) error {
	if proto == protoICMP {
		return unix.SetsockoptInt(fd, solRaw, icmpFilter, ^(1 << icmpEchoReply))
	}
	var f unix.ICMPv6Filter
	for i := range f.Data {
		f.Data[i] = ^uint32(0)
	}
	f.Data[icmp6EchoReply/32] &^= 1 << (icmp6EchoReply % 32)
	return unix.SetsockoptICMPv6Filter(fd, unix.SOL_ICMPV6, unix.ICMPV6_FILTER, &f)
}

// echoRequest makes a ping. For IPv6 the kernel computes the checksum.
func echoRequest(proto uint8, id uint16, number, size int) []byte {
	p := make([]byte, echoHeader+size)
	p[0] = icmpEcho
	if proto == protoICMPv6 {
		p[0] = icmp6Echo
	}
	binary.BigEndian.PutUint16(p[4:], id)
	binary.BigEndian.PutUint16(p[6:], uint16(number))
	payload(p[echoHeader:], number)
	if proto == protoICMP {
		binary.BigEndian.PutUint16(p[2:], checksum(p))
	}
	return p
}

// isReply says whether p, as a raw socket returns it, answers the ping with this
// id. An IPv4 raw socket returns the IP header too, an IPv6 one does not.
func isReply(p []byte, proto uint8, id uint16) bool {
	want := byte(icmp6EchoReply)
	if proto == protoICMP {
		want = icmpEchoReply
		if len(p) == 0 || len(p) < int(p[0]&15)*4 {
			return false
		}
		p = p[int(p[0]&15)*4:]
	}
	return len(p) >= echoHeader && p[0] == want && binary.BigEndian.Uint16(p[4:]) == id
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
