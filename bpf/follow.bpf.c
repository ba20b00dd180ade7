// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Single packets on their way through the whole machine: those of probes that
 * user space sends, or some of the traffic that a filter chooses. One program
 * for each point where a packet can be seen (docs/path.md); all of them are
 * tracepoints, so that it works the same on every kernel.
 */

#include "follow_match.h"

/* Whether drops are told with the kernel's stack. */
const volatile bool follow_stack;

/* When full, follow_cpu.ringbuf_lost counts. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__type(value, struct follow_event);
	__uint(max_entries, 1 << 20);
} follow_events SEC(".maps");

/* Fields that only following reads. */
struct sk_buff___follow {
	__u8 pkt_type : 3;
	struct sock *sk;
	unsigned long _skb_refdst;
} __attribute__((preserve_access_index));

#define SKB_DST_NOREF 1UL

/* Where the IP header is. Before a packet is received, what lies in front of
 * it is still in the data, and while it is, its place is not yet known.
 */
static __always_inline u64 net_at(const struct sk_buff *skb, u32 point)
{
	if (point == FOLLOW_RECEIVE)
		return (u64)skb->data;
	if (point == FOLLOW_QUEUE || point == FOLLOW_XMIT)
		return net_behind_mac(skb, true);
	return (u64)skb->head + skb->network_header;
}

/* The namespace of a packet that has no device: of its socket, or its route. */
static __always_inline u64 netns_without_device(const struct sk_buff___follow *skb,
						const struct net_device *out)
{
	struct sock *sk = BPF_CORE_READ(skb, sk);
	u64 inum = 0;

	if (sk)
		inum = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	else if (out)
		inum = BPF_CORE_READ(out, nd_net.net, ns.inum);
	return inum << 32;
}

/* Why, and where its route led to: of a packet for this machine, and of one that
 * has no route, that is loopback.
 */
static __always_inline void tell_drop(struct follow_event *e, void *ctx, const struct sk_buff *skb,
				      u64 location, u32 reason)
{
	const struct sk_buff___follow *more = (void *)skb;
	struct dst_entry *dst = (void *)(BPF_CORE_READ(more, _skb_refdst) & ~SKB_DST_NOREF);
	struct net_device *out = NULL;

	e->location = location;
	e->reason = reason;
	e->pkt_type = BPF_CORE_READ_BITFIELD_PROBED(more, pkt_type);
	if (dst)
		out = BPF_CORE_READ(dst, dev);
	if (!(u32)e->device)
		e->device = netns_without_device(more, out);
	if (out && !(BPF_CORE_READ(out, flags) & IFF_LOOPBACK)) {
		e->out_device = device_key_read(out);
		bpf_core_read(e->out_ifname, sizeof(e->out_ifname), &out->name);
	}
	if (follow_stack)
		e->stack_len = bpf_get_stack(ctx, e->stack, sizeof(e->stack), 0);
}

static __always_inline u8 ttl_of(u64 net, const struct seen *s)
{
	u8 family = s->key.flow[0] >> 40;
	u8 ttl = 0;

	bpf_probe_read_kernel(&ttl, 1, (void *)net + (family == FAMILY_IPV6 ? 7 : 8));
	return ttl;
}

static __always_inline struct follow_event *begin(const struct seen *s, u32 point, u64 addr)
{
	struct follow_event *e = bpf_ringbuf_reserve(&follow_events, sizeof(*e), 0);
	struct follow_cpu *c = this_cpu();

	if (!e) {
		if (c)
			c->ringbuf_lost++;
		return NULL;
	}
	if (c)
		c->told++;
	__builtin_memset(e, 0, sizeof(*e));
	e->ts_ns = bpf_ktime_get_ns();
	e->skb = addr;
	e->id = s->id;
	e->point = point;
	e->tcp_flags = s->tcp_flags;
	e->icmp_type = s->icmp_type;
	e->icmp_code = s->icmp_code;
	e->error = s->error;
	e->mtu = s->mtu;
	for (int i = 0; i < FLOW_WORDS; i++) {
		e->flow[i] = s->key.flow[i];
		e->about[i] = s->about.flow[i];
	}
	e->cpu = bpf_get_smp_processor_id();
	return e;
}

