/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_SLOT_H
#define VETHTRACE_SLOT_H

/*
 * Packets between xmit and delivery, found by the address of their skb. A hash
 * map would do, but its update lies inside the measured interval and costs
 * more than many a hop; here it is one array access and one cache line.
 *
 * An skb's address is reused at once, so a slot is overwritten when the same
 * address is transmitted again, and given back at delivery. Both go by
 * compare-and-exchange of the address, and whoever overwrites counts what was
 * there, so that each hop is either delivered or counted as missed, never both
 * and never neither.
 */

#include "abi.h"
#include "compat.bpf.h"
#include "knobs.h"

#define SLOT_WAYS 2

struct slot {
	u64 skb;
	struct hop_start start;
};

_Static_assert(sizeof(struct slot) == 64, "one cache line");

struct slot_bucket {
	struct slot way[SLOT_WAYS];
};

/* Key: hash of the skb's address. Deleted by delivery or kfree_skb. When both
 * ways are taken the older one is taken over and counted as missed. Mappable
 * only because that begins the array on a page, and so each slot on a line.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct slot_bucket);
	__uint(max_entries, 1 << 15);
} slots SEC(".maps");

static __always_inline struct slot_bucket *slot_bucket(u64 skb)
{
	/* skbs are aligned to 64 bytes at least; Fibonacci hashing spreads them. */
	u32 i = (skb >> 6) * 0x9E3779B97F4A7C15ULL >> (64 - slot_bits);

	return bpf_map_lookup_elem(&slots, &i);
}

static __always_inline struct slot *slot_find(u64 skb)
{
	struct slot_bucket *b = slot_bucket(skb);

	if (!b)
		return NULL;
	if (b->way[0].skb == skb)
		return &b->way[0];
	if (b->way[1].skb == skb)
		return &b->way[1];
	return NULL;
}

struct lost_hop {
	u64 tx_dev;
	u32 kind;
};

/* Whether the packet may have gone on to the device below, and no hop is due:
 * macvlan and ipvlan make one only between each other.
 */
static __always_inline bool handed_down(const struct slot *s)
{
	return (s->start.kind == KIND_MACVLAN || s->start.kind == KIND_IPVLAN) &&
	       !s->start.enqueue_ns;
}

/* A slot for skb, or NULL when another CPU took it in the same moment.
 * *lost is where a hop began that is lost by that; its tx_dev is 0 if none is.
 * requeued says that this very packet was here before, sent back by a full
 * ring or handed down by a device on top of this one; else one with its address
 * never came to its end.
 */
static __always_inline struct slot *slot_claim(u64 skb, bool requeued, struct lost_hop *lost)
{
	struct slot_bucket *b = slot_bucket(skb);
	struct slot *s = NULL;
	u64 old;

	lost->tx_dev = 0;
	if (!b)
		return NULL;
	if (b->way[0].skb == skb)
		s = &b->way[0];
	else if (b->way[1].skb == skb)
		s = &b->way[1];
	if (s) {
		if (!requeued && !handed_down(s))
			*lost = (struct lost_hop){ s->start.tx_dev, s->start.kind };
		return s;
	}
	if (!b->way[0].skb)
		s = &b->way[0];
	else if (!b->way[1].skb)
		s = &b->way[1];
	else if (b->way[0].start.xmit_ns < b->way[1].start.xmit_ns)
		s = &b->way[0];
	else
		s = &b->way[1];
	old = s->skb;
	if (old)
		*lost = (struct lost_hop){ s->start.tx_dev, s->start.kind };
	if (__sync_val_compare_and_swap(&s->skb, old, skb) != old) {
		lost->tx_dev = 0;
		return NULL;
	}
	return s;
}

/* Gives the slot back. False when it was taken over, which its new owner
 * counted.
 */
static __always_inline bool slot_release(struct slot *s, u64 skb)
{
	return __sync_val_compare_and_swap(&s->skb, skb, 0) == skb;
}

#endif
