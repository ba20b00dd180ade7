// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// State is what causes are decided by, in the namespace where the packet ended.
type State struct {
	Netns tracer.Netns
	// Own is the inode of the namespace that commands run in by themselves.
	Own uint32
	// Machine has the devices of all namespaces.
	Machine []*inventory.Namespace
	// Sysctl has what could be read of the settings, by name.
	Sysctl map[string]string
	// To is the route to the packet's destination, Back that to its source.
	To, Back Route
	// SenderTTL is the default TTL or hop limit where the packet was sent, 0 if
	// it is not known.
	SenderTTL int
	// Neighbour is the entry of the next hop, as `ip neigh` calls its state;
	// empty if there is none.
	Neighbour string
	// Ports are the ports of bridges, by name.
	Ports map[string]Port
	// STP has the bridges that run it.
	STP map[string]bool
	// Peer has the ports of the namespace with the bridge that the other end of
	// the device it was to leave by is a port of; nil if there is none.
	Peer *State
	// Qdiscs are the kinds of the root qdiscs, by device.
	Qdiscs map[string]string
	// Sockets are those of the packet's protocol and destination port.
	Sockets []Socket
	// ChecksumErrors is the counter of packets of the protocol whose checksum
	// was wrong, BadChecksums its value.
	ChecksumErrors string
	BadChecksums   uint64
	// Filter looks for rules of nftables that end the packet.
	Filter func(hooks ...string) (Rules, error)
	// FilterAnswer looks for those that end an answer from here.
	FilterAnswer func(hooks ...string) (Rules, error)
}

// Route is where the kernel would send to.
type Route struct {
	// Error is why there is none, 0 if there is one: ENETUNREACH when none
	// matches, EHOSTUNREACH, EACCES or EINVAL for a route of type unreachable,
	// prohibit or blackhole.
	Error unix.Errno
	// Device is the device it goes by, Gateway the next hop, if there is one.
	Device  string
	Gateway netip.Addr
	// Local is whether the address is the namespace's own.
	Local bool
	// MTU is what the route allows, in bytes; 0 for no limit of its own.
	// Learned is whether an ICMP error said so.
	MTU     int
	Learned bool
	// Match is the route of type unreachable, prohibit or blackhole, as `ip
	// route del` takes it.
	Match string
}

// Port is the state of a port of a bridge.
type Port struct {
	// State is BR_STATE_*: 0 disabled, 1 listening, 2 learning, 3 forwarding, 4
	// blocking.
	State    uint8
	Isolated bool
}

// Socket is one that may take the packet.
type Socket struct {
	Addr netip.AddrPort
	// Queue is how many bytes wait in it, or connections if it listens to TCP;
	// Drops is how often UDP found no place.
	Queue, Drops uint64
}

// takes says whether packets to an address come to it.
func (s Socket) takes(to netip.AddrPort) bool {
	return s.Addr.Port() == to.Port() && (s.Addr.Addr().IsUnspecified() || s.Addr.Addr() == to.Addr())
}

// device returns a device of a namespace by name, nil if it is not there.
func (s *State) device(ns uint32, name string) *inventory.Device {
	n := s.namespace(ns)
	if n == nil {
		return nil
	}
	for i := range n.Devices {
		if n.Devices[i].Ifname == name {
			return &n.Devices[i]
		}
	}
	return nil
}

func (s *State) namespace(inode uint32) *inventory.Namespace {
	for _, n := range s.Machine {
		if n.Inode == inode {
			return n
		}
	}
	return nil
}

// named returns a namespace with its name.
func (s *State) named(inode uint32) tracer.Netns {
	if n := s.namespace(inode); n != nil {
		return tracer.Netns{Inode: n.Inode, Name: n.Name, Path: n.Path}
	}
	return tracer.Netns{Inode: inode}
}
