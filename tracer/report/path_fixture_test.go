// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"net/netip"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
)

// pathSteps of a network like that of package pathtest.
var (
	clientEth  = device(101, "client", 2, "eth0")
	routerPort = device(102, "router", 2, "port")
	routerBr   = device(102, "router", 3, "br0")
	routerOut  = device(102, "router", 4, "out")
	serverEth  = device(103, "server", 2, "eth0")
)

func device(netns uint32, netnsName string, ifindex uint32, ifname string) tracer.DeviceName {
	return tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: netns, Ifindex: ifindex}, NetnsName: netnsName, Ifname: ifname}
}

func sighting(us uint64, point packets.Point, d tracer.DeviceName, f tracer.FlowKey) packets.Sighting {
	return packets.Sighting{TSNS: 81_000_000_000 + us*1000, Point: point, CPU: int(us % 2), Device: d, Flow: f, LenBytes: 84, TTL: 64, SKB: 1}
}

func pingFlow(src, dst string, id uint16) tracer.FlowKey {
	f := testFlow(1, src+":0", dst+":0")
	f.ID = id
	return f
}

// across is a ping's way through NAT, one of several, later by us.
func across(number int, us uint64) packets.Journey {
	id := uint16(100 + number)
	ask, asked := pingFlow("10.88.1.2", "10.88.2.2", id), pingFlow("10.88.2.1", "10.88.2.2", id)
	say, said := pingFlow("10.88.2.2", "10.88.2.1", id), pingFlow("10.88.2.2", "10.88.1.2", id)
	j := packets.Journey{
		Probe: packets.Probe{
			Number: number, Netns: tracer.Netns{Inode: 101, Name: "client"}, Flow: ask, SentNS: 81_000_000_000,
			AnswerNS: 81_000_000_000 + (us+130)*1000,
		},
		Out: []packets.Sighting{
			sighting(us+10, packets.PointQueue, clientEth, ask), sighting(us+12, packets.PointXmit, clientEth, ask),
			sighting(us+21, packets.PointReceive, routerPort, ask), sighting(us+30, packets.PointReceive, routerBr, ask),
			sighting(us+40, packets.PointQueue, routerOut, asked), sighting(us+41, packets.PointXmit, routerOut, asked),
			sighting(us+50, packets.PointReceive, serverEth, asked), sighting(us+62, packets.PointConsume, serverEth, asked),
		},
		Back: []packets.Sighting{
			sighting(us+60, packets.PointXmit, serverEth, say), sighting(us+70, packets.PointReceive, routerOut, say),
			sighting(us+80, packets.PointXmit, routerBr, said), sighting(us+90, packets.PointXmit, routerPort, said),
			sighting(us+100, packets.PointReceive, clientEth, said),
		},
	}
	last := j.Back[4]
	j.End = packets.End{
		Outcome: packets.Answered, Answer: true, Last: &last, Netns: tracer.Netns{Inode: 101, Name: "client"}, In: &clientEth, Flow: said,
	}
	return j
}

// notForwarded ends at the router.
func notForwarded(number int, us uint64) packets.Journey {
	j := across(number, us)
	j.Back, j.Probe.AnswerNS = nil, 0
	drop := sighting(us+33, packets.PointDrop, routerBr, j.Probe.Flow)
	drop.Drop = &packets.Drop{Reason: "IP_INADDRERRORS", Function: "ip_error", Stack: []string{"ip_error", "ip_rcv", "net_rx_action"}}
	j.Out = append(j.Out[:4:4], drop)
	j.End = packets.End{
		Outcome: packets.Dropped, Last: &drop, Netns: tracer.Netns{Inode: 102, Name: "router"}, In: &routerBr, Flow: j.Probe.Flow,
	}
	return j
}

