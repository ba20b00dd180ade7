// SPDX-License-Identifier: Apache-2.0

package path

import (
	"errors"
	"slices"
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
)

func TestDecide(t *testing.T) {
	refused := ICMPError{Proto: 1, Type: 3, Code: 1, From: gone.Src.Addr()}
	hardware := fakeWorld{routerOut.DeviceID}
	errNoRoute := errors.New("no route")
	for name, c := range map[string]struct {
		seen     []sighting
		answered bool
		sendErr  error
		world    fakeWorld
		want     Outcome
		ofAnswer bool
		netns    uint32
		in, out  *tracer.DeviceName
		function string
		icmp     bool
	}{
		"answered":             {seen: slices.Concat(across(), backAcross()), answered: true, want: Answered, ofAnswer: true, netns: client, in: &clientEth},
		"answered unseen":      {seen: across(), answered: true, want: Answered, ofAnswer: true, netns: client},
		"delivered":            {seen: across(), want: Delivered, netns: server, in: &serverEth},
		"consumed":             {seen: append(across(), at(16, PointConsume, serverEth, there)), want: Delivered, netns: server, in: &serverEth},
		"left":                 {seen: across()[:5], world: hardware, want: Left, netns: router, in: &routerIn, out: &routerOut},
		"vanished":             {seen: across()[:5], want: Vanished, netns: router, in: &routerIn, out: &routerOut},
		"vanished in a router": {seen: across()[:3], want: Vanished, netns: router, in: &routerIn},
		"never seen":           {want: Vanished, netns: client},
		"not sent":             {sendErr: errNoRoute, want: NotSent, netns: client},
		"not sent, dropped": {
			seen: []sighting{dropAt(9, device(client, 0, ""), there, "nft_do_chain").to(clientEth)}, sendErr: errNoRoute,
			want: NotSent, netns: client, out: &clientEth, function: "nft_do_chain",
		},
		"dropped before routing":  {seen: append(across()[:3], dropAt(13, routerIn, there, "ip_error")), want: Dropped, netns: router, in: &routerIn, function: "ip_error"},
		"dropped behind routing":  {seen: append(across()[:3], dropAt(13, routerIn, there, "nft_do_chain").to(routerOut)), want: Dropped, netns: router, in: &routerIn, out: &routerOut, function: "nft_do_chain"},
		"dropped at the next hop": {seen: append(across()[:3], dropAt(13, routerOut, there, "neigh_invalidate")), want: Dropped, netns: router, in: &routerIn, out: &routerOut, function: "neigh_invalidate"},
		"dropped in a qdisc":      {seen: append(across()[:4], dropAt(14, routerOut, there, "__dev_queue_xmit")), want: Dropped, netns: router, in: &routerIn, out: &routerOut, function: "__dev_queue_xmit"},
		"dropped on arrival":      {seen: append(across(), dropAt(16, serverEth, there, "ip_rcv_finish_core")), want: Dropped, netns: server, in: &serverEth, function: "ip_rcv_finish_core"},
		"a copy dropped": {
			seen: append(across(), dropAt(13, routerOut, there, "br_flood").of(9)), want: Delivered, netns: server, in: &serverEth,
		},
		"answer dropped": {
			seen: slices.Concat(across(), backAcross()[:2], []sighting{dropAt(22, routerOut, gone, "ip_error").asBack().of(2)}),
			want: Dropped, ofAnswer: true, netns: router, in: &routerOut, function: "ip_error",
		},
		"answer in vain": {seen: slices.Concat(across(), backAcross()), want: Delivered, ofAnswer: true, netns: client, in: &clientEth},
		"refused": {
			seen: append(across()[:3], dropAt(13, routerIn, there, "ip_error"),
				at(14, PointXmit, routerIn, gone).asBack().of(3).about(refused),
				at(15, PointReceive, clientEth, gone).asBack().of(3).about(refused)),
			want: Refused, netns: router, in: &routerIn, function: "ip_error", icmp: true,
		},
		"refused in vain": {
			seen: append(across()[:3], dropAt(13, routerIn, there, "ip_error"),
				at(14, PointXmit, routerIn, gone).asBack().of(3).about(refused)),
			want: Dropped, netns: router, in: &routerIn, function: "ip_error",
		},
		"reset": {
			seen: append(across(), dropAt(16, serverEth, there, "tcp_v4_rcv"), at(20, PointReceive, clientEth, gone).asBack().of(4).asReset()),
			want: Refused, netns: server, in: &serverEth, function: "tcp_v4_rcv",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := probe()
			if c.answered {
				p.AnswerNS = 30
			}
			out, back, _ := journey(p, c.seen, true)
			got := decide(p, out, back, c.sendErr, c.world)
			function := ""
			if got.Last != nil && got.Last.Drop != nil {
				function = got.Last.Drop.Function
			}
			if got.Outcome != c.want || got.Answer != c.ofAnswer || got.Netns.Inode != c.netns || function != c.function || got.ICMP != nil != c.icmp {
				t.Errorf("got %v (answer %t) in %d by %q, ICMP %v; want %v (answer %t) in %d by %q, ICMP %t",
					got.Outcome, got.Answer, got.Netns.Inode, function, got.ICMP, c.want, c.ofAnswer, c.netns, c.function, c.icmp)
			}
			if !same(got.In, c.in) || !same(got.Out, c.out) {
				t.Errorf("got in %v, out %v; want in %v, out %v", got.In, got.Out, c.in, c.out)
			}
			if !errors.Is(got.Error, c.sendErr) {
				t.Errorf("got error %v, want %v", got.Error, c.sendErr)
			}
		})
	}
}

func same(a, b *tracer.DeviceName) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
