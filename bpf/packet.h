/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_PACKET_H
#define VETHTRACE_PACKET_H

/* The flow of a packet, read from its IP and transport headers. */

#include "abi.h"
#include "compat.bpf.h"
#include <bpf/bpf_endian.h>

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8

/* Tags in the packet; one that a device keeps beside it does not show there. */
#define MAX_VLAN_TAGS 2
#define ETH_HLEN 14

#define IPPROTO_HOPOPTS 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ROUTING 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_ICMPV6 58
#define IPPROTO_DSTOPTS 60

#define ICMP_ECHOREPLY 0
#define ICMP_ECHO 8
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY 129

#define IP_OFFSET 0x1fff
#define FAMILY_IPV4 4
#define FAMILY_IPV6 6

/* IPv6 extension headers looked behind. */
#define MAX_EXT_HEADERS 3

struct flow {
	u32 src[4];
	u32 dst[4];
	u16 sport;
	u16 dport;
	/* Of ICMP echo, one a ping. */
	u16 id;
	u8 family;
	u8 proto;
	/* The packets of one sender, whose order means something: not fragments,
	 * nor protocols whose connections are not told apart.
	 */
	bool ordered;
	/* Of TCP, in host order; and where its header is. */
	u32 seq;
	u64 transport;
};

static __always_inline bool is_vlan(__be16 protocol)
{
	return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD);
}

/* The protocol that a VLAN tag at *net names, and *net moved behind the tag. 0
 * when it cannot be read.
 */
static __always_inline __be16 vlan_protocol(u64 *net, u64 end)
{
	struct vlan_hdr buf;

	if (*net + sizeof(buf) > end || bpf_probe_read_kernel(&buf, sizeof(buf), (void *)*net))
		return 0;
	*net += sizeof(buf);
	return buf.protocol;
}

static __always_inline bool is_echo(const struct flow *f, u8 type)
{
	return f->family == FAMILY_IPV4 ? type == ICMP_ECHO || type == ICMP_ECHOREPLY
					: type == ICMPV6_ECHO_REQUEST || type == ICMPV6_ECHO_REPLY;
}

static __always_inline void flow_transport(struct flow *f, u64 transport, u64 end)
{
	bool icmp = f->proto == IPPROTO_ICMP || f->proto == IPPROTO_ICMPV6;
	struct tcphdr buf;
	const struct tcphdr *h;

	if (!icmp && f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP)
		return;
	if (transport + sizeof(*h) > end)
		return;
	h = kernel_view(struct tcphdr, transport, &buf);
	if (!h)
		return;
	f->transport = transport;
	if (!icmp) {
		f->sport = bpf_ntohs(h->source);
		f->dport = bpf_ntohs(h->dest);
		f->seq = bpf_ntohl(h->tcp_seq);
		f->ordered = true;
	} else if (is_echo(f, h->icmp_type)) {
		f->id = bpf_ntohs(h->icmp_id);
		f->ordered = true;
	}
}

static __always_inline bool flow_ipv4(struct flow *f, u64 net, u64 end)
{
	struct iphdr buf;
	const struct iphdr *h;

	if (net + sizeof(*h) > end)
		return false;
	h = kernel_view(struct iphdr, net, &buf);
	if (!h)
		return false;
	f->family = FAMILY_IPV4;
	f->proto = h->protocol;
	f->src[0] = h->saddr;
	f->dst[0] = h->daddr;
	if (!(h->frag_off & bpf_htons(IP_OFFSET)))
		flow_transport(f, net + (h->version_ihl & 0xf) * 4, end);
	return true;
}

static __always_inline bool flow_ipv6(struct flow *f, u64 net, u64 end)
{
	struct ipv6_opt_hdr ext_buf;
	const struct ipv6_opt_hdr *ext;
	struct ipv6hdr buf;
	const struct ipv6hdr *h;
	u64 at = net + sizeof(*h);
	u8 next;

	if (at > end)
		return false;
	h = kernel_view(struct ipv6hdr, net, &buf);
	if (!h)
		return false;
	f->family = FAMILY_IPV6;
	for (int i = 0; i < 4; i++) {
		f->src[i] = h->saddr.s6_addr32[i];
		f->dst[i] = h->daddr.s6_addr32[i];
	}
	next = h->nexthdr;
	for (int i = 0; i < MAX_EXT_HEADERS; i++) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING &&
		    next != IPPROTO_FRAGMENT && next != IPPROTO_DSTOPTS)
			break;
		if (at + 8 > end)
			break;
		/* Only the first 4 bytes are used; a fragment header's offset is
		 * in the same place as frag_off.
		 */
		bpf_probe_read_kernel(&ext_buf, sizeof(ext_buf), (void *)at);
		ext = &ext_buf;
		if (next == IPPROTO_FRAGMENT) {
			next = ext->nexthdr;
			at += 8;
			if (ext->frag_off & bpf_htons(0xfff8)) {
				f->proto = next;
				return true;
			}
			continue;
		}
		next = ext->nexthdr;
		at += (ext->hdrlen + 1) * 8;
	}
	f->proto = next;
	flow_transport(f, at, end);
	return true;
}

/* The flow of skb, whose IP header is at net. False when it is not IP or the
 * header is not in the linear part.
 */
static __always_inline bool flow_of(struct flow *f, const struct sk_buff *skb, u64 net, bool typed)
{
	u64 end = (u64)READ(typed, skb, data) + READ(typed, skb, len) - READ(typed, skb, data_len);
	__be16 protocol = READ(typed, skb, protocol);

	for (int tags = 0; is_vlan(protocol) && tags < MAX_VLAN_TAGS; tags++)
		protocol = vlan_protocol(&net, end);
	if (protocol == bpf_htons(ETH_P_IP))
		return flow_ipv4(f, net, end);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return flow_ipv6(f, net, end);
	return false;
}

/* Where the IP header is, or a VLAN tag, when the Ethernet header is in front. */
static __always_inline u64 net_behind_mac(const struct sk_buff *skb, bool typed)
{
	if (is_vlan(READ(typed, skb, protocol)))
		return (u64)READ(typed, skb, data) + ETH_HLEN;
	return (u64)READ(typed, skb, head) + READ(typed, skb, network_header);
}

/* Adds a flow to a key that has the device and CPUs. */
static __always_inline void flow_key(u64 *key, const struct flow *f)
{
	key[2] = (u64)f->sport | (u64)f->dport << 16;
	key[2] |= (u64)f->proto << 32 | (u64)f->family << 40 | (u64)f->id << 48;
	key[3] = (u64)f->src[1] << 32 | f->src[0];
	key[4] = (u64)f->src[3] << 32 | f->src[2];
	key[5] = (u64)f->dst[1] << 32 | f->dst[0];
	key[6] = (u64)f->dst[3] << 32 | f->dst[2];
}

#endif
