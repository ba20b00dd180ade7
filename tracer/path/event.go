// SPDX-License-Identifier: Apache-2.0

package path

import (
	"fmt"
	"unsafe"

	"github.com/vethtrace/vethtrace/gen"
	"github.com/vethtrace/vethtrace/tracer"
)

// sighting is a Sighting with what only putting a journey together needs.
type sighting struct {
	Sighting
	probe uint32
	// back is whether it goes towards the sender of the probe.
	back bool
	// out is where the route of a packet that was dropped led to.
	out *tracer.DeviceName
	// copied is whether it is a copy for somebody else: a bridge sends one to
	// each port while it does not know where a host is.
	copied bool
	reset  bool
	// reply is whether it is an ICMP echo reply.
	reply bool
}

// decode reads an event: a length check and one copy, in the machine's own byte
// order.
func decode(b []byte) (*gen.FollowFollowEvent, error) {
	var ev gen.FollowFollowEvent
	if len(b) < int(unsafe.Sizeof(ev)) {
		return nil, fmt.Errorf("decoding an event: got %d bytes, want %d", len(b), unsafe.Sizeof(ev))
	}
	ev = *(*gen.FollowFollowEvent)(unsafe.Pointer(&b[0]))
	if Point(ev.Point) > PointConsume || ev.Id.Way > 1 {
		return nil, fmt.Errorf("decoding an event: point %d or way %d is unknown", ev.Point, ev.Id.Way)
	}
	return &ev, nil
}

const (
	tcpReset       = 0x04
	otherHost      = 3 // PACKET_OTHERHOST of linux/if_packet.h
	icmpEchoReply  = 0
	icmp6EchoReply = 129
)

// sighting turns an event into what the rest of the package sees.
func (f *follower) sighting(ev *gen.FollowFollowEvent) sighting {
	s := sighting{
		Sighting: Sighting{
			TSNS: ev.TsNs, Point: Point(ev.Point), CPU: int(ev.Cpu), SKB: ev.Skb,
			Device: f.names.Device(ev.Device, tracer.CString(ev.Ifname[:])),
			Flow:   tracer.FlowWords(ev.Flow).Flow(), LenBytes: ev.Len, TTL: ev.Ttl,
		},
		probe: ev.Id.Probe, back: ev.Id.Way == 1,
		reset: ev.TcpFlags&tcpReset != 0,
	}
	proto := s.Flow.Proto
	s.reply = proto == protoICMP && ev.IcmpType == icmpEchoReply || proto == protoICMPv6 && ev.IcmpType == icmp6EchoReply
	if ev.Error != 0 {
		s.ICMP = &ICMPError{Proto: proto, Type: ev.IcmpType, Code: ev.IcmpCode, MTU: ev.Mtu, From: s.Flow.Src.Addr()}
	}
	if s.Point != PointDrop {
		return s
	}
	s.Drop = f.drop(ev)
	if isListener(s.Drop.Function) || s.reply && isTaken(s.Drop) {
		s.Point, s.Drop = PointConsume, nil
		return s
	}
	s.copied = ev.PktType == otherHost
	if ev.OutDevice != 0 {
		out := f.names.Device(ev.OutDevice, tracer.CString(ev.OutIfname[:]))
		s.out = &out
	}
	return s
}

func (f *follower) drop(ev *gen.FollowFollowEvent) *Drop {
	d := &Drop{Function: f.symbols().function(ev.Location)}
	if ev.Reason != 0 {
		d.Reason = f.words.DropReasons[ev.Reason]
	}
	for i := range min(max(int(ev.StackLen), 0)/8, len(ev.Stack)) {
		if name := f.symbols().function(ev.Stack[i]); name != "" {
			d.Stack = append(d.Stack, name)
		}
	}
	return d
}

// isTaken says whether a drop is how kernels free an echo reply of which raw
// sockets have got their copies: as if nobody had wanted it.
func isTaken(d *Drop) bool {
	switch d.Function {
	case "icmp_rcv", "icmpv6_rcv", "ping_rcv":
		return d.Reason == "" || d.Reason == "NO_SOCKET" || d.Reason == "NOT_SPECIFIED"
	}
	return false
}

// isListener says whether a function frees only what listeners have of a packet
// that others get all the same: raw and packet sockets, whose filters may not
// want it.
func isListener(function string) bool {
	switch function {
	case "packet_rcv", "tpacket_rcv", "packet_rcv_spkt", "packet_rcv_fanout",
		"raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb":
		return true
	}
	return false
}
