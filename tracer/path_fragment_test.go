// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// Each fragment is a hop. The first has the ports, the others are a flow
// without.
func TestPathFragments(t *testing.T) {
	onceInVM(t)
	for _, ipv6 := range []bool{false, true} {
		name := map[bool]string{false: "IPv4", true: "IPv6"}[ipv6]
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			send(t, l, lab.Ping{IPv6: ipv6, Count: 1, CPU: -1})
			tr := startTrace(t, Options{Filter: onLab(l)})
			m := newMeter(t, tr, l)
			// Of 1480 bytes at most (IPv6: 1448), with 8 of UDP.
			const count, fragments = 200, 3
			send(t, l, lab.UDP{IPv6: ipv6, Size: 4000, Count: count, CPU: -1})
			got := m.settle()
			m.wantExact(got[:], 0)
			if got[1].kernel.rxPackets < count*fragments {
				t.Fatalf("%d packets, want %d at least: the test says nothing", got[1].kernel.rxPackets, count*fragments)
			}
			var first, rest uint64
			for _, f := range snapshot(t, tr).Flows {
				switch {
				case f.Key.Proto != protoUDP:
				case f.Key.Src.Port() != 0 && f.Key.Dst.Port() != 0:
					first += f.Hops
				case f.Key.Src.Port() == 0 && f.Key.Dst.Port() == 0:
					rest += f.Hops
				default:
					t.Errorf("%v has one port", f.Key)
				}
			}
			lost := got[1].missed + got[1].unseen()
			if first+rest+lost < count*fragments || first > count || rest > count*(fragments-1) {
				t.Errorf("%d hops of first fragments, %d of others, lost %d, want %d and %d",
					first, rest, lost, count, count*(fragments-1))
			}
		})
	}
}

// Extension headers are looked behind.
func TestPathExtensionHeaders(t *testing.T) {
	onceInVM(t)
	pad := []byte{0, 0, 1, 4, 0, 0, 0, 0} // next header, length; PadN of six bytes
	tests := map[string][]int{
		"destination options":                {unix.IPV6_DSTOPTS},
		"hop-by-hop":                         {unix.IPV6_HOPOPTS},
		"hop-by-hop and destination options": {unix.IPV6_HOPOPTS, unix.IPV6_DSTOPTS},
	}
	for name, options := range tests {
		if skipInVM(name, "hop-by-hop and destination options") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			send(t, l, lab.Ping{IPv6: true, Count: 1, CPU: -1})
			tr := startTrace(t, Options{Filter: onLab(l)})
			m := newMeter(t, tr, l)
			from := netip.AddrPortFrom(l.Ends[0].IPv6.Addr(), 40001)
			to := netip.AddrPortFrom(l.Ends[1].IPv6.Addr(), 40002)
			const count = 200
			inNetns(t, l.Ends[0].Netns, func() error {
				fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					return err
				}
				defer unix.Close(fd)
				for _, option := range options {
					if err := unix.SetsockoptString(fd, unix.IPPROTO_IPV6, option, string(pad)); err != nil {
						return err
					}
				}
				if err := unix.Bind(fd, sockaddrOf(from)); err != nil {
					return err
				}
				for range count {
					if err := unix.Sendto(fd, []byte("datagram"), 0, sockaddrOf(to)); err != nil {
						return err
					}
				}
				return nil
			})
			got := m.settle()
			m.wantExact(got[:], 0)
			f := flowIn(snapshot(t, tr), FlowKey{Proto: protoUDP, Src: from, Dst: to})
			// Ethernet, IPv6, extension headers, UDP, payload.
			each := uint64(14 + 40 + 8*len(options) + 8 + 8)
			if lost := got[1].missed + got[1].unseen(); f.Hops+lost < count || f.Hops > count || f.Bytes != f.Hops*each {
				t.Errorf("%d hops of %d bytes, lost %d, want %d of %d bytes each", f.Hops, f.Bytes, lost, count, each)
			}
		})
	}
}