// tooLarge is refused by the router.
func tooLarge(number int) packets.Journey {
	j := across(number, 0)
	j.Probe.AnswerNS, j.Probe.Resent = 0, 1
	drop := sighting(33, packets.PointDrop, routerBr, j.Probe.Flow)
	drop.Drop = &packets.Drop{Function: "ip_forward"}
	j.Out = append(j.Out[:4:4], drop)
	e := &packets.ICMPError{Proto: 1, Type: 3, Code: 4, MTU: 1300, From: netip.MustParseAddr("10.88.1.1")}
	flow := testFlow(1, "10.88.1.1:0", "10.88.1.2:0")
	j.Back = []packets.Sighting{sighting(40, packets.PointXmit, routerBr, flow), sighting(50, packets.PointReceive, clientEth, flow)}
	for i := range j.Back {
		j.Back[i].ICMP = e
	}
	j.End = packets.End{
		Outcome: packets.Refused, Last: &drop, Netns: tracer.Netns{Inode: 102, Name: "router"}, In: &routerBr, Out: &routerOut,
		Flow: j.Probe.Flow, ICMP: e,
	}
	return j
}

// outcomes are one journey of each other kind of end.
func outcomes() (all []packets.Journey) {
	for i, o := range []packets.Outcome{packets.Delivered, packets.Left, packets.Vanished, packets.NotSent, packets.Dropped} {
		j := across(i+1, 0)
		j.Probe.AnswerNS = 0
		last := j.Out[6]
		j.End = packets.End{Outcome: o, Last: &last, Netns: tracer.Netns{Inode: 103, Name: "server"}, In: &serverEth, Flow: last.Flow}
		switch o {
		case packets.Left:
			j.Out, j.End.Last = j.Out[:6], &j.Out[5]
			j.End.Netns, j.End.In, j.End.Out = tracer.Netns{Inode: 102}, &routerBr, &routerOut
		case packets.Vanished:
			j.Out, j.End.Last, j.End.In = nil, nil, nil
		case packets.NotSent:
			j.Out, j.End.Last, j.End.In, j.End.Error = nil, nil, nil, errors.New("sending: network is unreachable")
		case packets.Dropped:
			j.Back = j.Back[:2]
			drop := sighting(75, packets.PointDrop, device(102, "", 0, ""), j.Back[1].Flow)
			drop.Drop = &packets.Drop{}
			j.Back, j.End.Last, j.End.Answer = append(j.Back, drop), &drop, true
		}
		if o != packets.Dropped {
			j.Back = nil
		}
		all = append(all, j)
	}
	return all
}

func testPath(journeys ...packets.Journey) *Path {
	return &Path{
		From: tracer.Netns{Inode: 101, Name: "client"}, To: "server.example", Addr: netip.MustParseAddr("10.88.2.2"), Proto: 1,
		Result: &packets.Result{Kernel: "6.18.44", Journeys: journeys},
	}
}

// testPaths are reports of all kinds.
func testPaths() map[string]*Path {
	explained := testPath(notForwarded(1, 0), notForwarded(2, 7), across(3, 0))
	explained.Causes = []*Cause{{
		ID: "ip_forward", Sentence: "router does not forward IPv4: net.ipv4.ip_forward is 0.",
		Evidence: []string{"net.ipv4.ip_forward = 0 in router"},
		Cure:     []string{"ip netns exec router sysctl -w net.ipv4.ip_forward=1"}, Sure: true,
	}}
	watched := testPath(tooLarge(1))
	watched.Watched, watched.Filter = true, "netns client, proto icmp"
	watched.Causes = []*Cause{{ID: "mtu", Sentence: "the packet is larger than the MTU of out."}}
	watched.Result.Losses = packets.Losses{Ringbuf: 3, Recursion: 1}
	none := testPath()
	none.Watched = true
	return map[string]*Path{
		"answered": testPath(across(1, 120), across(2, 0), across(3, 4)), "explained": explained, "watched": watched,
		"outcomes": testPath(outcomes()...), "none": none,
	}
}
