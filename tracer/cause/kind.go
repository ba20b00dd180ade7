// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"strings"

	"github.com/vethtrace/vethtrace/tracer/path"
)

// kind is what a drop has to do with.
type kind int

const (
	kindUnknown kind = iota
	kindRouting
	kindForward
	kindSource
	kindNetfilter
	kindTTL
	kindTooBig
	kindNeighbour
	kindQdisc
	kindBacklog
	kindNoSocket
	kindChecksum
	kindBuffer
	kindListenFull
	kindBridge
	kindIPv6Off
	kindMAC
	kindTC
	kindXDP
)

// reasons are the words of enum skb_drop_reason that say it all, in any function.
// IP_INHDR is not among them: of many things only TTL is one.
var reasons = map[string]kind{
	"IP_INADDRERRORS": kindRouting, "IP_INNOROUTES": kindRouting, "IP_OUTNOROUTES": kindRouting,
	"IP_RPFILTER": kindSource, "IP_LOCAL_SOURCE": kindSource, "IP_INVALID_SOURCE": kindSource,
	"NETFILTER_DROP": kindNetfilter, "NETFILTER_INGRESS": kindNetfilter, "PKT_TOO_BIG": kindTooBig,
	"NEIGH_FAILED": kindNeighbour, "NEIGH_QUEUEFULL": kindNeighbour, "NEIGH_DEAD": kindNeighbour, "NEIGH_CREATEFAIL": kindNeighbour,
	"QDISC_DROP": kindQdisc, "QDISC_OVERLIMIT": kindQdisc, "QDISC_CONGESTED": kindQdisc, "FULL_RING": kindQdisc,
	"CPU_BACKLOG": kindBacklog, "NO_SOCKET": kindNoSocket, "DEV_READY": kindNeighbour,
	"IP_CSUM": kindChecksum, "TCP_CSUM": kindChecksum, "UDP_CSUM": kindChecksum, "ICMP_CSUM": kindChecksum, "SKB_CSUM": kindChecksum,
	"SOCKET_RCVBUFF": kindBuffer, "PROTO_MEM": kindBuffer, "SOCKET_BACKLOG": kindBuffer,
	"LISTENOVERFLOWS": kindListenFull, "TCP_LISTEN_OVERFLOW": kindListenFull,
	"IPV6DISABLED": kindIPv6Off, "OTHERHOST": kindMAC, "XDP": kindXDP, "TC_INGRESS": kindTC, "TC_EGRESS": kindTC,
}

// functions are those that free for one reason only, or of whose reasons the
// state tells which it was: Linux 5.10 has no reasons. They hold from 5.10 to
// 7.3.
var functions = map[string]kind{
	"ip_error": kindRouting, "ip_route_input_slow": kindRouting, "dst_discard": kindRouting, "dst_discard_out": kindRouting,
	"ip6_pkt_drop": kindRouting, "ip6_pkt_discard": kindRouting, "ip6_pkt_discard_out": kindRouting,
	"ip6_pkt_prohibit": kindRouting, "ip6_pkt_prohibit_out": kindRouting,
	"ip_forward": kindForward, "ip6_forward": kindForward, "ip6_pkt_too_big": kindTooBig,
	"ip_rcv_finish_core": kindSource, "ip_rcv_finish": kindSource,
	"nft_do_chain": kindNetfilter, "nf_hook_slow": kindNetfilter, "nf_hook_slow_list": kindNetfilter,
	"ipt_do_table": kindNetfilter, "ip6t_do_table": kindNetfilter, "ebt_do_table": kindNetfilter,
	"neigh_invalidate": kindNeighbour, "arp_error_report": kindNeighbour, "ndisc_error_report": kindNeighbour,
	"__neigh_event_send": kindNeighbour, "neigh_destroy": kindNeighbour,
	"kfree_skb_list": kindQdisc, "kfree_skb_list_reason": kindQdisc, "__dev_queue_xmit": kindQdisc, "__tcf_kfree_skb_list": kindQdisc,
	"enqueue_to_backlog": kindBacklog,
	"tcp_v4_rcv":         kindNoSocket, "tcp_v6_rcv": kindNoSocket,
	"__udp4_lib_rcv": kindNoSocket, "__udp6_lib_rcv": kindNoSocket, "udp_rcv": kindNoSocket, "udpv6_rcv": kindNoSocket,
	"udp_queue_rcv_one_skb": kindBuffer, "udpv6_queue_rcv_one_skb": kindBuffer,
	"__udp_queue_rcv_skb": kindBuffer, "__udp_enqueue_schedule_skb": kindBuffer,
	"tcp_conn_request": kindListenFull, "ip6_rcv_core": kindIPv6Off, "ip_finish_output": kindTooBig, "ip6_fragment": kindTooBig,
	"ip_fragment": kindTooBig, "veth_xmit": kindTooBig, "ip_rcv_core": kindMAC,
}

// kindOf says what a drop has to do with.
func kindOf(d *path.Drop) kind {
	function := d.Function
	if i := strings.IndexByte(function, '.'); i > 0 {
		function = function[:i]
	}
	if k, ok := reasons[d.Reason]; ok {
		return k
	}
	if strings.HasPrefix(d.Reason, "BRIDGE_") || strings.HasPrefix(function, "br_") || strings.HasPrefix(function, "__br_") {
		return kindBridge
	}
	return functions[function]
}
