/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_DELIVER_H
#define VETHTRACE_DELIVER_H

/* The end of a hop: its stages, and where it is counted. */

#include "backlog.h"
#include "events.h"
#include "order.h"
#include "packet.h"
#include "steering.h"

/* Who delivers: sets h->runner, and returns when it began to, 0 if unknown. */
static __always_inline u64 runner_began(struct hop *h, struct cpu_state *st)
{
	u64 task = current_task(st, h->run_cpu);

	/* A NAPI thread may have had a softirq on top of it before. */
	if (task == st->softirq_task && (!has_percpu || in_serving_softirq(st, h->run_cpu))) {
		h->runner = st->softirq_runner;
		return st->softirq_ns;
	}
	if (task_is(task, "napi/", 5) || task_is(task, "backlog", 7)) {
		h->runner = RUNNER_THREADED;
		st->thread_seen = 1;
		return task == st->poll_task ? st->poll_ns : 0;
	}
	/* Polled by the task itself (busy poll). */
	h->runner = RUNNER_INLINE;
	return 0;
}

/* Splits the time since xmit into stages. */
static __always_inline void hop_stages(struct hop *h, const struct hop_start *start,
				       struct cpu_state *st)
{
	u64 queued_ns = start->enqueue_ns ? start->enqueue_ns : start->xmit_ns;
	u64 began_ns = runner_began(h, st);
	u64 entered_ns = h->now_ns;

	h->known = 1 << STAGE_TOTAL;
	if (start->enqueue_ns)
		h->known |= 1 << STAGE_XMIT;
	if (began_ns) {
		h->known |= 1 << STAGE_QUEUE | 1 << STAGE_SOFTIRQ;
		/* A packet queued while the softirq ran did not wait for it. */
		entered_ns = began_ns > queued_ns ? began_ns : queued_ns;
	}
	/* Clocks of two CPUs may differ by less than they take to be read. */
	if (entered_ns > h->now_ns || queued_ns > entered_ns) {
		st->clock_backwards++;
		entered_ns = queued_ns;
		h->now_ns = queued_ns;
	}
	h->ns[STAGE_XMIT] = queued_ns - start->xmit_ns;
	h->ns[STAGE_QUEUE] = entered_ns - queued_ns;
	h->ns[STAGE_SOFTIRQ] = h->now_ns - entered_ns;
	h->ns[STAGE_TOTAL] = h->now_ns - start->xmit_ns;
	for (int i = 0; i < STAGES; i++)
		h->bucket[i] = hist_index(h->ns[i]);
}

/* The cell of the hop's flow; else that of its device; else NULL. */
static __always_inline struct cell *hop_cell(struct hop *h, const struct sk_buff *skb,
					     struct flow *f, struct cpu_state *st, bool *made)
{
	struct cell *c;

	if (flow_of(f, skb, (u64)skb->data, true)) {
		h->known |= HOP_KNOWN_FLOW;
		flow_key(h->key, f);
		c = cell_find(&flow_cells, flow_bits, h->key, KEY_WORDS, made);
		if (c)
			return c;
		st->flow_table_full++;
	}
	c = cell_find(&device_cells, device_bits, h->key, DEVICE_KEY_WORDS, made);
	if (!c)
		st->device_table_full++;
	return c;
}

/* now_ns was taken first of all. */
static __always_inline void deliver(const struct sk_buff *skb, const struct hop_start *start,
				    u32 path, u64 now_ns, u32 cpu, struct cpu_state *st)
{
	const struct net_device *dev = skb->dev;
	struct hop *h = &st->hop;
	struct flow f = {};
	struct cell *c;
	bool made;

	h->now_ns = now_ns;
	h->len = start->len;
	h->gso_segs = gso_segments(skb);
	h->enqueue_cpu = start->cpu;
	h->run_cpu = cpu;
	h->path = path;
	hop_stages(h, start, st);
	h->steering = start->steering;
	if (path == PATH_BACKLOG) {
		if (h->steering == STEERING_UNKNOWN)
			h->steering = steer_after(skb, st, start->cpu, cpu);
		count_queue_len(st, start->queue_len);
	}

	h->key[0] = device_key(dev);
	h->key[1] = (u64)(start->cpu + 1) << 32 | (cpu + 1);
	c = hop_cell(h, skb, &f, st, &made);
	if (c) {
		if (made) {
			c->tx_dev = start->tx_dev;
			c->kind = start->kind;
			c->peer_device = device_key_read((void *)start->tx_dev);
			bpf_core_read(c->ifname, sizeof(c->ifname), &dev->name);
			c->order = f.ordered && c->key[2] ? 0 : ORDER_NONE;
		}
		cell_count(c, h);
		check_order(c, skb, &f, start, cpu, st);
	}
	if (emit_hops)
		emit_hop(h, start, dev, st);
}

#endif
