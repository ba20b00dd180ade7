/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_TCP_H
#define VETHTRACE_TCP_H

/* Events of TCP sockets: where they are, and what they carry. */

#include "events.h"
#include "filter.h"

/* The flow of a socket's packets: what it sends, or what it receives. */
static __always_inline void sock_flow(u64 *words, const struct sock_common *sk, bool sends)
{
	u16 local_port = BPF_CORE_READ(sk, skc_num);
	u16 remote_port = bpf_ntohs(BPF_CORE_READ(sk, skc_dport));
	u64 key[KEY_WORDS] = {};
	struct flow f = { .proto = IPPROTO_TCP };
	u32 *local = sends ? f.src : f.dst, *remote = sends ? f.dst : f.src;
	struct in6_addr___kernel addr;

	f.sport = sends ? local_port : remote_port;
	f.dport = sends ? remote_port : local_port;
	f.family = FAMILY_IPV4;
	if (BPF_CORE_READ(sk, skc_family) == AF_INET6) {
		addr = BPF_CORE_READ(sk, skc_v6_rcv_saddr);
		/* IPv4 mapped to IPv6, ::ffff:a.b.c.d */
		if (addr.in6_u.u6_addr32[0] || addr.in6_u.u6_addr32[1] ||
		    addr.in6_u.u6_addr32[2] != bpf_htonl(0xffff))
			f.family = FAMILY_IPV6;
	}
	if (f.family == FAMILY_IPV6) {
		for (int i = 0; i < 4; i++)
			local[i] = addr.in6_u.u6_addr32[i];
		addr = BPF_CORE_READ(sk, skc_v6_daddr);
		for (int i = 0; i < 4; i++)
			remote[i] = addr.in6_u.u6_addr32[i];
	} else {
		local[0] = BPF_CORE_READ(sk, skc_rcv_saddr);
		remote[0] = BPF_CORE_READ(sk, skc_daddr);
	}
	flow_key(key, &f);
	for (int i = 2; i < KEY_WORDS; i++)
		words[i - 2] = key[i];
}

/* The device that the socket's route leads to, and its other end. */
static __always_inline void sock_devices(struct tcp_event *e, const struct sock *sk)
{
	const struct net_device *dev = BPF_CORE_READ(sk, sk_dst_cache, dev);
	const struct net_device *peer;

	if (!dev)
		return;
	e->device = device_key_read(dev);
	bpf_core_read(e->ifname, sizeof(e->ifname), &dev->name);
	if (!is_veth_read(dev))
		return;
	peer = veth_peer(dev);
	if (peer)
		e->peer = device_key_read(peer);
}

static __always_inline bool device_named(u64 key)
{
	for (u32 i = 0; i < FILTER_DEVICES; i++)
		if (i < filter.devices && filter.device[i] == key)
			return true;
	return false;
}

/* Whether a socket's events are asked for. Of its devices one has to be named,
 * or be in a namespace of one that is.
 */
static __always_inline bool event_wanted(const struct tcp_event *e)
{
	u16 sport = e->flow[0], dport = e->flow[0] >> 16;
	u32 src[4] = { e->flow[1], e->flow[1] >> 32, e->flow[2], e->flow[2] >> 32 };
	u32 dst[4] = { e->flow[3], e->flow[3] >> 32, e->flow[4], e->flow[4] >> 32 };
	bool near = false;

	if (filter.netns && e->netns != filter.netns && e->peer >> 32 != filter.netns)
		return false;
	if (filter.devices) {
		for (u32 i = 0; i < FILTER_DEVICES; i++)
			if (i < filter.devices && filter.device[i] >> 32 == e->netns)
				near = true;
		if (!near && !device_named(e->peer))
			return false;
	}
	if (filter.proto && filter.proto != IPPROTO_TCP)
		return false;
	if (filter.port && sport != filter.port && dport != filter.port)
		return false;
	if (!filter.family)
		return true;
	return (u8)(e->flow[0] >> 40) == filter.family && (addr_wanted(src) || addr_wanted(dst));
}

/* Fills in what events of a socket have in common. */
static __always_inline void tcp_state(struct tcp_event *e, const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	const struct sock *sk = &icsk->icsk_inet.sk;
	const struct tcp_options_received *opt = &tp->rx_opt;

	e->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	e->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	e->ca_state = BPF_CORE_READ_BITFIELD_PROBED(icsk, icsk_ca_state);
	e->pending = BPF_CORE_READ(icsk, icsk_pending);
	e->retransmits = BPF_CORE_READ(icsk, icsk_retransmits);
	e->backoff = BPF_CORE_READ(icsk, icsk_backoff);
	e->sack_ok = BPF_CORE_READ_BITFIELD_PROBED(opt, sack_ok);
	e->snd_una = BPF_CORE_READ(tp, snd_una);
	e->cwnd = BPF_CORE_READ(tp, snd_cwnd);
	e->ssthresh = BPF_CORE_READ(tp, snd_ssthresh);
	e->srtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	e->total_retrans = BPF_CORE_READ(tp, total_retrans);
	e->dsacks = BPF_CORE_READ(tp, dsack_dups);
	e->reord_seen = BPF_CORE_READ(tp, reord_seen);
	e->out_of_order = BPF_CORE_READ(tp, rcv_ooopack);
	e->undo_marker = BPF_CORE_READ(tp, undo_marker);
	sock_devices(e, sk);
}

/* An event to be filled in further and sent, or NULL. */
static __always_inline struct tcp_event *tcp_event_begin(struct cpu_state *st, u32 type)
{
	struct tcp_event *e = bpf_ringbuf_reserve(&rare, sizeof(*e), 0);

	if (!e) {
		st->rare_lost++;
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->type = type;
	e->ts_ns = bpf_ktime_get_ns();
	return e;
}

static __always_inline void tcp_event_end(struct tcp_event *e)
{
	if (event_wanted(e))
		bpf_ringbuf_submit(e, 0);
	else
		bpf_ringbuf_discard(e, 0);
}

/* An event about bytes that a socket sends or receives. Not inlined: it is called
 * in many places and seldom.
 */
static __noinline int emit_segment(struct cpu_state *st, const struct tcp_sock *tp, u32 type,
				   u32 seq, u32 end_seq)
{
	struct tcp_event *e = tcp_event_begin(st, type);
	bool sends = type >= EVENT_SACK;

	if (!e)
		return 0;
	tcp_state(e, tp);
	sock_flow(e->flow, &tp->inet_conn.icsk_inet.sk.__sk_common, sends);
	e->seq = seq;
	e->end_seq = end_seq;
	tcp_event_end(e);
	return 0;
}

#endif
