/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_STEERING_H
#define VETHTRACE_STEERING_H

/*
 * Which CPU a packet is queued on, and why: what get_rps_cpu decides
 * (net/core/dev.c), told from the same data.
 */

#include "context.h"
#include "state.h"

/* How the queue that a packet arrives by is set up. */
struct rx_queue {
	/* struct rps_map, or 0. */
	u64 rps_map;
	bool has_flow_table;
};

/* netdev_rx_queue.rps_flow_table is a pointer or, since 7.1 or so, a number. */
static __always_inline u64 flow_table_offset(void)
{
	if (bpf_core_field_exists(((struct netdev_rx_queue *)0)->rps_flow_table))
		return bpf_core_field_offset(struct netdev_rx_queue, rps_flow_table);
	return bpf_core_field_offset(struct netdev_rx_queue___tag, rps_flow_table);
}

/* skb->queue_mapping is the number of the queue + 1, or 0: netif_get_rxqueue. */
static __always_inline struct rx_queue rx_queue_of(const struct sk_buff *skb, struct cpu_state *st,
						   bool typed)
{
	const struct net_device *dev = READ(typed, skb, dev);
	u64 queue = address_of(st, SCRATCH_QUEUE, READ(typed, dev, _rx));
	u32 number = READ(typed, skb, queue_mapping);
	struct rx_queue q = {};

	if (number)
		number--;
	if (!queue || number >= READ(typed, dev, real_num_rx_queues))
		return q;
	queue += number * bpf_core_type_size(struct netdev_rx_queue);
	q.rps_map = read_u64(queue + bpf_core_field_offset(struct netdev_rx_queue, rps_map));
	q.has_flow_table = read_u64(queue + flow_table_offset());
	return q;
}

/* The CPU + 1 that a hash selects of a mask, or 0. */
static __always_inline u32 rps_choice(u64 rps_map, u32 hash)
{
	u32 len = read_u32(rps_map + bpf_core_field_offset(struct rps_map, len));
	u64 cpus = rps_map + bpf_core_field_offset(struct rps_map, cpus);
	u16 cpu = 0;

	if (!hash || !len)
		return 0;
	if (bpf_probe_read_kernel(&cpu, sizeof(cpu),
				  (void *)(cpus + ((u64)hash * len >> 32) * sizeof(cpu))))
		return 0;
	return cpu + 1;
}

/* The hash of a packet that has one already, or 0. */
static __always_inline u32 known_hash(const struct sk_buff *skb)
{
	if (BPF_CORE_READ_BITFIELD_PROBED(skb, l4_hash) ||
	    BPF_CORE_READ_BITFIELD_PROBED(skb, sw_hash))
		return skb->hash;
	return 0;
}

/* Before the kernel decides, as far as it can be told then. */
static __always_inline void steer_before(const struct sk_buff *skb, struct cpu_state *st, u32 cpu,
					 struct hop_start *start)
{
	struct rx_queue q = rx_queue_of(skb, st, true);

	start->steering = STEERING_UNKNOWN;
	start->target = 0;
	if (!q.rps_map && !q.has_flow_table) {
		start->steering = STEERING_NONE;
		start->target = cpu + 1;
	} else if (!q.has_flow_table) {
		start->target = rps_choice(q.rps_map, known_hash(skb));
		if (start->target)
			start->steering = STEERING_RPS;
	}
}

/*
 * When the kernel has decided for target. It passes on where to note the place
 * in the queue: in the flow table if that decided, else on the stack.
 */
static __always_inline void steer_decided(const struct sk_buff *skb, struct cpu_state *st, u32 cpu,
					  u32 target, u64 qtail, u64 stack, bool typed,
					  struct hop_start *start)
{
	struct rx_queue q;

	start->target = target + 1;
	if (qtail - stack > CALLER_FRAME_MAX) {
		start->steering = STEERING_RFS;
		return;
	}
	q = rx_queue_of(skb, st, typed);
	start->steering = STEERING_NONE;
	if (q.rps_map && rps_choice(q.rps_map, READ(typed, skb, hash)) == target + 1)
		start->steering = STEERING_RPS;
}

/* Afterwards, by the CPU that it has come to, if only one reason leads there. */
static __always_inline u32 steer_after(const struct sk_buff *skb, struct cpu_state *st, u32 from,
				       u32 to)
{
	struct rx_queue q = rx_queue_of(skb, st, true);
	u32 choice = q.rps_map ? rps_choice(q.rps_map, skb->hash) : 0;

	if (!choice)
		choice = from + 1;
	if (choice != to + 1 && q.has_flow_table)
		return STEERING_RFS;
	/* The mask may have been changed meanwhile. */
	if (choice != to + 1)
		return from != to ? STEERING_RPS : STEERING_UNKNOWN;
	if (q.has_flow_table)
		return STEERING_UNKNOWN;
	return q.rps_map ? STEERING_RPS : STEERING_NONE;
}

#endif
