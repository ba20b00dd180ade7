/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_XMIT_H
#define VETHTRACE_XMIT_H

/* The beginning of a hop, up to where its packet is queued. */

#include "backlog.h"
#include "drop.h"
#include "filter.h"
#include "steering.h"

/* dev transmits, and is of a kind that is traced. */
static __always_inline int handle_xmit(const struct sk_buff *skb, const struct net_device *dev,
				       int kind, bool typed)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);
	struct lost_hop lost;
	bool softirq;
	struct slot *s;
	u64 addr;

	if (!st)
		return 0;
	/* Whatever becomes of the packet: with bottom halves off in a task, this
	 * task runs the softirq at local_bh_enable, unless ksoftirqd does.
	 */
	softirq = in_serving_softirq(st, cpu);
	if (!softirq)
		st->task_xmit = 1;

	if (!devices_wanted(dev, kind, typed) || !flow_wanted(skb, typed))
		return 0;

	addr = address_of(st, SCRATCH_XMIT, skb);
	/* A requeued packet has the receiving device in it already. */
	s = slot_claim(addr, READ(typed, skb, dev) != dev, &lost);
	if (!s)
		count_missed(st, (u64)dev, kind, cpu);
	else if (lost.tx_dev)
		count_missed(st, lost.tx_dev, lost.kind, cpu);
	if (!s)
		return 0;
	st->sending_skb = addr;
	s->start.enqueue_ns = 0;
	s->start.tx_dev = (u64)dev;
	s->start.nfct = READ(typed, skb, _nfct);
	s->start.sender = !has_percpu ? SENDER_UNKNOWN : softirq ? SENDER_SOFTIRQ : SENDER_TASK;
	s->start.pid = softirq ? 0 : current_pid(st, cpu);
	s->start.len = READ(typed, skb, len);
	s->start.cpu = cpu;
	s->start.queue_len = QUEUE_LEN_UNKNOWN;
	s->start.target = 0;
	s->start.steering = STEERING_UNKNOWN;
	s->start.kind = kind;
	s->start.xmit_ns = bpf_ktime_get_ns();
	return 0;
}

/* A device transmits that is not traced: what was handed down to it made no hop
 * above.
 */
static __always_inline int handle_other_xmit(const struct sk_buff *skb)
{
	struct cpu_state *st;
	struct slot *s;
	u64 addr;

	if (!(kinds & (1 << KIND_MACVLAN | 1 << KIND_IPVLAN)))
		return 0;
	st = cpu_state(bpf_get_smp_processor_id());
	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_XMIT, skb);
	s = slot_find(addr);
	if (s && handed_down(s))
		slot_release(s, addr);
	return 0;
}

/* The packet is about to be queued; start says where, as far as it is known. */
static __always_inline void handle_enqueue(struct cpu_state *st, u32 cpu, u64 addr,
					   struct hop_start *start)
{
	st->sending_skb = addr;
	st->flow_limited = flow_limited(st, cpu);
	start->queue_len = queue_len_at(st, cpu, start->target);
	start->enqueue_ns = bpf_ktime_get_ns();
}

/* netif_rx_internal, before the target CPU is chosen. */
static __always_inline int handle_netif_rx(const struct sk_buff *skb)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);
	struct slot *s;
	u64 addr;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_ENQUEUE, skb);
	s = slot_find(addr);
	if (!s)
		return 0;
	steer_before(skb, st, cpu, &s->start);
	handle_enqueue(st, cpu, addr, &s->start);
	return 0;
}

/* enqueue_to_backlog, which gets the target CPU. Packets come here again when
 * they were delivered already by NAPI; they have no slot then.
 */
static __always_inline int handle_backlog(const struct sk_buff *skb, u32 target, u64 qtail,
					  const void *stack, bool typed)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);
	struct slot *s;
	u64 addr;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_ENQUEUE, skb);
	s = slot_find(addr);
	if (!s)
		return 0;
	steer_decided(skb, st, cpu, target, qtail, address_of(st, SCRATCH_STACK, stack), typed,
		      &s->start);
	handle_enqueue(st, cpu, addr, &s->start);
	return 0;
}

#endif
