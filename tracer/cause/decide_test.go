// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer/path"
)

// dropCase is a drop, what is wrong in the state, and the cause of it.
type dropCase struct {
	// drops are FUNCTION or FUNCTION/REASON, as different kernels have them.
	drops string
	ipv6  bool
	// wrong makes it so.
	wrong func(s *State, j *path.Journey)
	id    string
	cure  []string
	// likely is whether it is not proven.
	likely bool
}

func none(*State, *path.Journey) {}

var dropCases = []dropCase{
	{drops: "ip_error ip_error/IP_INADDRERRORS ip_error/IP_INNOROUTES", id: "forwarding_off",
		wrong: func(s *State, _ *path.Journey) {
			s.Sysctl["net.ipv4.ip_forward"], s.Sysctl["net.ipv4.conf.br0.forwarding"] = "0", "0"
		},
		cure: []string{inRouter + "sysctl -w net.ipv4.ip_forward=1"}},
	{drops: "ip_error", id: "forwarding_off",
		wrong: func(s *State, _ *path.Journey) { s.Sysctl["net.ipv4.conf.br0.forwarding"] = "0" },
		cure:  []string{inRouter + "sysctl -w net.ipv4.conf.br0.forwarding=1"}},
	{drops: "ip6_forward ip6_forward/NOT_SPECIFIED ip6_pkt_drop/IP_INNOROUTES", ipv6: true, id: "forwarding_off",
		wrong: func(s *State, _ *path.Journey) { s.Sysctl["net.ipv6.conf.all.forwarding"] = "0" },
		cure:  []string{inRouter + "sysctl -w net.ipv6.conf.all.forwarding=1"}},
	{drops: "ip_error ip_error/IP_INNOROUTES", id: "no_route",
		wrong: func(s *State, _ *path.Journey) { s.To = Route{Error: unix.ENETUNREACH} },
		cure:  []string{inRouter + "ip route add 10.2.0.0/24 dev out"}},
	{drops: "ip_error", id: "no_route", wrong: func(s *State, j *path.Journey) {
		s.To, j.End.Flow.Dst = Route{Error: unix.ENETUNREACH}, netip.MustParseAddrPort("192.0.2.1:53")
	}, cure: []string{inRouter + "ip route add default via GATEWAY"}},
	{drops: "ip_error/IP_INNOROUTES", id: "no_route", wrong: none, likely: true},
	{drops: "ip_error ip_error/NOT_SPECIFIED", id: "route_blackhole",
		wrong: func(s *State, _ *path.Journey) { s.To = Route{Error: unix.EINVAL, Match: "blackhole 10.2.0.2/32"} },
		cure:  []string{inRouter + "ip route del blackhole 10.2.0.2/32"}},
	{drops: "ip6_pkt_drop ip6_pkt_prohibit/IP_OUTNOROUTES", ipv6: true, id: "route_prohibit",
		wrong: func(s *State, _ *path.Journey) {
			s.To = Route{Error: unix.EACCES, Match: "prohibit fd02::/64 table 7"}
		},
		cure: []string{inRouter + "ip -6 route del prohibit fd02::/64 table 7"}},
	{drops: "ip_error", id: "route_unreachable", likely: true,
		wrong: func(s *State, _ *path.Journey) { s.To = Route{Error: unix.EHOSTUNREACH} }},
	{drops: "ip_rcv_finish_core/IP_RPFILTER ip_rcv_finish_core.constprop.0 ip_rcv_finish", id: "rp_filter",
		wrong: func(s *State, _ *path.Journey) {
			s.Sysctl["net.ipv4.conf.all.rp_filter"], s.Back = "1", Route{Device: "out"}
		},
		cure: []string{inRouter + "sysctl -w net.ipv4.conf.br0.rp_filter=2"}},
	{drops: "ip_rcv_finish_core/IP_RPFILTER", id: "rp_filter",
		wrong: func(s *State, _ *path.Journey) {
			s.Sysctl["net.ipv4.conf.br0.rp_filter"], s.Back = "2", Route{Error: unix.ENETUNREACH}
		},
		cure: []string{inRouter + "ip route add 10.1.0.0/24 dev br0"}},
	{drops: "ip_rcv_finish_core/IP_LOCAL_SOURCE ip_rcv_finish_core", id: "local_source",
		wrong: func(s *State, _ *path.Journey) { s.Back = Route{Local: true, Device: "lo"} }},
	{drops: "ip_forward ip_forward/IP_INHDR", id: "ttl_exceeded",
		wrong: func(s *State, j *path.Journey) { j.Out[0].TTL, j.Out[2].TTL, s.SenderTTL = 1, 1, 1 },
		cure:  []string{inClient + "sysctl -w net.ipv4.ip_default_ttl=64"}},
	{drops: "ip6_forward ip6_forward/IP_INHDR", ipv6: true, id: "ttl_exceeded",
		wrong: func(_ *State, j *path.Journey) { j.Out[0].TTL, j.Out[2].TTL = 1, 1 }},
	{drops: "ip_forward", id: "routing_loop", likely: true,
		wrong: func(s *State, j *path.Journey) { j.Out[2].TTL, s.To.Device = 1, "br0" }},
	{drops: "ip_forward ip_forward/PKT_TOO_BIG", id: "mtu",
		wrong: func(_ *State, j *path.Journey) { j.Out[2].LenBytes = 1600 },
		cure:  []string{inRouter + "ip link set out mtu 1600", fromServer + "ip link set eth0 mtu 1600", inClient + "ip route flush cache"}},
	{drops: "neigh_invalidate/NEIGH_FAILED arp_error_report", id: "neighbour_failed", likely: true, wrong: none},
	{drops: "neigh_invalidate/NEIGH_FAILED ndisc_error_report", ipv6: true, id: "neighbour_failed",
		wrong: func(s *State, _ *path.Journey) { s.Machine[3].Devices[0].Addresses = nil },
		cure:  []string{fromServer + "ip addr add fd02::2/64 dev eth0"}},
	{drops: "neigh_invalidate/NEIGH_FAILED __dev_queue_xmit/QDISC_DROP kfree_skb_list", id: "link_down",
		wrong: func(s *State, _ *path.Journey) {
			s.Machine[2].Devices[2].State, s.Machine[3].Devices[0].Up = "lowerlayerdown", false
		},
		cure: []string{fromServer + "ip link set eth0 up"}},
	{drops: "__dev_queue_xmit/QDISC_DROP kfree_skb_list __tcf_kfree_skb_list/QDISC_DROP", id: "qdisc",
		wrong: func(s *State, _ *path.Journey) { s.Qdiscs["out"] = "netem" },
		cure:  []string{inRouter + "tc qdisc del dev out root"}},
	{drops: "enqueue_to_backlog enqueue_to_backlog/CPU_BACKLOG", id: "backlog_full", wrong: none,
		cure: []string{"nsenter --net=/proc/1/ns/net sysctl -w net.core.netdev_max_backlog=4000"}},
	{drops: "__udp4_lib_rcv __udp4_lib_rcv/NO_SOCKET", id: "no_listener", wrong: none},
	{drops: "__udp4_lib_rcv/NO_SOCKET", id: "no_listener",
		wrong: func(s *State, _ *path.Journey) { s.Sockets = []Socket{{Addr: netip.MustParseAddrPort("127.0.0.1:53")}} }},
	{drops: "udp_queue_rcv_one_skb udp_queue_rcv_one_skb/SOCKET_RCVBUFF", id: "socket_buffer_full",
		wrong: func(s *State, _ *path.Journey) {
			s.Sockets = []Socket{{Addr: netip.MustParseAddrPort("0.0.0.0:53"), Queue: 4096}}
		},
		cure: []string{"nsenter --net=/proc/1/ns/net sysctl -w net.core.rmem_default=851968"}},
	{drops: "tcp_v4_rcv/TCP_CSUM __udp4_lib_rcv/UDP_CSUM", id: "bad_checksum", wrong: none,
		cure: []string{inClient + "ethtool -K eth0 tx off"}},
	{drops: "__udp4_lib_rcv udp_rcv", id: "bad_checksum", likely: true,
		wrong: func(s *State, _ *path.Journey) {
			s.Sockets, s.ChecksumErrors, s.BadChecksums = []Socket{{Addr: netip.MustParseAddrPort("[::]:53")}}, "UdpInCsumErrors", 1
		},
		cure: []string{inClient + "ethtool -K eth0 tx off"}},
	{drops: "br_handle_frame br_handle_frame_finish/BRIDGE_INGRESS_STP_STATE", id: "bridge_port",
		wrong: func(s *State, j *path.Journey) {
			in := device(routerNetns, 2, "port")
			s.Ports["port"], j.End.In = Port{}, &in
		},
		cure: []string{inRouter + "bridge link set dev port state 3"}},
	{drops: "ip6_rcv_core/IPV6DISABLED ip6_rcv_core", ipv6: true, id: "ipv6_disabled",
		wrong: func(s *State, _ *path.Journey) { s.Sysctl["net.ipv6.conf.br0.disable_ipv6"] = "1" },
		cure:  []string{inRouter + "sysctl -w net.ipv6.conf.br0.disable_ipv6=0"}},
	{drops: "ip_rcv_core/OTHERHOST", id: "wrong_mac", wrong: none, cure: []string{inClient + "ip neigh del 10.2.0.2 dev eth0"}},
	{drops: "nf_hook_slow nft_do_chain/NETFILTER_DROP", id: "netfilter", wrong: none, likely: true},
	{drops: "nf_hook_slow nft_do_chain/NETFILTER_DROP", id: "netfilter_rule", wrong: withRules(true, Rule{Text: "ip f c handle 4: drop", Cure: "nft delete rule ip f c handle 4"}),
		cure: []string{inRouter + "nft delete rule ip f c handle 4"}},
	{drops: "nf_hook_slow", id: "netfilter_policy", wrong: withRules(true, Rule{Policy: true, Text: "policy drop", Cure: "nft insert rule ip f c accept"}),
		cure: []string{inRouter + "nft insert rule ip f c accept"}},
	{drops: "nf_hook_slow", id: "netfilter_rule", likely: true,
		wrong: withRules(false, Rule{Text: "a", Cure: "nft a"}, Rule{Text: "b", Cure: "nft b"}), cure: []string{inRouter + "nft a", inRouter + "nft b"}},
	{drops: "tc_function/TC_INGRESS", id: "tc_filter", wrong: none, cure: []string{inRouter + "tc filter del dev br0 ingress"}},
	{drops: "some_function some_function/NEW_REASON /", id: "unknown", wrong: none, likely: true},
}

func withRules(certain bool, found ...Rule) func(*State, *path.Journey) {
	return func(s *State, _ *path.Journey) {
		s.Filter = func(...string) (Rules, error) { return Rules{Found: found, Certain: certain}, nil }
	}
}

func TestDropped(t *testing.T) {
	for _, c := range dropCases {
		for drop := range strings.SplitSeq(c.drops, " ") {
			t.Run(c.id+" "+drop, func(t *testing.T) {
				function, reason, _ := strings.Cut(drop, "/")
				s, j := newState(), newJourney(function, reason, c.ipv6)
				c.wrong(s, j)
				got := decide(j, s)
				t.Logf("%+v", got)
				if got.ID != c.id || got.Sure == c.likely {
					t.Errorf("got %s, sure %t, want %s, %t", got.ID, got.Sure, c.id, !c.likely)
				}
				if fmt.Sprintf("%q", got.Cure) != fmt.Sprintf("%q", c.cure) {
					t.Errorf("got cure %q, want %q", got.Cure, c.cure)
				}
				if got.Sentence == "" || strings.HasSuffix(got.Sentence, ".") {
					t.Errorf("got sentence %q", got.Sentence)
				}
			})
		}
	}
}
