// SPDX-License-Identifier: Apache-2.0

package path

import (
	"net/netip"

	"github.com/vethtrace/vethtrace/tracer"
)

// The namespaces of made-up journeys, and their only devices.
const (
	client, router, server = 101, 102, 103
)

var (
	clientEth = device(client, 2, "eth0")
	routerIn  = device(router, 2, "in")
	routerOut = device(router, 3, "out")
	serverEth = device(server, 2, "eth0")

	// there is a ping, gone the answer.
	there = flow(1, "10.0.1.2", "10.0.2.2", 7)
	gone  = flow(1, "10.0.2.2", "10.0.1.2", 7)
)

func device(netns, ifindex uint32, name string) tracer.DeviceName {
	return tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: netns, Ifindex: ifindex}, Ifname: name}
}

func flow(proto uint8, src, dst string, id uint16) tracer.FlowKey {
	return tracer.FlowKey{
		Proto: proto, ID: id,
		Src: netip.AddrPortFrom(netip.MustParseAddr(src), 0), Dst: netip.AddrPortFrom(netip.MustParseAddr(dst), 0),
	}
}

// at is a sighting, the skb numbered 1.
func at(ts uint64, point Point, d tracer.DeviceName, f tracer.FlowKey) sighting {
	return sighting{Sighting: Sighting{TSNS: ts, Point: point, Device: d, Flow: f, SKB: 1}}
}

func dropAt(ts uint64, d tracer.DeviceName, f tracer.FlowKey, function string) sighting {
	s := at(ts, PointDrop, d, f)
	s.Drop = &Drop{Function: function}
	return s
}

func (s sighting) asBack() sighting           { s.back = true; return s }
func (s sighting) asCopy() sighting           { s.copied = true; return s }
func (s sighting) asReset() sighting          { s.reset = true; return s }
func (s sighting) asReply() sighting          { s.reply = true; return s }
func (s sighting) of(skb uint64) sighting     { s.SKB = skb; return s }
func (s sighting) about(e ICMPError) sighting { s.ICMP = &e; return s }
func (s sighting) to(d tracer.DeviceName) sighting {
	s.out = &d
	return s
}

// fakeWorld has the addresses of server and client, and one device that leaves.
type fakeWorld struct{ leaver tracer.DeviceID }

func (fakeWorld) isLocal(netns uint32, addr netip.Addr) bool {
	return netns == server && addr == there.Dst.Addr() || netns == client && addr == there.Src.Addr()
}
func (w fakeWorld) leaves(d tracer.DeviceID) bool { return d == w.leaver }
func (fakeWorld) netns(inode uint32) tracer.Netns { return tracer.Netns{Inode: inode} }

// probe is one that was sent at 0 from the client.
func probe() Probe { return Probe{Number: 1, Netns: tracer.Netns{Inode: client}, Flow: there} }

// across is a ping's way to the server.
func across() []sighting {
	return []sighting{
		at(10, PointQueue, clientEth, there), at(11, PointXmit, clientEth, there),
		at(12, PointReceive, routerIn, there),
		at(13, PointQueue, routerOut, there), at(14, PointXmit, routerOut, there),
		at(15, PointReceive, serverEth, there),
	}
}

// backAcross is the way of the answer.
func backAcross() []sighting {
	return []sighting{
		at(20, PointXmit, serverEth, gone).asBack().of(2), at(21, PointReceive, routerOut, gone).asBack().of(2),
		at(22, PointXmit, routerIn, gone).asBack().of(2), at(23, PointReceive, clientEth, gone).asBack().of(2),
	}
}
