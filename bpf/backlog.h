/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_BACKLOG_H
#define VETHTRACE_BACKLOG_H

/* What enqueue_to_backlog sees: per-CPU softnet_data (net/core/dev.c). */

#include "cell.h"
#include "context.h"
#include "state.h"

/* Offset of softnet_data in the per-CPU section; known or not. */
const volatile bool has_softnet;
const volatile u32 percpu_softnet;

/* The address of a CPU's softnet_data, or 0. Where another CPU's lies is known
 * once a program has run there.
 */
static __always_inline u64 softnet_of(struct cpu_state *st, u32 cpu)
{
	u64 base;

	if (!has_softnet)
		return 0;
	base = percpu_base(st, cpu);
	return base ? base + percpu_softnet : 0;
}

static __always_inline u32 input_queue_len(u64 softnet)
{
	return read_u32(softnet + bpf_core_field_offset(struct softnet_data, input_pkt_queue) +
			bpf_core_field_offset(struct sk_buff_head, qlen));
}

/* The queue of target, the CPU + 1, as a packet sent by cpu comes to it. */
static __always_inline u32 queue_len_at(struct cpu_state *st, u32 cpu, u32 target)
{
	u64 softnet = 0;

	if (target == cpu + 1) {
		softnet = softnet_of(st, cpu);
	} else if (target) {
		struct cpu_state *other = cpu_state(target - 1);

		if (has_softnet && other && other->percpu_base > PERCPU_UNUSABLE)
			softnet = other->percpu_base + percpu_softnet;
	}
	return softnet ? input_queue_len(softnet) : QUEUE_LEN_UNKNOWN;
}

/*
 * How many packets flow_limit has refused on this CPU, ~0 when it is not in use.
 * skb_flow_limit counts on the CPU of the sender, while softnet_data.dropped
 * counts on the CPU whose queue it is.
 */
static __always_inline u32 flow_limited(struct cpu_state *st, u32 cpu)
{
	u64 softnet = softnet_of(st, cpu);
	u64 limit;

	if (!softnet || !bpf_core_field_exists(((struct softnet_data *)0)->flow_limit))
		return ~0U;
	limit = read_u64(softnet + bpf_core_field_offset(struct softnet_data, flow_limit));
	if (!limit)
		return ~0U;
	return read_u32(limit + bpf_core_field_offset(struct sd_flow_limit, count));
}

static __always_inline void count_queue_len(struct cpu_state *st, u32 len)
{
	u32 i = hist_index(len);

	if (len == QUEUE_LEN_UNKNOWN)
		return;
	if (i >= QUEUE_LEN_BUCKETS)
		i = QUEUE_LEN_BUCKETS - 1;
	/* Drops are counted here by other CPUs. */
	__sync_fetch_and_add(&st->queue_len[i], 1);
	if (len > st->queue_len_max)
		st->queue_len_max = len;
}

#endif
