/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_DROP_H
#define VETHTRACE_DROP_H

/* Packets that end within their hop, and hops whose end is not seen. */

#include "backlog.h"
#include "events.h"
#include "packet.h"
#include "slot.h"
#include "steering.h"

/* Where this CPU counts hops from a device of which no end is seen. */
static __always_inline struct cell *unseen_cell(struct cpu_state *st, u64 tx_dev, u32 kind, u32 cpu)
{
	u64 tx = device_key_read((void *)tx_dev);
	u64 key[DEVICE_KEY_WORDS] = { tx, (cpu + 1) | KEY_TX };
	struct cell *c;
	bool made;

	if (kind == KIND_VETH) {
		key[0] = device_key_read(veth_peer((void *)tx_dev));
		key[1] = cpu + 1;
	}

	c = cell_find(&device_cells, device_bits, key, DEVICE_KEY_WORDS, &made);
	if (!c) {
		st->device_table_full++;
		return NULL;
	}
	if (made) {
		c->tx_dev = tx_dev;
		c->kind = kind;
		c->peer_device = tx;
		c->last_ns = 1; /* in use; there is no hop to date */
	}
	return c;
}

static __always_inline void count_missed(struct cpu_state *st, u64 tx_dev, u32 kind, u32 cpu)
{
	struct cell *c = unseen_cell(st, tx_dev, kind, cpu);

	if (c)
		c->missed++;
}

/* A native XDP program was given a copy and has not passed it on. */
static __always_inline void count_not_passed(struct cpu_state *st, u32 cpu)
{
	struct cell *c = unseen_cell(st, st->copied.tx_dev, KIND_VETH, cpu);

	if (c)
		c->drops[DROP_XDP]++;
}

/* The cell of a drop: of the flow, the device that would have received, and the
 * CPU whose queue it was.
 */
static __always_inline struct cell *drop_cell(const struct sk_buff *skb, struct hop *h,
					      const struct hop_start *start, u32 cause,
					      struct cpu_state *st, u32 cpu)
{
	struct flow f = {};
	struct cell *c = NULL;
	u64 net = (u64)skb->data;
	bool made = false;

	h->known = 0;
	h->key[0] = start->kind == KIND_VETH ? device_key_read(veth_peer((void *)start->tx_dev))
					     : device_key(skb->dev);
	h->key[1] = (u64)(cpu + 1) << 32 | KEY_DROP | start->target;
	/* Before it has crossed, and in XDP, the Ethernet header is in front. */
	if (cause == DROP_XDP || (u64)skb->dev == start->tx_dev)
		net = net_behind_mac(skb, true);
	st->drop_seq = 0;
	st->drop_end_seq = 0;
	if (flow_of(&f, skb, net, true)) {
		h->known |= HOP_KNOWN_FLOW;
		flow_key(h->key, &f);
		tcp_range(skb, &f, &st->drop_seq, &st->drop_end_seq);
		c = cell_find(&flow_cells, flow_bits, h->key, KEY_WORDS, &made);
		if (!c)
			st->flow_table_full++;
	}
	if (!c)
		c = cell_find(&device_cells, device_bits, h->key, DEVICE_KEY_WORDS, &made);
	if (!c)
		st->device_table_full++;
	if (c && made) {
		c->tx_dev = start->tx_dev;
		c->kind = start->kind;
		c->order = ORDER_NONE;
		c->peer_device = device_key_read((void *)start->tx_dev);
	}
	return c;
}

/* Why a packet was freed while this CPU was sending it. */
static __always_inline u32 sending_cause(struct cpu_state *st, u32 cpu,
					 const struct hop_start *start, u32 reason)
{
	u32 limited;

	if (!start->enqueue_ns)
		return DROP_OTHER;
	if (has_drop_reason &&
	    reason != bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_CPU_BACKLOG))
		return DROP_OTHER;
	if (!softnet_of(st, cpu))
		return DROP_BACKLOG;
	limited = flow_limited(st, cpu);
	return limited != ~0U && limited != st->flow_limited ? DROP_FLOW_LIMIT : DROP_BACKLOG_FULL;
}

/* Counts st->dropped, and tells of it. */
static __always_inline void count_drop(struct sk_buff *skb, struct cpu_state *st, u32 cpu)
{
	const struct hop_start *start = &st->dropped;
	u64 cause = st->drop_cause;
	u32 target = start->target;
	struct cpu_state *owner = NULL;
	struct cell *c;

	st->hop.now_ns = bpf_ktime_get_ns();
	c = drop_cell(skb, &st->hop, start, cause, st, cpu);
	/* In 64 bits: 5.10 forgets what is known of the lower 32. */
	barrier_var(cause);
	if (c && cause < DROP_CAUSES) {
		c->last_ns = st->hop.now_ns;
		c->drops[cause]++;
	}
	if (target)
		owner = cpu_state(target - 1);
	if (owner)
		count_queue_len(owner, start->queue_len);
	if (emit_drops)
		emit_drop(&st->hop, start, st, cpu, &events, &st->ringbuf_lost);
	if (st->drop_end_seq != st->drop_seq)
		emit_drop(&st->hop, start, st, cpu, &rare, &st->rare_lost);
}

/*
 * A packet is freed that has a slot. While it is being sent, veth or the
 * backlog had no room for it; while it is polled for, an XDP program did not
 * want it. Later it was delivered already, and that was not seen.
 */
static __always_inline int handle_drop(struct sk_buff *skb, u32 reason)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);
	struct hop_start *start;
	struct slot *s;
	u64 addr;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_FREE, skb);
	s = slot_find(addr);
	if (!s)
		return 0;
	start = &st->dropped;
	*start = s->start;
	if (!slot_release(s, addr))
		return 0;
	st->drop_reason = reason;
	if (st->sending_skb == addr) {
		st->drop_cause = sending_cause(st, cpu, start, reason);
	} else if (!start->enqueue_ns && has_crossed(skb, start->tx_dev) &&
		   peer_has_native_xdp(start->tx_dev)) {
		st->drop_cause = DROP_XDP;
	} else {
		count_missed(st, start->tx_dev, start->kind, cpu);
		return 0;
	}
	if (st->drop_cause < DROP_BACKLOG)
		start->target = 0;
	else if (!start->target)
		steer_before(skb, st, cpu, start);
	count_drop(skb, st, cpu);
	return 0;
}

#endif
