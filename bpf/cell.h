/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_CELL_H
#define VETHTRACE_CELL_H

/*
 * Cells hold what is counted, by flow, receiving device and CPUs together: one
 * update a hop, and one writer to a cell, so no atomic operation. They lie in
 * arrays that user space reads as memory.
 */

#include "abi.h"
#include "compat.bpf.h"
#include "knobs.h"

/* How many places to look for a key before the table counts as full. */
#define CELL_PROBES 8

#define CELL_MAP(name, bits)                                                                       \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                 \
		__type(key, u32);                                                                  \
		__type(value, struct cell);                                                        \
		__uint(max_entries, 1 << (bits));                                                  \
	} name SEC(".maps")

/* Key: hash of cell.key. User space frees idle ones and remembers their sums.
 * When full, the hop goes into a cell of device_cells.
 */
CELL_MAP(flow_cells, 11);

/* The same without the words of the flow, for hops that found no place above
 * and for what is counted at the transmitter. Never freed. When full, hops are
 * only counted in cpu_state.device_table_full.
 */
CELL_MAP(device_cells, 8);

static __always_inline bool key_equal(const struct cell *c, const u64 *key, int words)
{
	u64 differ = 0;

	for (int i = 0; i < words; i++)
		differ |= c->key[i] ^ key[i];
	return !differ;
}

/* The products do not wait for each other. */
static __always_inline u32 key_hash(const u64 *key, int words, u32 bits)
{
	u64 h = key[0] * 0x9E3779B97F4A7C15ULL + key[1] * 0xC2B2AE3D27D4EB4FULL;

	if (words == KEY_WORDS) {
		h += key[2] * 0xFF51AFD7ED558CCDULL + key[3] * 0xC4CEB9FE1A85EC53ULL;
		h += key[4] * 0x87C37B91114253D5ULL + key[5] * 0x4CF5AD432745937FULL;
		h += key[6] * 0xA0761D6478BD642FULL;
	}
	h ^= h >> 32;
	return h * 0x9E3779B97F4A7C15ULL >> (64 - bits);
}

/* The cell for key, made if there is none. *made says that it was. NULL when
 * the table is full. words and map are constants.
 */
static __always_inline struct cell *cell_find(void *map, u32 bits, const u64 *key, int words,
					      bool *made)
{
	u32 first = key_hash(key, words, bits);

	*made = false;
	for (int i = 0; i < CELL_PROBES; i++) {
		u32 at = (first + i) & ((1U << bits) - 1);
		struct cell *c = bpf_map_lookup_elem(map, &at);

		if (!c)
			return NULL;
		if (c->state == CELL_LIVE && key_equal(c, key, words))
			return c;
		if (c->state == CELL_FREE &&
		    __sync_val_compare_and_swap(&c->state, CELL_FREE, CELL_LIVE) == CELL_FREE) {
			/* Other CPUs may see the key half written; the word with the
			 * CPU keeps them from taking it for theirs.
			 */
			for (int w = 0; w < words; w++)
				c->key[w] = key[w];
			*made = true;
			return c;
		}
	}
	return NULL;
}

/* Bucket of a value: its power of two and the three bits below. log2 without
 * branches, which would be mispredicted near the powers of 16.
 */
static __always_inline u32 hist_index(u64 ns)
{
	u64 v, low, shift;

	if (ns < (1 << HIST_SUB_BITS))
		return ns;
	if (ns > 0xffffffff)
		ns = 0xffffffff;
	v = ns >> HIST_SUB_BITS;
	shift = ((0xffff - v) >> 63) << 4;
	low = ((0xff - (v >> shift)) >> 63) << 3;
	shift += low;
	low = ((0xf - (v >> shift)) >> 63) << 2;
	shift += low;
	low = ((0x3 - (v >> shift)) >> 63) << 1;
	shift += low;
	low = (0x1 - (v >> shift)) >> 63;
	shift += low;
	return (shift << HIST_SUB_BITS) + (ns >> shift);
}

static __always_inline void cell_count(struct cell *c, const struct hop *h)
{
	u32 path = h->path, runner = h->runner, steering = h->steering;

	c->last_ns = h->now_ns;
	c->bytes += h->len;
	c->gso_segs += h->gso_segs;
	if (path < PATHS && runner < RUNNERS)
		c->hops[path][runner][h->enqueue_cpu != h->run_cpu]++;
	if (steering < STEERINGS)
		c->steering[steering]++;
	for (int i = 0; i < STAGES; i++) {
		u32 b = h->bucket[i];

		if (!(h->known & 1 << i))
			continue;
		if (b < HIST_BUCKETS)
			c->buckets[i][b]++;
		if (h->ns[i] > c->max_ns[i])
			c->max_ns[i] = h->ns[i];
	}
}

#endif
