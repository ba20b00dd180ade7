// SPDX-License-Identifier: Apache-2.0

package path

import (
	"fmt"
	"slices"
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
	// reply is whether it is an ICMP echo reply, echo whether it is that or the
	// request.
	reply, echo bool
	// location and stack are addresses in the kernel, of a drop; named by name.
	location uint64
	stack    []uint64
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
	tcpReset  = 0x04
	otherHost = 3 // PACKET_OTHERHOST of linux/if_packet.h

	icmpEcho, icmpEchoReply   = 8, 0
	icmp6Echo, icmp6EchoReply = 128, 129
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
	if s.Flow.Proto == protoICMP {
		s.reply, s.echo = ev.IcmpType == icmpEchoReply, ev.IcmpType == icmpEcho || ev.IcmpType == icmpEchoReply
	} else if s.Flow.Proto == protoICMPv6 {
		s.reply, s.echo = ev.IcmpType == icmp6EchoReply, ev.IcmpType == icmp6Echo || ev.IcmpType == icmp6EchoReply
	}
	if ev.Error != 0 {
		s.ICMP = &ICMPError{
			Proto: s.Flow.Proto, Type: ev.IcmpType, Code: ev.IcmpCode, MTU: ev.Mtu, From: s.Flow.Src.Addr(),
		}
	}
	if s.Point == PointDrop {
		f.drop(&s, ev)
	}
	return s
}

func (f *follower) drop(s *sighting, ev *gen.FollowFollowEvent) {
	s.Drop = &Drop{}
	if ev.Reason != 0 {
		s.Drop.Reason = f.words.DropReasons[ev.Reason]
	}
	s.location = ev.Location
	if ev.StackLen > 0 {
		s.stack = slices.Clone(ev.Stack[:min(int(ev.StackLen)/8, len(ev.Stack))])
	}
	s.copied = ev.PktType == otherHost
	if ev.OutDevice != 0 {
		out := f.names.Device(ev.OutDevice, tracer.CString(ev.OutIfname[:]))
		s.out = &out
	}
}
