/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_TCP_MEMORY_H
#define VETHTRACE_TCP_MEMORY_H

/* What is remembered of a TCP socket from one segment to the next, so that each
 * thing is told of once.
 */

#include "abi.h"
#include "compat.bpf.h"

struct tcp_memory {
	u64 sk;
	u64 made_ns;
	u32 hole;
	u32 missing;
	u32 undo_marker;
	u32 sent_again_end;
	/* tcp_sock.dsack_dups as it was last seen. */
	u32 dsacks;
	/* Which of these are set. */
	u8 has_hole;
	u8 has_missing;
	u8 sent_again;
	/* A segment of it was seen to arrive. */
	u8 watched;
	/* The last segment reported something twice: its count is still to come. */
	u8 counting;
	u8 _pad[3];
};

#define TCP_MEMORY_BITS 12
#define TCP_MEMORY_WAYS 2

struct tcp_memories {
	struct tcp_memory way[TCP_MEMORY_WAYS];
};

/* Key: hash of the socket's address. Written under the socket's lock. When both
 * ways are taken the older one is forgotten: of its socket something may be
 * told twice.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u32);
	__type(value, struct tcp_memories);
	__uint(max_entries, 1 << TCP_MEMORY_BITS);
} tcp_sockets SEC(".maps");

/* A socket's, or NULL if there is none and none is to be made. */
static __always_inline struct tcp_memory *tcp_memory(u64 sk, bool make)
{
	u32 i = (sk >> 6) * 0x9E3779B97F4A7C15ULL >> (64 - TCP_MEMORY_BITS);
	struct tcp_memories *all = bpf_map_lookup_elem(&tcp_sockets, &i);
	struct tcp_memory *m;

	if (!all)
		return NULL;
	m = &all->way[0];
	if (m->sk != sk)
		m = &all->way[1];
	if (m->sk != sk) {
		if (!make)
			return NULL;
		m = all->way[0].made_ns < all->way[1].made_ns ? &all->way[0] : &all->way[1];
		__builtin_memset(m, 0, sizeof(*m));
		m->sk = sk;
		m->made_ns = bpf_ktime_get_ns();
	}
	return m;
}

#endif
