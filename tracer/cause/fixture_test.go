// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/inventory"
	"github.com/vethtrace/vethtrace/tracer/path"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The namespaces of these tests, and commands in them.
const (
	clientNetns = 1001
	routerNetns = 1002
	inClient    = "ip netns exec client "
	inRouter    = "ip netns exec router "
	fromServer  = "nsenter --net=/proc/77/ns/net "
)

// newState is a router in which nothing is wrong, between a client and a server
// that runs in a container.
func newState() *State {
	prefix := netip.MustParsePrefix
	return &State{
		Netns: tracer.Netns{Inode: routerNetns, Name: "router", Path: "/run/netns/router"},
		Own:   999,
		Machine: []*inventory.Namespace{
			{Netns: inventory.Netns{Inode: 4000, Name: inventory.Host, Path: "/proc/1/ns/net"}},
			{Netns: inventory.Netns{Inode: clientNetns, Name: "client", Path: "/run/netns/client"}, Devices: []inventory.Device{
				{Ifindex: 2, Ifname: "eth0", Kind: "veth", State: "up", Up: true, MTU: 1500,
					Addresses: []netip.Prefix{prefix("10.1.0.2/24"), prefix("fd01::2/64")},
					Peer:      &inventory.End{Netns: routerNetns, Ifindex: 2, Ifname: "port", Bridge: "br0"}},
			}},
			{Netns: inventory.Netns{Inode: routerNetns, Name: "router", Path: "/run/netns/router"}, Devices: []inventory.Device{
				{Ifindex: 2, Ifname: "port", Kind: "veth", State: "up", Up: true, MTU: 1500, Master: "br0", MasterKind: "bridge"},
				{Ifindex: 3, Ifname: "br0", Kind: "bridge", State: "up", Up: true, MTU: 1500,
					Addresses: []netip.Prefix{prefix("10.1.0.1/24"), prefix("fd01::1/64")}},
				{Ifindex: 4, Ifname: "out", Kind: "veth", State: "up", Up: true, MTU: 1500,
					Addresses: []netip.Prefix{prefix("10.2.0.1/24"), prefix("fd02::1/64")},
					Peer:      &inventory.End{Netns: 1003, Ifindex: 2, Ifname: "eth0"}},
			}},
			{Netns: inventory.Netns{Inode: 1003, Name: "web", Path: "/proc/77/ns/net"}, Devices: []inventory.Device{
				{Ifindex: 2, Ifname: "eth0", Kind: "veth", State: "up", Up: true, MTU: 1500,
					Addresses: []netip.Prefix{prefix("10.2.0.2/24"), prefix("fd02::2/64")},
					Peer:      &inventory.End{Netns: routerNetns, Ifindex: 4, Ifname: "out"}},
			}},
		},
		Sysctl: map[string]string{
			"net.ipv4.ip_forward": "1", "net.ipv4.conf.br0.forwarding": "1", "net.ipv6.conf.all.forwarding": "1",
			"net.ipv4.conf.all.rp_filter": "0", "net.ipv4.conf.br0.rp_filter": "0", "net.core.netdev_max_backlog": "1000",
			"net.core.rmem_default": "212992",
		},
		To: Route{Device: "out"}, Back: Route{Device: "br0"}, SenderTTL: 64,
		Ports: map[string]Port{"port": {State: portForwarding}}, Qdiscs: map[string]string{"out": "noqueue"},
	}
}

func device(netns uint32, ifindex uint32, name string) tracer.DeviceName {
	return tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: netns, Ifindex: ifindex}, Ifname: name}
}

// newJourney is a packet from the client that the router dropped by a function,
// for a reason.
func newJourney(function, reason string, v6 bool) *path.Journey {
	flow := tracer.FlowKey{Proto: protoUDP, Src: netip.MustParseAddrPort("10.1.0.2:40000"), Dst: netip.MustParseAddrPort("10.2.0.2:53")}
	if v6 {
		flow.Src, flow.Dst = netip.MustParseAddrPort("[fd01::2]:40000"), netip.MustParseAddrPort("[fd02::2]:53")
	}
	in := device(routerNetns, 3, "br0")
	j := &path.Journey{
		Probe: path.Probe{Number: 1, Netns: tracer.Netns{Inode: clientNetns, Name: "client", Path: "/run/netns/client"}, Flow: flow},
		Out: []path.Sighting{
			{Point: path.PointXmit, Device: device(clientNetns, 2, "eth0"), Flow: flow, TTL: 64, LenBytes: 100},
			{Point: path.PointReceive, Device: in, Flow: flow, TTL: 64, LenBytes: 100},
			{Point: path.PointDrop, Device: in, Flow: flow, TTL: 64, LenBytes: 100, Drop: &path.Drop{Reason: reason, Function: function}},
		},
	}
	j.End = path.End{Outcome: path.Dropped, Last: &j.Out[2], Netns: tracer.Netns{Inode: routerNetns, Name: "router", Path: "/run/netns/router"},
		In: &in, Flow: flow}
	return j
}
