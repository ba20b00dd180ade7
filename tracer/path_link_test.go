// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// addPair joins namespaces by a further veth pair, without addresses. What it
// returns serves wherever a lab does, except to lab.Down. The pair goes with
// the test.
func addPair(t testing.TB, in, names [2]string) *lab.Lab {
	t.Helper()
	addLink(t, in[0], names[0], func(attrs netlink.LinkAttrs) error {
		peer, err := netns.GetFromName(in[1])
		if err != nil {
			return err
		}
		defer peer.Close()
		return netlink.LinkAdd(&netlink.Veth{
			LinkAttrs: attrs, PeerName: names[1], PeerNamespace: netlink.NsFd(int(peer)),
		})
	})
	l := &lab.Lab{Name: names[0]}
	for i := range l.Ends {
		l.Ends[i] = setUp(t, in[i], names[i])
	}
	waitCarrier(t, l.Ends[:]...)
	return l
}

// addUpper makes a device in one namespace on top of one that may be in
// another. The test is skipped where the kernel has no such devices.
func addUpper(t testing.TB, lower lab.End, in, name string, link func(netlink.LinkAttrs) netlink.Link) lab.End {
	t.Helper()
	addLink(t, lower.Netns, "", func(netlink.LinkAttrs) error {
		to, err := netns.GetFromName(in)
		if err != nil {
			return err
		}
		defer to.Close()
		attrs := named(name)
		attrs.ParentIndex, attrs.Namespace = lower.Ifindex, netlink.NsFd(int(to))
		return netlink.LinkAdd(link(attrs))
	})
	delAtEnd(t, in, name)
	e := setUp(t, in, name)
	waitCarrier(t, e)
	return e
}

// addLink calls add in a namespace to make a device, which goes with the test.
func addLink(t testing.TB, in, name string, add func(netlink.LinkAttrs) error) {
	t.Helper()
	var unsupported bool
	inNetns(t, in, func() error {
		err := add(named(name))
		unsupported = errors.Is(err, unix.EOPNOTSUPP)
		if unsupported {
			return nil
		}
		return err
	})
	if unsupported {
		t.Skip("this kernel has no such kind of device, or not its module")
	}
	if name != "" {
		delAtEnd(t, in, name)
	}
}

func named(name string) netlink.LinkAttrs {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	return attrs
}

func delAtEnd(t testing.TB, in, name string) {
	t.Cleanup(func() {
		onLink(t, in, name, func(link netlink.Link) error {
			if link == nil {
				return nil
			}
			return netlink.LinkDel(link)
		})
	})
}

// onLink calls fn in a namespace with the device of that name, nil if there is
// none.
func onLink(t testing.TB, in, name string, fn func(netlink.Link) error) {
	t.Helper()
	inNetns(t, in, func() error {
		link, err := netlink.LinkByName(name)
		if errors.As(err, new(netlink.LinkNotFoundError)) {
			return fn(nil)
		}
		if err != nil {
			return err
		}
		return fn(link)
	})
}

// setUp sets a device up, without an address of its own: with one the kernel
// would send neighbour discovery.
func setUp(t testing.TB, in, name string) lab.End {
	t.Helper()
	onLink(t, in, name, func(link netlink.Link) error {
		const none = 1 // IN6_ADDR_GEN_MODE_NONE
		// A device whose MTU is below 1280 has no IPv6.
		if err := netlink.LinkSetIP6AddrGenMode(link, none); err != nil && !errors.Is(err, unix.EAFNOSUPPORT) {
			return err
		}
		return netlink.LinkSetUp(link)
	})
	return endOf(t, in, name)
}

// waitCarrier waits until devices may send: before, all is dropped.
func waitCarrier(t testing.TB, ends ...lab.End) {
	t.Helper()
	for _, e := range ends {
		up := func() (up bool) {
			onLink(t, e.Netns, e.Ifname, func(link netlink.Link) error {
				state := link.Attrs().OperState
				up = state == netlink.OperUp || state == netlink.OperUnknown
				return nil
			})
			return up
		}
		if !poll(up) {
			t.Fatalf("%s has no carrier", e.Ifname)
		}
	}
}
