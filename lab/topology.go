// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"slices"
	"strings"
)

// Topology is how the namespaces of a lab are connected.
type Topology string

// The topologies. In all but the first two there is a namespace in the place of
// the host, one behind it as the uplink, and containers.
const (
	// Veth is two namespaces and a veth pair between them.
	Veth Topology = "veth"
	// Netkit is the same with a netkit pair: Linux 6.7, 35dfaad7188c ("netkit,
	// bpf: Add bpf programmable net device").
	Netkit Topology = "netkit"
	// Bridge is what Docker makes: each container on a veth to a bridge of the
	// host, which forwards to the uplink with NAT.
	Bridge Topology = "bridge"
	// Routed has no bridge and no NAT: the host is a router between its veths.
	Routed Topology = "routed"
	// Macvlan gives each container a device on top of the host's uplink device,
	// with an address of the uplink's network.
	Macvlan Topology = "macvlan"
	// IPVlanL2 does the same with one MAC for all.
	IPVlanL2 Topology = "ipvlan-l2"
	// IPVlanL3 has the host route for the containers, without its netfilter.
	IPVlanL3 Topology = "ipvlan-l3"
	// IPVlanL3S is the same with netfilter.
	IPVlanL3S Topology = "ipvlan-l3s"
)

// Topologies returns all there are.
func Topologies() []Topology {
	return []Topology{Veth, Netkit, Bridge, Routed, Macvlan, IPVlanL2, IPVlanL3, IPVlanL3S}
}

// pair says that there are just two ends.
func (t Topology) pair() bool { return t == Veth || t == Netkit }

// stacked says that containers have their device on top of the host's.
func (t Topology) stacked() bool {
	return t == Macvlan || t == IPVlanL2 || t == IPVlanL3 || t == IPVlanL3S
}

// maxContainers is for what a reader can still follow: a to p.
const maxContainers = 16

// Shape is what [Up] makes.
type Shape struct {
	// Topology is [Veth] when "".
	Topology Topology `json:"topology"`
	// Containers is how many; 0 means 2. A pair has two.
	Containers int `json:"containers"`
	// Netns are namespaces that are there, to use as the first containers: a
	// name under /run/netns, a path, or the ID of a process. Each gets an eth0,
	// an address and a default route, which [Down] removes; nothing else in it
	// changes. A pair can take one, as its end a.
	Netns []string `json:"netns,omitempty"`
	// MTU in bytes of the containers' devices and their peers; 0 leaves it.
	MTU int `json:"mtu,omitempty"`
	// Queues is how many transmit and receive queues these have; 0 leaves it.
	Queues int `json:"queues,omitempty"`
	// GRO of these, or of the device below, is turned "on" or "off"; "" leaves it.
	GRO string `json:"gro,omitempty"`
	// Wire is used instead of a host and an uplink of the lab's own, if it is not
	// nil.
	Wire *Wire `json:"wire,omitempty"`
}

// Check says what of a shape cannot be meant. It looks for no namespace.
func (s Shape) Check() error {
	s = s.withDefaults()
	switch {
	case !slices.Contains(Topologies(), s.Topology):
		return fmt.Errorf("there is no topology %q: choose from %s", s.Topology, topologyNames())
	case s.Topology.pair() && s.Containers != 2:
		return fmt.Errorf("topology %s has 2 ends, not %d", s.Topology, s.Containers)
	case s.Topology.pair() && len(s.Netns) > 1:
		return fmt.Errorf("topology %s can take 1 namespace that is there, not %d: the other end is the lab's", s.Topology, len(s.Netns))
	case s.Topology.pair() && s.Wire != nil:
		return fmt.Errorf("topology %s has no host that could be at a wire", s.Topology)
	case s.Containers < 1 || s.Containers > maxContainers:
		return fmt.Errorf("%d containers: want 1 to %d", s.Containers, maxContainers)
	case len(s.Netns) > s.Containers:
		return fmt.Errorf("%d namespaces are given for %d containers", len(s.Netns), s.Containers)
	case s.MTU != 0 && (s.MTU < 1280 || s.MTU > 65535):
		return fmt.Errorf("MTU %d: want 1280, which IPv6 needs, to 65535", s.MTU)
	case s.Topology == Netkit && s.Queues > 1:
		return fmt.Errorf("topology %s has 1 queue, not %d", s.Topology, s.Queues)
	case s.Queues < 0 || s.Queues > 64:
		return fmt.Errorf("%d queues: want 1 to 64", s.Queues)
	case s.GRO != "" && s.GRO != "on" && s.GRO != "off":
		return fmt.Errorf("GRO %q: want on or off", s.GRO)
	}
	return nil
}

func (s Shape) withDefaults() Shape {
	if s.Topology == "" {
		s.Topology = Veth
	}
	if s.Containers == 0 {
		s.Containers = max(2, len(s.Netns))
	}
	return s
}

// normalized is the shape as it is written down, with the namespaces found.
func (s Shape) normalized() (Shape, error) {
	s = s.withDefaults()
	if err := s.Check(); err != nil {
		return s, err
	}
	refs := make([]string, len(s.Netns))
	for i, ns := range s.Netns {
		ref, err := resolveNetns(ns)
		if err != nil {
			return s, err
		}
		if slices.Contains(refs[:i], ref) {
			return s, fmt.Errorf("namespace %q is given twice", ns)
		}
		refs[i] = ref
	}
	s.Netns = refs
	if s.Wire != nil {
		var err error
		if s.Wire, err = s.Wire.normalized(); err != nil {
			return s, err
		}
	}
	return s, nil
}

func topologyNames() string {
	var names []string
	for _, t := range Topologies() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

func (s Shape) equal(o Shape) bool {
	return s.Topology == o.Topology && s.Containers == o.Containers && s.MTU == o.MTU &&
		s.Queues == o.Queues && s.GRO == o.GRO && s.Wire.equal(o.Wire) && slices.Equal(s.Netns, o.Netns)
}

// existing are the namespaces that were there.
func (s Shape) existing() []string {
	if s.Wire == nil {
		return s.Netns
	}
	return append([]string{s.Wire.Host, s.Wire.Remote}, s.Netns...)
}

func (s Shape) isZero() bool { return s.equal(Shape{}) }

// String is what a user would write after lab up.
func (s Shape) String() string {
	out := string(s.Topology)
	if !s.Topology.pair() {
		out += fmt.Sprintf(" --containers %d", s.Containers)
	}
	for _, ns := range s.Netns {
		out += " --netns " + ns
	}
	if s.Wire != nil {
		out += s.Wire.String()
	}
	if s.MTU > 0 {
		out += fmt.Sprintf(" --mtu %d", s.MTU)
	}
	if s.Queues > 0 {
		out += fmt.Sprintf(" --queues %d", s.Queues)
	}
	if s.GRO != "" {
		out += " --gro " + s.GRO
	}
	return out
}