/* Where it is; what has been received may keep something else in skb->dev. */
static __always_inline void place(struct follow_event *e, const struct sk_buff *skb,
				  const struct net_device *dev, u64 addr, const struct seen *s)
{
	struct follow_skb now = { .id = s->id, .mark = s->key.mark };
	struct follow_skb *known;

	if (e->point == FOLLOW_CONSUME) {
		known = bpf_map_lookup_elem(&follow_skbs, &addr);
		if (known) {
			e->device = known->device;
			for (int i = 0; i < 16; i++)
				e->ifname[i] = known->ifname[i];
		}
	} else if (dev) {
		e->device = device_key(dev);
		bpf_core_read(e->ifname, sizeof(e->ifname), &dev->name);
	}
	if (e->point >= FOLLOW_DROP) {
		bpf_map_delete_elem(&follow_skbs, &addr);
		return;
	}
	now.device = e->device;
	for (int i = 0; i < 16; i++)
		now.ifname[i] = e->ifname[i];
	bpf_map_update_elem(&follow_skbs, &addr, &now, 0);
}

/*
 * Not inlined, so that the object has it once and not six times. Five arguments is
 * the most there can be: the reason comes in the upper half of the point.
 */
static __noinline int handle_follow(u64 *ctx, const struct sk_buff *skb,
				    const struct net_device *dev, u64 point_reason, u64 location)
{
	u32 point = (u32)point_reason;
	u64 net = net_at(skb, point);
	u64 end = (u64)skb->data + skb->len - skb->data_len;
	struct follow_event *e;
	struct seen s = {};
	struct flow f = {};
	u64 addr = 0;

	if (!look(&s, &f, skb, net, end))
		return 0;
	/* skb as a number; the verifier forbids arithmetic on typed pointers. */
	bpf_probe_read_kernel(&addr, sizeof(addr), ctx);
	if (is_icmp_error(&f, s.icmp_type)) {
		if (!match_error(&s, &f, end))
			return 0;
	} else if (follow_proto && f.proto != follow_proto) {
		return 0;
	} else if (!match_flow(&s, &f, addr, skb->_nfct)) {
		if (!follow_watch || point >= FOLLOW_DROP || !watch(&s, &f, device_key(dev)))
			return 0;
	}
	/* Whoever listens has clones, whose end is no one's. */
	if (point == FOLLOW_CONSUME && !bpf_map_lookup_elem(&follow_skbs, &addr))
		return 0;
	e = begin(&s, point, addr);
	if (!e)
		return 0;
	e->ttl = ttl_of(net, &s);
	e->len = (u64)skb->data + skb->len - net;
	place(e, skb, dev, addr, &s);
	if (point == FOLLOW_DROP)
		tell_drop(e, ctx, skb, location, point_reason >> 32);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/* __dev_queue_xmit, before the qdisc. */
SEC("tp_btf/net_dev_queue")
int BPF_PROG(follow_queue, struct sk_buff *skb)
{
	return handle_follow(ctx, skb, skb->dev, FOLLOW_QUEUE, 0);
}

/* dev_hard_start_xmit; listeners have had their copies. */
SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(follow_xmit, const struct sk_buff *skb, const struct net_device *dev)
{
	return handle_follow(ctx, skb, dev, FOLLOW_XMIT, 0);
}

/* __netif_receive_skb_core */
SEC("tp_btf/netif_receive_skb")
int BPF_PROG(follow_receive, struct sk_buff *skb)
{
	return handle_follow(ctx, skb, skb->dev, FOLLOW_RECEIVE, 0);
}

/* napi_gro_receive: what is merged there into another is never received. */
SEC("tp_btf/napi_gro_receive_entry")
int BPF_PROG(follow_gro, const struct sk_buff *skb)
{
	return handle_follow(ctx, skb, skb->dev, FOLLOW_RECEIVE, 0);
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(follow_drop, struct sk_buff *skb, void *location)
{
	u64 reason = has_drop_reason ? ctx[2] : 0;

	return handle_follow(ctx, skb, skb->dev, FOLLOW_DROP | reason << 32, (u64)location);
}

SEC("tp_btf/consume_skb")
int BPF_PROG(follow_consume, struct sk_buff *skb)
{
	return handle_follow(ctx, skb, NULL, FOLLOW_CONSUME, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
