// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// A GSO packet may be larger than what a length of 16 bits can say.
func TestPathBigTCP(t *testing.T) {
	onceInVM(t)
	for _, tt := range []struct {
		name         string
		ipv6         bool
		major, minor int
		set          [2]func(netlink.Link, int) error
	}{
		{"IPv6", true, 5, 19, [2]func(netlink.Link, int) error{netlink.LinkSetGSOMaxSize, netlink.LinkSetGROMaxSize}},
		{"IPv4", false, 6, 3, [2]func(netlink.Link, int) error{netlink.LinkSetGSOIPv4MaxSize, netlink.LinkSetGROIPv4MaxSize}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !kernelAtLeast(tt.major, tt.minor) {
				t.Skipf("packets of %s larger than 64 KiB: since %d.%d", tt.name, tt.major, tt.minor)
			}
			l := newLab(t)
			for _, e := range l.Ends {
				onLink(t, e.Netns, e.Ifname, func(link netlink.Link) error {
					const size = 185_000
					return errors.Join(tt.set[0](link, size), tt.set[1](link, size))
				})
			}
			tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{}})
			m := newMeter(t, tr, l)
			hops := readHops(t, tr)
			send(t, l, lab.Stream{IPv6: tt.ipv6, Bytes: 64 << 20, CPU: -1})
			got := m.settle()
			m.wantExact(got[:], 0)

			var big, largest uint32
			for _, h := range hops.all() {
				largest = max(largest, h.LenBytes)
				if h.LenBytes <= 65536 {
					continue
				}
				big++
				if !h.HasFlow || h.Flow.Proto != unix.IPPROTO_TCP || h.Flow.Src.Port() == 0 || h.Flow.Dst.Port() == 0 {
					t.Errorf("%d bytes: flow %v, want TCP with its ports", h.LenBytes, h.Flow)
				}
				if least := h.LenBytes / 1500; h.GSOSegs < least {
					t.Errorf("%d bytes in %d segments, want at least %d", h.LenBytes, h.GSOSegs, least)
				}
			}
			t.Logf("%d packets of more than 64 KiB, the largest of %d bytes", big, largest)
			if big == 0 {
				t.Errorf("the largest packet has %d bytes: the test says nothing", largest)
			}
			if s := snapshot(t, tr); s.Losses.Ringbuf > 0 {
				t.Errorf("%d hops were not read", s.Losses.Ringbuf)
			}
		})
	}
}
