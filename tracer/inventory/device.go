// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Device is a network device.
type Device struct {
	Ifindex uint32
	Ifname  string
	// Kind is what `ip -d link` calls it: veth, bridge, ...; loopback for lo,
	// empty for a device without one, such as a network card.
	Kind string
	// State is the operational state as `ip link` writes it, in lower case.
	State string
	// Up says that it was set up.
	Up  bool
	MAC string
	MTU int
	// Addresses are its own, with the length of their prefix.
	Addresses []netip.Prefix
	// Master is the device it is a port of, MasterKind that one's kind: bridge,
	// bond, ... Empty for none.
	Master, MasterKind string
	// Peer is the other end of a veth or netkit pair, Parent the device that a
	// VLAN, macvlan or ipvlan is on; nil if it is neither, or not found.
	Peer, Parent *End
	// PeerUnseen says that it has a peer or parent in a namespace that was not
	// found or could not be read.
	PeerUnseen bool
}

// End is a device at the other end of a pair, or below another.
type End struct {
	Netns     uint32
	NetnsName string
	Ifindex   uint32
	Ifname    string
	// Bridge is the bridge it is a port of, in its namespace.
	Bridge string
}

// states are the words of `ip link` for RFC 2863.
var states = map[netlink.LinkOperState]string{
	netlink.OperUnknown: "unknown", netlink.OperNotPresent: "notpresent", netlink.OperDown: "down",
	netlink.OperLowerLayerDown: "lowerlayerdown", netlink.OperTesting: "testing",
	netlink.OperDormant: "dormant", netlink.OperUp: "up",
}

// readLinks lists the devices of a namespace.
func readLinks(h *netlink.Handle) ([]netlink.Link, error) {
	links, err := uninterrupted(h.LinkList)
	if err != nil {
		return nil, fmt.Errorf("listing devices: %w", err)
	}
	slices.SortFunc(links, func(a, b netlink.Link) int { return cmp.Compare(a.Attrs().Index, b.Attrs().Index) })
	return links, nil
}

// uninterrupted lists something again while it changes. After some times, what
// was read is of use as it is.
func uninterrupted[T any](list func() ([]T, error)) (all []T, err error) {
	for range 5 {
		all, err = list()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return all, err
		}
	}
	return all, nil
}

// devicesOf turns links and addresses into devices.
func devicesOf(h *netlink.Handle, links []netlink.Link) ([]Device, error) {
	addrs, err := uninterrupted(func() ([]netlink.Addr, error) { return h.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("listing addresses: %w", err)
	}
	byIndex := make(map[int]netlink.Link)
	for _, l := range links {
		byIndex[l.Attrs().Index] = l
	}
	devices := make([]Device, len(links))
	for i, l := range links {
		devices[i] = deviceOf(l, byIndex)
		for _, a := range addrs {
			if a.LinkIndex == l.Attrs().Index {
				devices[i].Addresses = append(devices[i].Addresses, prefixOf(a))
			}
		}
	}
	return devices, nil
}

func deviceOf(l netlink.Link, byIndex map[int]netlink.Link) Device {
	a := l.Attrs()
	d := Device{
		Ifindex: uint32(a.Index), Ifname: a.Name, Kind: kindOf(l), State: states[a.OperState],
		Up: a.RawFlags&unix.IFF_UP != 0, MAC: a.HardwareAddr.String(), MTU: a.MTU,
	}
	if m := byIndex[a.MasterIndex]; m != nil && a.MasterIndex != 0 {
		d.Master, d.MasterKind = m.Attrs().Name, kindOf(m)
	}
	return d
}

func kindOf(l netlink.Link) string {
	switch {
	case l.Attrs().RawFlags&unix.IFF_LOOPBACK != 0:
		return "loopback"
	case l.Type() == "device":
		return ""
	}
	return l.Type()
}

func prefixOf(a netlink.Addr) netip.Prefix {
	ip, _ := netip.AddrFromSlice(a.IP)
	bits, _ := a.Mask.Size()
	return netip.PrefixFrom(ip.Unmap(), bits)
}
