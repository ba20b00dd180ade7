// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the cost of a hop is compared with, by `make bench`: two programs that
 * do nothing, and the least that measures a hop, a slot and one histogram.
 */

#include "cell.h"
#include "slot.h"

struct bench_counts {
	u64 buckets[HIST_BUCKETS];
};

/* Key: CPU number. Nobody deletes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct bench_counts);
	__uint(max_entries, 1);
} counts SEC(".maps");

SEC("raw_tp/net_dev_start_xmit")
int empty_xmit(void *ctx)
{
	return 0;
}

SEC("raw_tp/netif_receive_skb")
int empty_receive(void *ctx)
{
	return 0;
}

SEC("raw_tp/net_dev_start_xmit")
int slot_xmit(struct bpf_raw_tracepoint_args *ctx)
{
	struct lost_hop lost;
	struct slot *s = slot_claim(ctx->args[0], false, &lost);

	if (s)
		s->start.xmit_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/netif_receive_skb")
int slot_receive(struct bpf_raw_tracepoint_args *ctx)
{
	u64 now_ns = bpf_ktime_get_ns();
	u32 cpu = bpf_get_smp_processor_id(), i;
	struct bench_counts *c;
	struct slot *s;

	s = slot_find(ctx->args[0]);
	if (!s)
		return 0;
	i = hist_index(now_ns - s->start.xmit_ns);
	if (!slot_release(s, ctx->args[0]))
		return 0;
	c = bpf_map_lookup_elem(&counts, &cpu);
	if (c && i < HIST_BUCKETS)
		c->buckets[i]++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
