// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"net/netip"
	"strings"
)

// Variant is a way from a client to a server, to be compared with others. Where
// there is a host in between, the server is behind its uplink, over the same
// wire for all: a veth pair.
type Variant struct {
	Name string
	// Text says in a few words what is between client and server.
	Text string

	shape Shape
	// ends picks client and server; nil is those of the lab.
	ends func(*Lab) [2]End
}

// Names of variants that others are compared with.
const (
	VariantLoopback = "loopback"
	VariantHost     = "host"
)

// Variants returns all there are. The kernel need not have all of them.
func Variants() []Variant {
	return []Variant{
		{Name: VariantLoopback, Text: "loopback of one namespace", shape: Shape{Topology: Veth}, ends: loopbackEnds},
		{Name: VariantHost, Text: "the host itself, to its uplink", shape: Shape{Topology: Routed, Containers: 1}, ends: hostEnds},
		{Name: "veth", Text: "a veth pair between two containers", shape: Shape{Topology: Veth}},
		{Name: "netkit", Text: "a netkit pair between two containers", shape: Shape{Topology: Netkit}},
		{Name: "bridge", Text: "a container on veth, bridge and NAT, to the uplink", shape: Shape{Topology: Bridge, Containers: 1}},
		{Name: "routed", Text: "a container on veth, routed by the host, to the uplink", shape: Shape{Topology: Routed, Containers: 1}},
		{Name: "macvlan", Text: "a container on macvlan, to the uplink", shape: Shape{Topology: Macvlan, Containers: 1}},
		{Name: "ipvlan-l2", Text: "a container on ipvlan l2, to the uplink", shape: Shape{Topology: IPVlanL2, Containers: 1}},
		{Name: "ipvlan-l3", Text: "a container on ipvlan l3, to the uplink", shape: Shape{Topology: IPVlanL3, Containers: 1}},
		{Name: "ipvlan-l3s", Text: "a container on ipvlan l3s, to the uplink", shape: Shape{Topology: IPVlanL3S, Containers: 1}},
	}
}

// FindVariant returns the variant of that name.
func FindVariant(name string) (Variant, error) {
	var names []string
	for _, v := range Variants() {
		if v.Name == name {
			return v, nil
		}
		names = append(names, v.Name)
	}
	return Variant{}, fmt.Errorf("there is no variant %q: choose from %s", name, strings.Join(names, ", "))
}

// HasHost says that the variant leads over a host, which can be at a [Wire].
func (v Variant) HasHost() bool { return !v.shape.Topology.pair() }

// Up makes a lab of that name for the variant, whose ends are client and server,
// and which [Down] takes down. With a wire, nil for none, the server is at its
// remote end. The error is [errors.ErrUnsupported] when the kernel has no such
// devices, and [ErrExists] when there is a lab of that name.
func (v Variant) Up(name string, wire *Wire) (*Lab, error) {
	shape := v.shape
	shape.Wire = wire
	l, err := Up(Options{Name: name, New: true, Shape: shape})
	if err != nil {
		return nil, err
	}
	if v.ends != nil {
		l.Ends = v.ends(l)
	}
	return l, nil
}

func loopbackEnds(l *Lab) [2]End {
	lo := Loopback(l.Ends[0])
	return [2]End{lo, lo}
}

func hostEnds(l *Lab) [2]End { return [2]End{*l.Host, *l.Uplink} }

// Loopback is lo of the namespace that an end is in, which is number 1 of each.
func Loopback(e End) End {
	lo := End{
		Netns: e.Netns, NetnsInode: e.NetnsInode, Ifname: "lo", Ifindex: 1, Up: true,
		IPv4: netip.MustParsePrefix("127.0.0.1/8"),
	}
	if e.IPv6.IsValid() {
		lo.IPv6 = netip.MustParsePrefix("::1/128")
	}
	return lo
}

// Has says whether a device is the lab's, or one that it uses. Of a namespace
// that was there before, those are few of its devices.
func (l *Lab) Has(netns uint64, ifname string) bool {
	for _, d := range l.devices {
		if d.inode == netns && (d.ifname == ifname || d.ifname == "") {
			return true
		}
	}
	return false
}

// labDevice is a device of a namespace, or all of them if it has no name.
type labDevice struct {
	inode  uint64
	ifname string
}

// devicesOf are those that a plan makes or uses.
func (j *journal) devicesOf(p *plan) (all []labDevice) {
	add := func(ref, ifname string) {
		k, _ := j.known(ref)
		if k.Made {
			ifname = ""
		}
		all = append(all, labDevice{k.Inode, ifname})
	}
	for _, e := range p.ends {
		add(e.netns, e.ifname)
	}
	for _, st := range p.steps {
		if st.Link != nil {
			add(st.Link.Netns, st.Link.Name)
		}
	}
	return all
}
