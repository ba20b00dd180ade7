// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"net"
	"net/netip"
)

var (
	// ErrNoLab says that no lab of that name was made.
	ErrNoLab = errors.New("there is no such lab")
	// ErrIncomplete says that the maker of a lab died on the way, or that
	// somebody took part of it away. [Up] makes it anew, [Down] removes it.
	ErrIncomplete = errors.New("the lab is incomplete")
	// ErrExists says that there is a lab of that name already, which
	// [Options.New] does not accept.
	ErrExists = errors.New("there is a lab of that name already; take it down or choose another name")
	// ErrForeign says that a namespace of the lab's name exists which the lab
	// did not make. It is never touched.
	ErrForeign = errors.New("this lab did not make it, so it stays untouched; remove it with ip netns del or choose another lab name")
)

// Options says what lab to make.
type Options struct {
	// Name is 1 to 32 characters of a-z, 0-9 and -; "" means [DefaultName].
	Name string
	// New makes it an error when there is a lab of that name: who takes it down
	// again takes nobody's.
	New bool
	// Shape is what to make. The zero value is two namespaces and a veth pair,
	// and accepts a lab of any shape that is there.
	Shape
}

// Lab is what a lab looked like when it was read; it does not change later.
type Lab struct {
	Name string
	// Ends are what traffic goes between: the two ends of a pair, or the first
	// container and the uplink.
	Ends [2]End
	// Shape is what it was made as.
	Shape Shape
	// Containers are a, b, ...
	Containers []End
	// Host and Uplink are nil in a pair. The host's end is its device to the
	// uplink.
	Host, Uplink *End
	// Changes are those made with [Apply], the first one first.
	Changes []Change

	// devices are what [Lab.Has] knows.
	devices []labDevice
}

// End is a device with addresses in one of the lab's namespaces.
type End struct {
	// Netns is the name under /run/netns, or the path, for one that was there.
	Netns string
	// NetnsInode is the number the kernel knows the namespace by (ns.inum).
	NetnsInode uint64
	// Ifname is the device's name, eth0 everywhere.
	Ifname string
	// Ifindex means something only inside the namespace; both ends may have
	// the same.
	Ifindex int
	MAC     net.HardwareAddr
	IPv4    netip.Prefix
	// IPv6 is not valid on a kernel without IPv6.
	IPv6 netip.Prefix
	// Up says that the device is up and has its carrier, which veth gives
	// when both ends are up.
	Up bool
	// RXPackets and TXPackets are the device's own counters (`ip -s link`).
	// One GSO packet of many segments counts as one.
	RXPackets, TXPackets uint64
}
