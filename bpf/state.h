/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_STATE_H
#define VETHTRACE_STATE_H

/* What one CPU remembers from one hook to the next. */

#include "abi.h"
#include "compat.bpf.h"

/* Key: CPU number. One writer an entry. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct cpu_state);
	__uint(max_entries, 1);
} cpus SEC(".maps");

static __always_inline struct cpu_state *cpu_state(u32 cpu)
{
	return bpf_map_lookup_elem(&cpus, &cpu);
}

/* One for each use that another must not interrupt. */
enum scratch {
	SCRATCH_XMIT,
	SCRATCH_ENQUEUE,
	SCRATCH_QUEUE,
	SCRATCH_DELIVER,
	SCRATCH_GRO,
	SCRATCH_FREE,
	SCRATCH_CONSUME,
	SCRATCH_STACK,
	SCRATCH_RETRANSMIT,
	SCRATCH_SEGMENT,
	SCRATCH_STATE,
	SCRATCHES,
};

_Static_assert(SCRATCHES == sizeof(((struct cpu_state *)0)->scratch) / sizeof(u64), "as many");

/*
 * An address as a number. The verifier forbids arithmetic on a typed pointer
 * ("pointer arithmetic prohibited"), but not to store it and load what was
 * stored.
 */
static __always_inline u64 address_of(struct cpu_state *cpu, enum scratch use, const void *p)
{
	*(volatile u64 *)&cpu->scratch[use] = (u64)p;
	return *(volatile u64 *)&cpu->scratch[use];
}

#endif
