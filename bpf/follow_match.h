/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_FOLLOW_MATCH_H
#define VETHTRACE_FOLLOW_MATCH_H

/* Whether a packet is one that is followed. */

#include "filter.h"
#include "follow.h"
#include "nat.h"

/* The protocol of the probes; packets of others, but for ICMP, are left alone as
 * soon as that is known. 0 is any.
 */
const volatile u8 follow_proto;
/* Traffic is watched, so many packets of it on each CPU, instead of probes. */
const volatile u32 follow_watch;

#define PACKET_OTHERHOST 3
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* Key: a flow. User space puts the probes' and their answers' in; a flow that
 * a packet is found to have been given by NAT is added here. Goes with the
 * process; when full, follow_cpu.table_full counts.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct follow_key);
	__type(value, struct follow_id);
	__uint(max_entries, 1 << 13);
} follow_flows SEC(".maps");

/* Key: address of an skb. Deleted where the skb is seen to be freed; the mark
 * tells whether another has the address since.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, u64);
	__type(value, struct follow_skb);
	__uint(max_entries, 1 << 12);
} follow_skbs SEC(".maps");

/* Key: CPU number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u32);
	__type(value, struct follow_cpu);
	__uint(max_entries, 1);
} follow_cpus SEC(".maps");

/* A packet as it is looked at. */
struct seen {
	struct follow_key key;
	struct follow_key about;
	struct follow_id id;
	u32 mtu;
	u8 icmp_type;
	u8 icmp_code;
	u8 tcp_flags;
	u8 error;
	/* Followed because of its flow, or only because of its skb. */
	bool by_flow;
};

static __always_inline void words_of(u64 *words, const struct flow *f)
{
	u64 key[KEY_WORDS] = {};

	flow_key(key, f);
	for (int i = 0; i < FLOW_WORDS; i++)
		words[i] = key[i + 2];
}

/* What tells a packet from others of its flow and outlives NAT: the sequence
 * number of TCP and ICMP echo; of UDP its length and first payload.
 */
static __always_inline u32 mark_of(const struct flow *f, u64 end)
{
	u64 word = 0;

	switch (f->proto) {
	case IPPROTO_TCP:
		return f->seq;
	case IPPROTO_UDP:
		if (f->transport + 12 > end)
			return 0;
		bpf_probe_read_kernel(&word, 8, (void *)f->transport + 4);
		return (u32)(word >> 32) ^ (u32)word << 16;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (f->transport + 8 <= end)
			bpf_probe_read_kernel(&word, 2, (void *)f->transport + 6);
		return word;
	}
	return 0;
}

static __always_inline void key_of(struct follow_key *key, const struct flow *f, u64 end)
{
	words_of(key->flow, f);
	key->mark = mark_of(f, end);
	key->exact = follow_watch != 0;
}

/* The same flow the other way. */
static __always_inline void turn(struct follow_key *to, const struct follow_key *from)
{
	u64 ports = from->flow[0];

	*to = *from;
	to->flow[0] = (ports & ~0xffffffffULL) | (ports & 0xffff) << 16 | (ports >> 16 & 0xffff);
	to->flow[1] = from->flow[3];
	to->flow[2] = from->flow[4];
	to->flow[3] = from->flow[1];
	to->flow[4] = from->flow[2];
}

/* Only what is watched is told apart by its mark. */
static __always_inline struct follow_id *find_flow(struct follow_key *key)
{
	u32 mark = key->mark;
	struct follow_id *id;

	if (!key->exact)
		key->mark = 0;
	id = bpf_map_lookup_elem(&follow_flows, key);
	key->mark = mark;
	return id;
}

static __always_inline struct follow_cpu *this_cpu(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&follow_cpus, &cpu);
}

static __always_inline void add_flow(const struct follow_key *key, const struct follow_id *id)
{
	struct follow_cpu *c;
	struct follow_key k = *key;

	if (!k.exact)
		k.mark = 0;
	/* -EEXIST, 17, is as good. */
	if (!bpf_map_update_elem(&follow_flows, &k, id, BPF_NOEXIST) ||
	    bpf_map_lookup_elem(&follow_flows, &k))
		return;
	c = this_cpu();
	if (c)
		c->table_full++;
}

/* From now on packets of this flow are followed, and their answers. */
static __always_inline void learn(const struct follow_key *key, const struct follow_id *id)
{
	struct follow_id answer = { id->probe, !id->way };
	struct follow_key back;

	add_flow(key, id);
	/* Only a ping's answer can be told by the mark of what is answered. */
	turn(&back, key);
	add_flow(&back, &answer);
}

