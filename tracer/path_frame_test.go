// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// etherLocal is an EtherType for local experiments: nothing receives it.
const etherLocal = 0x88b5

func ethernet(dst, src net.HardwareAddr, etherType uint16) []byte {
	f := append(append([]byte{}, dst...), src...)
	return binary.BigEndian.AppendUint16(f, etherType)
}

// udpIn appends a datagram with its IPv4 header to a frame.
func udpIn(frame []byte, from, to netip.AddrPort, payload int) []byte {
	const ipHeader, udpHeader = 20, 8
	ip := make([]byte, ipHeader+udpHeader+payload)
	ip[0], ip[8], ip[9] = 0x45, 64, protoUDP
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	copy(ip[12:], from.Addr().AsSlice())
	copy(ip[16:], to.Addr().AsSlice())
	binary.BigEndian.PutUint16(ip[10:], checksum(ip[:ipHeader]))
	udp := ip[ipHeader:]
	binary.BigEndian.PutUint16(udp, from.Port())
	binary.BigEndian.PutUint16(udp[2:], to.Port())
	binary.BigEndian.PutUint16(udp[4:], uint16(len(udp)))
	return append(frame, ip...)
}

// checksum is that of an IPv4 header, of even length.
func checksum(p []byte) uint16 {
	var sum uint32
	for i := 0; i < len(p); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// sendFrames sends a whole frame n times out of a device.
func sendFrames(t testing.TB, e lab.End, frame []byte, n int) {
	t.Helper()
	inNetns(t, e.Netns, func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		to := &unix.SockaddrLinklayer{Ifindex: e.Ifindex, Protocol: binary.NativeEndian.Uint16(frame[12:])}
		for range n {
			if err := unix.Sendto(fd, frame, 0, to); err != nil {
				return err
			}
		}
		return nil
	})
}

// tap counts the packets that the kernel gives to protocols for a device.
type tap struct {
	t  testing.TB
	fd int
}

// tapOf starts to count what the device receives, until the end of the test.
func tapOf(t testing.TB, e lab.End) *tap {
	t.Helper()
	p := &tap{t, -1}
	inNetns(t, e.Netns, func() (err error) {
		p.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.SetsockoptInt(p.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
			return err
		}
		const all = unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8
		return unix.Bind(p.fd, &unix.SockaddrLinklayer{Ifindex: e.Ifindex, Protocol: all})
	})
	t.Cleanup(func() { unix.Close(p.fd) })
	return p
}

// packets returns how many there were since it was last asked.
func (p *tap) packets() uint64 {
	p.t.Helper()
	s, err := unix.GetsockoptTpacketStats(p.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		p.t.Fatal(err)
	}
	return uint64(s.Packets)
}