/* The flow before NAT in this namespace, if that is known. */
static __always_inline struct follow_id *find_before_nat(const struct follow_key *key, u64 nfct)
{
	const struct nf_conn *ct = (void *)(nfct & ~NFCT_INFOMASK);
	u32 info = nfct & NFCT_INFOMASK;
	struct follow_key before = *key;
	struct flow f = {};

	if (!bpf_core_type_exists(struct nf_conn) || !ct || info == IP_CT_UNTRACKED)
		return NULL;
	if (info < IP_CT_IS_REPLY)
		TUPLE_FLOW(&f, ct, 0);
	else
		TUPLE_FLOW(&f, ct, 1);
	/* In place of ports ICMP has the number of the ping, and its type. */
	if (f.proto == IPPROTO_ICMP || f.proto == IPPROTO_ICMPV6) {
		f.id = f.sport;
		f.sport = 0;
		f.dport = 0;
	}
	words_of(before.flow, &f);
	return find_flow(&before);
}

static __always_inline bool is_icmp_error(const struct flow *f, u8 type)
{
	/* Unreachable, source quench, time exceeded, parameter problem. */
	if (f->proto == IPPROTO_ICMP)
		return type == 3 || type == 4 || type == 11 || type == 12;
	return f->proto == IPPROTO_ICMPV6 && type >= 1 && type <= 4;
}

/* An ICMP error is followed as the answer of what it is about, or the other way
 * round.
 */
static __always_inline bool match_error(struct seen *s, const struct flow *f, u64 end)
{
	struct flow inner = {};
	struct follow_id *id;
	u32 rest = 0;
	bool ok;

	if (bpf_probe_read_kernel(&rest, sizeof(rest), (void *)f->transport + 4))
		return false;
	if (f->proto == IPPROTO_ICMP)
		ok = flow_ipv4(&inner, f->transport + 8, end);
	else
		ok = flow_ipv6(&inner, f->transport + 8, end);
	if (!ok)
		return false;
	if (follow_proto && inner.proto != follow_proto)
		return false;
	key_of(&s->about, &inner, end);
	id = find_flow(&s->about);
	if (!id)
		return false;
	s->id.probe = id->probe;
	s->id.way = !id->way;
	s->error = 1;
	if (f->proto == IPPROTO_ICMP && s->icmp_type == 3 && s->icmp_code == 4)
		s->mtu = bpf_ntohl(rest) & 0xffff;
	if (f->proto == IPPROTO_ICMPV6 && s->icmp_type == 2)
		s->mtu = bpf_ntohl(rest);
	return true;
}

/* Of TCP probes only what opens a connection and what is said to that: the rest
 * has the same flow.
 */
static __always_inline bool opens(const struct seen *s, u32 way)
{
	if (way == FOLLOW_OUT)
		return (s->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	return s->tcp_flags & (TCP_SYN | TCP_RST);
}

/* Fills in what skb is, and says whether it may be one that is followed: its IP
 * header is at net.
 */
static __always_inline bool look(struct seen *s, struct flow *f, const struct sk_buff *skb, u64 net,
				 u64 end)
{
	struct tcphdr buf;
	const struct tcphdr *h;
	bool icmp;

	if (!flow_of(f, skb, net, true))
		return false;
	icmp = f->proto == IPPROTO_ICMP || f->proto == IPPROTO_ICMPV6;
	if (!icmp && follow_proto && f->proto != follow_proto)
		return false;
	key_of(&s->key, f, end);
	if (!f->transport)
		return true;
	if (f->proto == IPPROTO_TCP)
		bpf_probe_read_kernel(&s->tcp_flags, 1, (void *)f->transport + 13);
	if (icmp) {
		h = kernel_view(struct tcphdr, f->transport, &buf);
		if (!h)
			return false;
		s->icmp_type = h->icmp_type;
		s->icmp_code = h->icmp_code;
	}
	return true;
}

/* A packet of the traffic that is watched, which is not followed yet. */
static __always_inline bool watch(struct seen *s, const struct flow *f, u64 device)
{
	struct follow_cpu *cpu;

	if (filter.netns && device >> 32 != filter.netns)
		return false;
	if (filter.proto && f->proto != filter.proto)
		return false;
	if (filter.port && f->sport != filter.port && f->dport != filter.port)
		return false;
	if (filter.family &&
	    (f->family != filter.family || (!addr_wanted(f->src) && !addr_wanted(f->dst))))
		return false;
	cpu = this_cpu();
	if (!cpu || cpu->watched >= follow_watch)
		return false;
	s->id.probe = bpf_get_smp_processor_id() << 16 | cpu->watched++;
	s->id.way = FOLLOW_OUT;
	learn(&s->key, &s->id);
	return true;
}

static __always_inline bool match_flow(struct seen *s, const struct flow *f, u64 addr, u64 nfct)
{
	struct follow_skb *known;
	struct follow_id *id = find_flow(&s->key);

	s->by_flow = id != NULL;
	if (!id && nfct)
		id = find_before_nat(&s->key, nfct);
	if (!id) {
		known = bpf_map_lookup_elem(&follow_skbs, &addr);
		if (known && known->mark == s->key.mark)
			id = &known->id;
	}
	if (!id)
		return false;
	s->id = *id;
	if (!follow_watch && f->proto == IPPROTO_TCP && !opens(s, s->id.way))
		return false;
	if (!s->by_flow)
		learn(&s->key, &s->id);
	return true;
}

#endif
